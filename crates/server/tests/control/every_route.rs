//! Every route that writes to a project, against a protected production: generated from the route table, so that a new one
//! has to be here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_server::api::ROUTES;
use yardarm_testkit::TestApp;

use crate::world::{P, code, drafting, policy};

/// What to ask of a route.
enum Example {
    /// Touches what production serves: it is held up.
    Held(String, Value),
    /// Touches nothing that is served, and why.
    Free(&'static str),
}

fn examples() -> BTreeMap<&'static str, Example> {
    use Example::{Free, Held};
    let held = |path: &str, body: Value| Held(format!("{P}{path}"), body);
    let on = json!({ "on": true, "default": { "variant": "on" }, "off_variant": "off" });
    let file = json!({ "format": 1, "flags": [{ "key": "checkout", "name": "Checkout",
        "environments": { "production": on } }] });
    [
        ("PATCH ", Free("a project's name is served to nobody")),
        ("POST /environments", Free("a new environment serves nobody yet")),
        ("PATCH /environments/{environment}", held("/environments/production", json!({ "production": false }))),
        ("DELETE /environments/{environment}", held("/environments/production", Value::Null)),
        (
            "POST /environments/{environment}/promote",
            held("/environments/production/promote", json!({ "from": "staging", "with_state": true })),
        ),
        ("POST /flags", Free("a new flag is off everywhere")),
        (
            "PATCH /flags/{flag}",
            held(
                "/flags/checkout",
                json!({ "variants": [
            { "key": "on", "value": true }, { "key": "off", "value": true }] }),
            ),
        ),
        ("POST /flags/{flag}/archive", held("/flags/checkout/archive", Value::Null)),
        ("POST /flags/{flag}/restore", held("/flags/gone/restore", Value::Null)),
        ("POST /flags/{flag}/copy", held("/flags/checkout/copy", json!({ "from": "staging", "to": "production" }))),
        (
            "PUT /flags/{flag}/environments/{environment}",
            held(
                "/flags/checkout/environments/production",
                json!({ "on": true, "default": { "variant": "off" }, "off_variant": "off" }),
            ),
        ),
        (
            "PATCH /flags/{flag}/environments/{environment}",
            held("/flags/checkout/environments/production", json!({ "default": { "variant": "off" } })),
        ),
        ("POST /segments", Free("nothing uses a new segment yet")),
        ("PATCH /segments/{segment}", held("/segments/beta", json!({ "included": ["u9"] }))),
        ("DELETE /segments/{segment}", Free("a segment in use is not deleted, and another one serves nobody")),
        ("PATCH /segments/{segment}/lists", held("/segments/beta/lists", json!({ "included": { "add": ["u2"] } }))),
        ("POST /policies", Free("a new policy only holds up more")),
        ("PATCH /policies/{policy}", held("/policies/production", json!({ "approvals": null, "require_owner": true }))),
        ("DELETE /policies/{policy}", held("/policies/production", Value::Null)),
        ("POST /keys", Free("a key opens what is served and changes nothing of it")),
        ("PATCH /keys/{key}", Free("the same")),
        ("POST /keys/{key}/rotate", Free("the same")),
        ("DELETE /keys/{key}", Free("the same")),
        ("POST /history/{rev}/undo", held("/history/{on}/undo", Value::Null)),
        (
            "POST /revert",
            held("/revert", json!({ "kind": "segment_list", "key": "beta/included/-", "rev": "{first}" })),
        ),
        ("POST /import", held("/import", file.clone())),
        ("POST /apply", held("/apply", file)),
    ]
    .into_iter()
    .collect()
}

async fn every_write_is_held_up(app: Arc<TestApp>) {
    app.flag("checkout").await;
    app.flag("gone").await;
    let segment = json!({ "key": "beta", "name": "Beta", "included": ["u1"] });
    assert_eq!(app.owner.post(&format!("{P}/segments"), segment).await.status, 201);
    let first = app.rev().await;
    assert_eq!(
        app.owner.patch(&format!("{P}/segments/beta/lists"), json!({ "included": { "add": ["u5"] } })).await.status,
        200
    );
    let rule = json!({ "rules": [{ "if": { "segment": "beta" }, "serve": { "variant": "on" } }], "on": true });
    assert_eq!(app.owner.patch(&format!("{P}/flags/checkout/environments/production"), rule).await.status, 200);
    let on = app.rev().await;
    let staging = json!({ "on": true, "default": { "variant": "off" } });
    assert_eq!(app.owner.patch(&format!("{P}/flags/checkout/environments/staging"), staging).await.status, 200);
    let gone = json!({ "on": true });
    assert_eq!(app.owner.patch(&format!("{P}/flags/gone/environments/production"), gone).await.status, 200);
    assert_eq!(app.owner.send("POST", &format!("{P}/flags/gone/archive"), None).await.status, 200);
    policy(&app, "production", json!({ "approvals": { "required": 1 } })).await;
    let examples = examples();
    let rev = app.rev().await;
    let mut tried = 0;
    let writing = ROUTES.iter().filter(|route| {
        route.action.is_some()
            && route.path.starts_with("/api/v1/projects/{project}")
            && !route.path.contains("/change-requests")
    });
    for route in writing {
        let inside = route.path.strip_prefix("/api/v1/projects/{project}").unwrap();
        let name = format!("{} {inside}", route.method);
        let example = examples.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no example in {}", file!()));
        let (path, body) = match example {
            Example::Free(why) => {
                assert!(!why.is_empty());
                continue;
            }
            Example::Held(path, body) => (path.replace("{on}", &on.to_string()), body.to_string()),
        };
        let body = (body != "null").then(|| body.replace("\"{first}\"", &first.to_string()).into_bytes());
        let client = app.owner.with_header("if-match", "*");
        let held = client.send(route.method.as_str(), &path, body.clone()).await;
        assert_eq!(code(&held), (409, "approval_required".into()), "{name}: {:#}", held.body);
        assert_eq!(app.rev().await, rev + tried, "{name} wrote something");
        // The same can be asked for.
        let drafted = drafting(&client, "new").send(route.method.as_str(), &path, body).await;
        assert_eq!(drafted.status, 202, "{name}: {:#}", drafted.body);
        tried += 1;
        let exported = app.owner.get(&format!("{P}/flags/checkout/environments/production")).await.body;
        assert_eq!(exported["on"], true, "{name}");
    }
    println!("{tried} routes");
    assert!(tried >= 15, "{tried}");
}

yardarm_testkit::on_both_stores![every_write_is_held_up];
