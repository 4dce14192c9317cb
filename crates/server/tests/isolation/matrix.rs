//! Every route × every role × every object that is somebody else's: in the path, in the query and in the body. What is
//! foreign and what is missing are one answer, byte for byte, and Ana's tenant is nowhere in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use yardarm_server::api::ROUTES;
use yardarm_server::auth::Route;
use yardarm_testkit::{Client, TestApp};

use crate::examples::{self, FIXED, OF_A_TENANT};
use crate::world::{ACME, MINE, NONE, TWIN, World, signed_in};

/// Where each slot of a request is taken from.
type Owners = BTreeMap<&'static str, &'static str>;

/// A request with `{slots}`.
struct Template {
    method: String,
    path: String,
    /// Of the parameters that name something, at most one at a time.
    query: Vec<Parameter>,
    body: Option<Value>,
    /// For everybody, without a credential.
    public: bool,
}

/// A query parameter that names something.
#[derive(Clone)]
struct Parameter {
    name: String,
    slot: &'static str,
    /// What stands before the slot's value.
    before: &'static str,
}

/// One way to name something that is somebody else's.
struct Case {
    label: String,
    owners: Owners,
    query: Option<(Parameter, &'static str)>,
}

/// What was answered, without what is never the same twice.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Whose the foreign objects of a slot are: Mallory's twin's, too, where what it belongs to is named.
fn foreign(slot: &str, path: &str) -> &'static [&'static str] {
    let inside = path.contains("{project}") || path.contains("{webhook}");
    if OF_A_TENANT.contains(&slot) || !inside { &[ACME] } else { &[ACME, TWIN] }
}

