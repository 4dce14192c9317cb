//! Every mutating route of the table, once: exactly one entry, with the action that the table says and the trace that the
//! caller was told; and at the end the logs, replayed from nothing, are the live documents byte for byte.
//!
//! A new mutating route fails here until it has a line in [`steps`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_server::api::ROUTES;
use yardarm_store::ScopeRef;
use yardarm_testkit::{OWNER_EMAIL, OWNER_PASSWORD, TestApp, template};

const P: &str = "/api/v1/projects/shop";

/// Routes that are not GET and keep nothing in a log: why.
const NOT_IN_A_LOG: &[(&str, &str)] = &[
    ("POST /api/v1/session", "a session is no configuration; failures are in the security log"),
    ("POST /api/v1/session/link", "the same"),
    ("DELETE /api/v1/session", "the same"),
    ("POST /api/v1/session/tenant", "the same"),
    ("POST /api/v1/projects/{project}/environments/{environment}/evaluate", "asks, and changes nothing"),
];

struct Step {
    method: &'static str,
    path: String,
    body: Value,
    /// Entries: one, and with a new project also the one in the tenant's log that it belongs to.
    entries: u64,
}

fn step(method: &'static str, path: impl Into<String>, body: Value) -> Step {
    Step { method, path: path.into(), body, entries: 1 }
}

/// One call of every mutating route, in an order in which each finds what it needs.
async fn steps(app: &TestApp) -> Vec<Step> {
    let flag = |key: &str| json!({ "key": key });
    app.flag("old").await;
    let token = app.owner.post("/api/v1/tokens", json!({ "name": "gone" })).await.text("id");
    let key = json!({ "name": "gone", "environment": "production", "audience": "client" });
    let key = app.owner.post(&format!("{P}/keys"), key).await.text("id");
    let production = format!("{P}/flags/a/environments/production");
    let configuration = json!({ "on": false, "default": { "variant": "on" }, "off_variant": "off" });
    vec![
        step("POST", "/api/v1/tenants", json!({ "key": "other", "name": "Other" })),
        step("PATCH", "/api/v1/tenants/acme", json!({ "name": "Acme & Co" })),
        step("POST", "/api/v1/tokens", json!({ "name": "ci" })),
        step("DELETE", format!("/api/v1/tokens/{token}"), Value::Null),
        Step { entries: 2, ..step("POST", "/api/v1/projects", json!({ "key": "two", "name": "Two" })) },
        step("PATCH", P, json!({ "name": "The shop" })),
        step("POST", format!("{P}/environments"), json!({ "key": "canary", "name": "Canary" })),
        step("PATCH", format!("{P}/environments/canary"), json!({ "name": "Bird" })),
        step("DELETE", format!("{P}/environments/canary"), Value::Null),
        step("POST", format!("{P}/flags"), flag("a")),
        step("PATCH", format!("{P}/flags/a"), json!({ "name": "Alpha" })),
        step("PUT", production.clone(), configuration),
        step("PATCH", production, json!({ "on": true })),
        step("POST", format!("{P}/flags/a/copy"), json!({ "from": "production", "to": "staging" })),
        step("POST", format!("{P}/flags/old/archive"), Value::Null),
        step("POST", format!("{P}/flags/old/restore"), Value::Null),
        step("POST", format!("{P}/segments"), json!({ "key": "beta", "name": "Beta", "included": ["u1"] })),
        step("PATCH", format!("{P}/segments/beta"), json!({ "name": "Testers" })),
        step("PATCH", format!("{P}/segments/beta/lists"), json!({ "included": { "add": ["u2"] } })),
        step("DELETE", format!("{P}/segments/beta"), Value::Null),
        step("POST", format!("{P}/keys"), json!({ "name": "web", "environment": "production", "audience": "server" })),
        step("DELETE", format!("{P}/keys/{key}"), Value::Null),
        step("POST", format!("{P}/import"), json!({ "format": 1, "flags": [flag("imported")] })),
        step("POST", format!("{P}/history/{{last}}/undo"), Value::Null),
        step("POST", format!("{P}/revert"), json!({ "kind": "project", "key": "shop", "rev": 1 })),
        step("POST", "/api/v1/audit/retention", json!({ "days": 400 })),
        step("POST", "/api/v1/audit/redactions", json!({ "project": "shop", "rev": 2, "actor_name": true })),
    ]
}

