//! Every route × every role × every object that is somebody else's: in the path, in the query and in the body. What is
//! foreign and what is missing are one answer, byte for byte, and Ana's tenant is nowhere in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use yardarm_server::api::ROUTES;
use yardarm_server::auth::Route;
use yardarm_testkit::{Client, TestApp};

use crate::examples::{self, FIXED, OF_A_TENANT};
use crate::world::{ACME, MINE, NONE, TWIN, World};

/// Where each slot of a request is taken from.
type Owners = BTreeMap<&'static str, &'static str>;

/// A request with `{slots}`.
struct Template {
    method: String,
    path: String,
    /// Of the parameters that name something, at most one at a time.
    query: Vec<(String, &'static str)>,
    body: Option<Value>,
}

/// What was answered, without what is never the same twice.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Template {
    fn of(route: &Route, openapi: &Value) -> Self {
        let operation = &openapi["paths"][route.path][route.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{} {} is not in the OpenAPI document", route.method, route.path);
        let body = examples::body(route.method.as_str(), route.path);
        let takes = operation["requestBody"].is_object();
        assert_eq!(body.is_some(), takes, "{} {}: an example of its body in examples.rs", route.method, route.path);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let query = names.filter_map(|parameter| {
            let name = parameter["name"].as_str().unwrap();
            Some((name.to_owned(), examples::slot_of(name)?))
        });
        Self { method: route.method.to_string(), path: route.path.to_owned(), query: query.collect(), body }
    }

    /// Slots of the path and the body.
    fn slots(&self, world: &World) -> Vec<&'static str> {
        let text = format!("{} {}", self.path, self.body.clone().unwrap_or_default());
        let all = world.objects[MINE].keys().copied();
        let slots: Vec<_> = all.filter(|slot| text.contains(&format!("{{{slot}}}"))).collect();
        let known = self.path.matches('{').count();
        let found = slots.iter().filter(|slot| self.path.contains(&format!("{{{slot}}}"))).count();
        assert_eq!(found, known, "{}: a parameter without an example in world.rs", self.path);
        slots
    }

    /// Every way to name something of somebody else's: one slot at a time, and a whole foreign project.
    fn cases(&self, world: &World) -> Vec<(String, Owners)> {
        let slots = self.slots(world);
        let mut cases = Vec::new();
        for slot in slots.iter().filter(|slot| !FIXED.contains(slot)) {
            let owners: &[_] = if OF_A_TENANT.contains(slot) { &[ACME] } else { &[ACME, TWIN] };
            cases.extend(owners.iter().map(|owner| (format!("{owner}'s {slot}"), Owners::from([(*slot, *owner)]))));
        }
        if slots.len() > 1 && slots.contains(&"project") {
            let all = slots.iter().filter(|slot| !FIXED.contains(slot)).map(|slot| (*slot, ACME));
            cases.push(("all of acme's".to_owned(), all.collect()));
        }
        for (parameter, slot) in &self.query {
            let owners: &[_] = if OF_A_TENANT.contains(slot) { &[ACME] } else { &[ACME, TWIN] };
            let case = |owner: &&'static str| (format!("?{parameter} of {owner}"), Owners::from([("?", *owner)]));
            cases.extend(owners.iter().map(case).map(|(label, owners)| (format!("{label}={slot}"), owners)));
        }
        cases
    }

    /// Asks. `owners` says whose each slot is, Mallory's where it says nothing; `instead` replaces whoever it is.
    async fn ask(
        &self,
        world: &World,
        client: &Client,
        label: &str,
        owners: &Owners,
        instead: Option<&'static str>,
    ) -> Answer {
        let mut path = self.path.clone();
        let mut body = self.body.as_ref().map(Value::to_string);
        let mut named = Vec::new();
        for (slot, mine) in &world.objects[MINE] {
            let owner = owners.get(slot).map(|owner| instead.unwrap_or(owner));
            let value = owner.map_or(mine, |owner| &world.objects[owner][slot]);
            let place = format!("{{{slot}}}");
            path = path.replace(&place, value);
            body = body.map(|body| body.replace(&place, value));
            if owner.is_some() {
                named.push(value.clone());
            }
        }
        if let Some((parameter, slot)) = label.strip_prefix('?').and_then(|label| {
            let (parameter, rest) = label.split_once(' ')?;
            Some((parameter, rest.split_once('=')?.1))
        }) {
            let owner = instead.unwrap_or(owners["?"]);
            let value = &world.objects[owner][slot];
            let value = if parameter == "actor" { format!("user:{value}") } else { value.clone() };
            path = format!("{path}?{parameter}={value}");
            named.push(value);
        }
        let mut answer = call(client, &self.method, &path, body).await;
        for value in named {
            answer.body = answer.body.replace(&value, "{named}");
        }
        answer
    }
}