impl Template {
    /// Every request that a route is tried with.
    fn all(route: &Route, openapi: &Value) -> Vec<Self> {
        let operation = &openapi["paths"][route.path][route.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{} {} is not in the OpenAPI document", route.method, route.path);
        let requests = examples::requests(route.method.as_str(), route.path);
        let takes = operation["requestBody"].is_object();
        let gives = requests[0].1.is_some();
        assert_eq!(gives, takes, "{} {}: an example of its body in examples.rs", route.method, route.path);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let query = names.filter_map(|parameter| {
            let name = parameter["name"].as_str().unwrap().to_owned();
            let (slot, before) = examples::slot_of(&name)?;
            Some(Parameter { name, slot, before })
        });
        let mut query: Vec<_> = query.collect();
        let requests = requests.into_iter().map(|(path, body)| Self {
            method: route.method.to_string(),
            path,
            query: std::mem::take(&mut query),
            body,
            public: route.needs == "public",
        });
        requests.collect()
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

    /// Every way to name something of somebody else's: one slot at a time, and all of them together.
    fn cases(&self, world: &World) -> Vec<Case> {
        let mut slots = self.slots(world);
        slots.retain(|slot| !FIXED.contains(slot));
        let mut cases = Vec::new();
        for slot in &slots {
            cases.extend(foreign(slot, &self.path).iter().map(|owner| Case {
                label: format!("{owner}'s {slot}"),
                owners: Owners::from([(*slot, *owner)]),
                query: None,
            }));
        }
        // Who asks for all of Ana's without saying who they are may be Ana.
        if slots.len() > 1 && !self.public {
            let owners = slots.iter().map(|slot| (*slot, ACME)).collect();
            cases.push(Case { label: "all of acme's".to_owned(), owners, query: None });
        }
        for parameter in &self.query {
            cases.extend(foreign(parameter.slot, &self.path).iter().map(|owner| Case {
                label: format!("?{} of {owner}", parameter.name),
                owners: Owners::new(),
                query: Some((parameter.clone(), *owner)),
            }));
        }
        cases
    }

    /// Asks with what is Mallory's own.
    async fn ask_own(&self, world: &World, client: &Client) -> Answer {
        let case = Case { label: String::new(), owners: Owners::new(), query: None };
        self.ask(world, client, &case, None).await
    }

    /// Asks. The case says whose each slot is, Mallory's where it says nothing; `instead` replaces whoever it is.
    async fn ask(&self, world: &World, client: &Client, case: &Case, instead: Option<&'static str>) -> Answer {
        let mut path = self.path.clone();
        let mut body = self.body.as_ref().map(Value::to_string);
        let mut named = Vec::new();
        for (slot, mine) in &world.objects[MINE] {
            let owner = case.owners.get(slot).map(|owner| instead.unwrap_or(owner));
            let value = owner.map_or(mine, |owner| &world.objects[owner][slot]);
            let place = format!("{{{slot}}}");
            path = path.replace(&place, value);
            body = body.map(|body| body.replace(&place, value));
            if owner.is_some() {
                named.push(value.clone());
            }
        }
        if let Some((parameter, owner)) = &case.query {
            let value = &world.objects[instead.unwrap_or(owner)][parameter.slot];
            path = format!("{path}?{}={}{value}", parameter.name, parameter.before);
            named.push(value.clone());
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
    let client = client.with_header("if-match", "*").with_header("x-yardarm-reason", "because");
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

/// Routes about one's own sessions and how one signs in: tokens are refused there, and a success ends what one came with.
fn of_a_browser(route: &Route) -> bool {
    ["/api/v1/account", "/api/v1/session"].iter().any(|beginning| route.path.starts_with(beginning))
        && !route.path.starts_with("/api/v1/session/sso")
}

/// Asks for what fits, and finds nothing where nothing does.
fn searches(route: &Route) -> bool {
    route.path.ends_with("/.search")
}

fn writes(route: &Route) -> bool {
    route.method != http::Method::GET
}

async fn foreign_is_missing_everywhere(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let openapi = yardarm_server::openapi::document();
    let is_route = |method: &str, path: &str| ROUTES.iter().any(|route| route.method == method && route.path == path);
    assert_eq!(examples::of_no_route(is_route), [""; 0], "lines of examples.rs without a route");
    let before = world.theirs().await;
    let mut tried = 0_usize;
    for route in ROUTES {
        for template in Template::all(route, &openapi) {
            for case in template.cases(&world) {
                for (role, client) in &world.callers {
                    let line = format!("{role}: {} {} with {}", route.method, template.path, case.label);
                    let foreign = template.ask(&world, client, &case, None).await;
                    let missing = template.ask(&world, client, &case, Some(NONE)).await;
                    assert_eq!(foreign, missing, "{line}");
                    assert!(foreign.status < 500, "{line}: {foreign:?}");
                    let in_path = !case.owners.is_empty()
                        && case.owners.keys().all(|slot| template.path.contains(&format!("{{{slot}}}")));
                    match *role {
                        _ if template.public => {}
                        "nobody" => assert_eq!(foreign.status, 401, "{line}: {foreign:?}"),
                        "owner" if of_a_browser(route) => {}
                        "owner" | "session" if in_path => assert_eq!(foreign.status, 404, "{line}: {foreign:?}"),
                        // A search finds nothing, whosever it is.
                        "owner" | "session" if case.query.is_none() && !searches(route) => {
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
    }
    assert_eq!(world.theirs().await, before, "something of Ana's changed");
    let own = everybody_with_their_own(&world, &openapi).await;
    assert_eq!(world.theirs().await, before, "something of Ana's changed");
    println!(
        "isolation matrix: {tried} foreign and {own} own (route, role, object) triples over {} routes",
        ROUTES.len()
    );
    assert!(tried > 1_000, "{tried}");
}

/// The same requests with Mallory's own objects: the examples are real (somebody succeeds with each), more rights never do
/// less, and nothing of Ana's is in any answer.
async fn everybody_with_their_own(world: &World, openapi: &Value) -> usize {
    let (mut tried, mut nobody) = (0, Vec::<String>::new());
    // Reading comes first and removing late: what is there is there until then. Last comes what ends one's own sessions.
    let (removing, others): (Vec<_>, Vec<_>) = ROUTES.iter().partition(|route| route.method == http::Method::DELETE);
    // What is further down belongs to what is further up.
    let mut routes: Vec<_> = others.into_iter().chain(removing.into_iter().rev()).collect();
    routes.sort_by_key(|route| {
        let ends = writes(route) && of_a_browser(route);
        (ends, ends && !route.path.contains("{session}"), route.method == http::Method::DELETE, writes(route))
    });
    for route in routes {
        for template in Template::all(route, openapi) {
            let (mut allowed, mut answers) = (false, Vec::new());
            for (role, client) in &world.callers {
                let line = format!("{role}: {} {}", route.method, template.path);
                let browser = world.browsers.get(role).filter(|_| writes(route) && of_a_browser(route));
                let fresh = match browser {
                    Some(email) => {
                        // Whoever signs in so often is asked to wait.
                        world.app.advance(60_000);
                        Some(signed_in(&world.app, email).await.without_redirects())
                    }
                    None => None,
                };
                let own = template.ask_own(world, fresh.as_ref().unwrap_or(client)).await;
                let told = format!("{:?} {}", own.headers, own.body);
                assert_eq!(world.leak(&told), None, "{line}: {told}");
                assert!(own.status < 500, "{line}: {own:?}");
                // The first callers are a ladder.
                if ["viewer", "editor", "admin", "owner", "session"].contains(role) {
                    assert!(!allowed || own.status != 403 || own.body.contains("not_"), "{line}: a lesser role may");
                    allowed |= !matches!(own.status, 401 | 403);
                }
                answers.push((*role, own));
                tried += 1;
            }
            if !examples::is_hopeless(&template.method, &template.path, template.body.as_ref())
                && answers.iter().all(|(_, answer)| answer.status >= 400)
            {
                let told = answers.iter().map(|(role, answer)| format!("{role}: {} {}", answer.status, answer.body));
                nobody.push(format!("{} {}\n{}", route.method, template.path, told.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    assert!(nobody.is_empty(), "nobody succeeds with\n{}", nobody.join("\n\n"));
    tried
}

/// However much more Ana has, Mallory is told the same: lists, searches, totals, counts and logs.
async fn what_others_make_changes_no_answer(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let openapi = yardarm_server::openapi::document();
    let mut told = Vec::new();
    for round in 0..2 {
        let mut answers = Vec::new();
        for route in ROUTES.iter().filter(|route| route.method == http::Method::GET) {
            let [template] = &Template::all(route, &openapi)[..] else { panic!("{}: one request", route.path) };
            answers.push((route.path, template.ask_own(&world, world.caller("session")).await));
        }
        told.push(answers);
        if round == 0 {
            world.more_of_theirs().await;
        }
    }
    for (before, after) in told[0].iter().zip(&told[1]) {
        assert_eq!(before, after);
    }
}

yardarm_testkit::on_both_stores![foreign_is_missing_everywhere, what_others_make_changes_no_answer];