/// Revision of every log, by tenant and scope.
async fn revisions(app: &TestApp) -> BTreeMap<(String, String), u64> {
    app.app.store.scopes().await.unwrap().into_iter().map(|scope| ((scope.tenant_id, scope.id), scope.rev)).collect()
}

/// The new entries of all logs: action and trace id.
async fn entries_since(app: &TestApp, before: &BTreeMap<(String, String), u64>) -> Vec<(String, String)> {
    let mut new = Vec::new();
    for log in revisions(app).await.into_keys() {
        let after = before.get(&log).copied().unwrap_or_default();
        let scope = ScopeRef { tenant_id: &log.0, id: &log.1 };
        let changes = app.app.store.changes(scope, after, 1_000).await.unwrap();
        new.extend(changes.into_iter().map(|change| (change.attribution.action, change.attribution.trace_id)));
    }
    new
}

async fn every_mutation_is_one_entry(app: Arc<TestApp>) {
    let mut seen = BTreeSet::from(["POST /api/v1/setup".to_owned()]);
    let made: Vec<String> = entries_since(&app, &BTreeMap::new()).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(made.iter().filter(|action| *action == "tenant.setup").count(), 1, "{made:?}");
    for Step { method, path, body, entries } in steps(&app).await {
        let path = path.replace("{last}", &app.rev().await.to_string());
        let client = app.owner.with_header("if-match", "*").with_header("x-yardarm-reason", "because");
        let before = revisions(&app).await;
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, &path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
        let name = format!("{method} {}", template(&path).unwrap());
        let route = ROUTES.iter().find(|route| format!("{} {}", route.method, route.path) == name).unwrap();
        let trace_id = reply.header("traceparent").split('-').nth(1).unwrap().to_owned();
        let expected = (route.action.unwrap().to_owned(), trace_id);
        let new = entries_since(&app, &before).await;
        assert_eq!(new.len() as u64, entries, "{name}: {new:?}");
        assert!(new.iter().all(|entry| *entry == expected), "{name}: {new:?} instead of {expected:?}");
        seen.insert(name);
    }

    // What keeps nothing in a log really does not.
    let before = revisions(&app).await;
    let browser = app.browser().await;
    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    let evaluate = json!({ "context": { "targetingKey": "u1" } });
    for (client, method, path, body) in [
        (app.anonymous(), "POST", "/api/v1/session", json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD })),
        (app.anonymous(), "POST", "/api/v1/session/link", json!({ "token": link })),
        (browser.clone(), "POST", "/api/v1/session/tenant", json!({ "tenant": "acme" })),
        (app.browser().await, "DELETE", "/api/v1/session", Value::Null),
        (app.owner.clone(), "POST", &format!("{P}/environments/production/evaluate"), evaluate),
    ] {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
    }
    assert_eq!(revisions(&app).await, before);

    let known: BTreeSet<&str> = NOT_IN_A_LOG.iter().map(|(route, _)| *route).collect();
    for route in ROUTES.iter().filter(|route| route.method != http::Method::GET) {
        let name = format!("{} {}", route.method, route.path);
        if route.action.is_some() {
            assert!(seen.contains(&name), "{name} changes something and has no line in `steps`");
        } else {
            assert!(known.contains(name.as_str()), "{name} has no audit action and no reason in `NOT_IN_A_LOG`");
        }
    }
    replayed_from_nothing(&app).await;
}

/// The fold of every log is its live documents, byte for byte.
async fn replayed_from_nothing(app: &TestApp) {
    for ((tenant_id, scope_id), rev) in revisions(app).await {
        let scope = ScopeRef { tenant_id: &tenant_id, id: &scope_id };
        let mut folded: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
        let changes = app.app.store.changes(scope, 0, 100_000).await.unwrap();
        assert_eq!(changes.last().map(|change| change.rev), Some(rev), "{scope_id}");
        for change in changes {
            for document in change.documents {
                let place = (document.kind, document.key);
                match document.body {
                    Some(body) => drop(folded.insert(place, (change.rev, body))),
                    None => drop(folded.remove(&place)),
                }
            }
        }
        let (_, live) = app.app.store.load(scope).await.unwrap().unwrap();
        let live: BTreeMap<_, _> = live.into_iter().map(|d| ((d.kind, d.key), (d.rev, d.body))).collect();
        assert_eq!(folded, live, "{scope_id}");
        assert!(!live.is_empty(), "{scope_id}");
    }
}

yardarm_testkit::on_both_stores![every_mutation_is_one_entry];