/// Never the same twice, or counting down.
fn varies(header: &str) -> bool {
    ["date", "traceparent", "x-request-id", "retry-after"].contains(&header) || header.contains("ratelimit")
}

async fn call(client: &Client, method: &str, path: &str, body: Option<String>) -> Answer {
    let client = client.with_header("if-match", "*");
    let response = client.open(method, path, body.map(String::into_bytes)).await;
    let status = response.status().as_u16();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
    let mut headers: Vec<_> = headers.filter(|(name, _)| !varies(name)).collect();
    headers.sort();
    let streams = headers.iter().any(|(name, value)| name == "content-type" && value == "text/event-stream");
    let body = if streams { String::new() } else { response.text().await.unwrap() };
    let body = match serde_json::from_str::<Value>(&body) {
        Ok(mut problem) if problem["trace_id"].is_string() => {
            problem["trace_id"] = Value::Null;
            problem.to_string()
        }
        _ => body,
    };
    Answer { status, headers, body }
}

/// Routes of the table but for those that `examples.rs` says have their own tests.
fn tried_routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| !examples::has_tests_of_its_own(route.path))
}

async fn foreign_is_missing_everywhere(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let openapi = yardarm_server::openapi::document();
    let before = world.theirs().await;
    let mut tried = 0_usize;
    for route in tried_routes() {
        let template = Template::of(route, &openapi);
        for (label, owners) in template.cases(&world) {
            for (role, client) in &world.callers {
                let line = format!("{role}: {} {} with {label}", route.method, route.path);
                let foreign = template.ask(&world, client, &label, &owners, None).await;
                let missing = template.ask(&world, client, &label, &owners, Some(NONE)).await;
                assert_eq!(foreign, missing, "{line}");
                assert!(foreign.status < 500, "{line}: {foreign:?}");
                let in_path = owners.keys().any(|slot| route.path.contains(&format!("{{{slot}}}")));
                match *role {
                    "nobody" => assert_eq!(foreign.status, 401, "{line}: {foreign:?}"),
                    "owner" if in_path => assert_eq!(foreign.status, 404, "{line}: {foreign:?}"),
                    "owner" if !owners.contains_key("?") => {
                        assert!((400..500).contains(&foreign.status), "{line}: {foreign:?}");
                    }
                    _ => {}
                }
                let told = format!("{:?} {}", foreign.headers, foreign.body);
                assert_eq!(world.leak(&told), None, "{line}: {told}");
                tried += 1;
            }
        }
    }
    assert_eq!(world.theirs().await, before, "something of Ana's changed");
    let own = everybody_with_their_own(&world, &openapi).await;
    assert_eq!(world.theirs().await, before, "something of Ana's changed");
    println!(
        "isolation matrix: {tried} foreign and {own} own (route, role, object) triples over {} routes",
        tried_routes().count()
    );
    assert!(tried > 500, "{tried}");
}

/// The same requests with Mallory's own objects: the examples are real (reading them works), more rights never do less, and
/// nothing of Ana's is in any answer.
async fn everybody_with_their_own(world: &World, openapi: &Value) -> usize {
    let mut tried = 0;
    // Reading comes first: what is there is there until somebody writes.
    let (reads, writes): (Vec<_>, Vec<_>) = tried_routes().partition(|route| route.method == http::Method::GET);
    for route in reads.into_iter().chain(writes) {
        let template = Template::of(route, openapi);
        let mut allowed = false;
        for (role, client) in &world.callers {
            // It would end what the next request is made with.
            if *role == "session" && route.path.starts_with("/api/v1/session") && route.method != http::Method::GET {
                continue;
            }
            let line = format!("{role}: {} {}", route.method, route.path);
            let own = template.ask(world, client, "", &Owners::new(), None).await;
            let told = format!("{:?} {}", own.headers, own.body);
            assert_eq!(world.leak(&told), None, "{line}: {told}");
            assert!(own.status < 500, "{line}: {own:?}");
            assert!(!allowed || own.status != 403 || own.body.contains("not_"), "{line}: a lesser role may");
            allowed |= !matches!(own.status, 401 | 403);
            if *role == "owner" && route.method == http::Method::GET {
                assert_eq!(own.status, 200, "{line}: {own:?}");
            }
            tried += 1;
        }
    }
    tried
}

yardarm_testkit::on_both_stores![foreign_is_missing_everywhere];
