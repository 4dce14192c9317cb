//! Every route of the table once with success and with documents as rich as they get: the test client holds bodies and
//! answers against the OpenAPI document, strictly, in both directions.

#![expect(clippy::unwrap_used, clippy::too_many_lines, reason = "tests: one call of every route")]

#[path = "walks/account.rs"]
mod account;
#[path = "walks/control.rs"]
mod control;
#[path = "walks/passkeys.rs"]
#[expect(dead_code, reason = "the other algorithms are tried in api_passkeys.rs")]
mod passkeys;
#[path = "walks/people.rs"]
mod people;
#[path = "walks/provider.rs"]
#[expect(dead_code, reason = "what it says is tried in api_sso.rs")]
mod provider;
#[path = "walks/scim.rs"]
mod scim;
#[path = "walks/sso.rs"]
mod sso;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_server::api::ROUTES;
use yardarm_testkit::{OWNER_EMAIL, OWNER_PASSWORD, TestApp, template};

const P: &str = "/api/v1/projects/shop";

fn rich_configuration() -> Value {
    json!({
        "on": true,
        "prerequisites": [{ "flag": "base", "variants": ["on"] }],
        "targets": [
            { "variant": "red", "keys": ["u1", "u2"] },
            { "variant": "blue", "context_kind": "account", "keys": ["a1"] },
        ],
        "rules": [
            {
                "description": "Everything at once",
                "if": { "all": [
                    { "any": [
                        { "attribute": "user.country", "operator": "in", "values": ["DE", "AT"], "negate": true },
                        { "attribute": "email", "operator": "ends_with", "values": ["@example.com"], "ignore_case": true },
                    ] },
                    { "not": { "segment": "beta" } },
                    { "segment": "beta", "negate": true },
                    { "attribute": "app", "operator": "semver_at_least", "values": ["1.2.3"] },
                    { "attribute": "age", "operator": "at_most", "values": [17.5] },
                    { "attribute": "plan", "operator": "present" },
                ] },
                "serve": { "split": { "bucket_by": "account.key", "shares": [
                    { "variant": "red", "percent": 33.333 }, { "variant": "blue", "percent": 66.667 } ] } },
            },
            {
                "id": "second",
                "if": { "attribute": "user.country", "operator": "in", "values": ["NO"] },
                "serve": { "rollout": { "variant": "red", "percent": 12.5 } },
            },
            {
                "id": "imported",
                "if": { "all": [
                    { "segment": "beta" },
                    { "exact": { "test": { "attr": ["country"], "as": "string", "op": "in", "arg": ["DE"] } } },
                ] },
                "serve": { "exact": { "split": { "bucket": "b", "ranges": [[0, 25, "red"], [25, 100, "blue"]] } } },
                "reason": "SPLIT",
            },
        ],
        "default": { "rollout": { "variant": "red", "percent": 50, "otherwise": "blue" } },
        "off_variant": "blue",
        "off": { "exact": "caller_default", "reason": "DISABLED" },
        "buckets": { "b": { "hash": "murmur3_32", "unit": ["targetingKey"], "mod": 100 } },
        "unknown": "error",
        "cycle": { "exact": { "variant": "blue" } },
    })
}

async fn every_route_answers_as_documented(app: Arc<TestApp>) {
    let mut seen = BTreeSet::new();
    let browser = app.browser().await;
    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    let token = app.owner.post("/api/v1/tokens", json!({ "name": "gone", "role": "viewer" })).await.text("id");
    let key = json!({ "name": "gone", "environment": "production", "audience": "client" });
    let key = app.owner.post(&format!("{P}/keys"), key).await.text("id");
    // Nobody listens there: what was tried is told all the same.
    let hook = json!({ "name": "gone", "url": "http://127.0.0.1:9/" });
    let hook = format!("/api/v1/webhooks/{}", app.owner.post("/api/v1/webhooks", hook).await.text("id"));
    let ping = app.owner.send("POST", &format!("{hook}/test"), None).await.text("id");
    let (red, checkout) = (format!("{P}/flags/red"), format!("{P}/flags/red/environments/production"));
    let soon = app.now() + 60_000;
    let context = json!({ "kind": "multi", "user": { "key": "u9", "country": "NO" }, "account": { "key": "a1" } });
    let colours = json!([
        { "key": "red", "value": { "hex": "#f00" }, "description": "Warm" }, { "key": "blue", "value": [1, null] } ]);

    let calls: Vec<(&str, String, Value)> = vec![
        ("GET", "/api/v1/setup".into(), Value::Null),
        ("POST", "/api/v1/session".into(), json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD })),
        ("POST", "/api/v1/session/link".into(), json!({ "token": link })),
        ("GET", "/api/v1/session".into(), Value::Null),
        ("GET", "/api/v1/tenants".into(), Value::Null),
        ("POST", "/api/v1/tenants".into(), json!({ "key": "other", "name": "Other" })),
        ("GET", "/api/v1/tenants/acme".into(), Value::Null),
        ("PATCH", "/api/v1/tenants/acme".into(), json!({ "name": "Acme & Co", "requires_sso": false })),
        ("GET", "/api/v1/quotas".into(), Value::Null),
        ("PUT", "/api/v1/quotas".into(), json!({ "flags": 500 })),
        ("GET", "/api/v1/members".into(), Value::Null),
        ("POST", "/api/v1/tokens".into(), json!({ "name": "ci", "role": "editor", "expires_at": soon })),
        ("DELETE", format!("/api/v1/tokens/{token}"), Value::Null),
        ("GET", "/api/v1/tokens".into(), Value::Null),
        (
            "POST",
            "/api/v1/webhooks".into(),
            json!({ "name": "CI", "url": "http://127.0.0.1:9/", "format": "slack", "actions": ["flag.*"],
            "projects": ["shop"], "environments": ["production", "*"], "enabled": false }),
        ),
        ("GET", "/api/v1/webhooks".into(), Value::Null),
        ("GET", hook.clone(), Value::Null),
        ("PATCH", hook.clone(), json!({ "name": "Other", "url": "http://127.0.0.1:9/", "format": "standard" })),
        ("POST", format!("{hook}/secret"), json!({ "overlap_hours": 0 })),
        ("POST", format!("{hook}/test"), Value::Null),
        ("GET", format!("{hook}/deliveries"), Value::Null),
        ("POST", format!("{hook}/deliveries/{ping}/replay"), Value::Null),
        ("POST", format!("{hook}/replay"), json!({ "since": 0, "until": soon, "state": "failed" })),
        ("DELETE", hook, Value::Null),
        (
            "POST",
            "/api/v1/projects".into(),
            json!({ "key": "two", "name": "Two", "description": "Second",
            "environments": [{ "key": "live", "name": "Live", "position": 0, "color": 3, "production": true }] }),
        ),
        ("GET", "/api/v1/projects".into(), Value::Null),
        ("GET", P.into(), Value::Null),
        ("PATCH", P.into(), json!({ "description": "Sells" })),
        ("POST", format!("{P}/environments"), json!({ "key": "canary", "name": "Canary" })),
        ("GET", format!("{P}/environments"), Value::Null),
        ("PATCH", format!("{P}/environments/canary"), json!({ "color": 4, "production": false })),
        ("GET", format!("{P}/environments/canary"), Value::Null),
        ("DELETE", format!("{P}/environments/canary"), Value::Null),
        (
            "POST",
            format!("{P}/segments"),
            json!({ "key": "beta", "name": "Beta", "description": "Testers",
            "included": ["u1"], "excluded": ["u2"],
            "rules": [
                { "attribute": "user.beta", "operator": "in", "values": [true] },
                { "exact": { "bucket": { "bucket": "b", "ranges": [[0, 10]] } } },
            ],
            "buckets": { "b": { "hash": "murmur3_32", "unit": ["targetingKey"], "mod": 100 } } }),
        ),
        ("PATCH", format!("{P}/segments/beta"), json!({ "name": "Beta testers" })),
        ("PATCH", format!("{P}/segments/beta/lists"), json!({ "included": { "add": ["u3"], "remove": ["u1"] } })),
        ("GET", format!("{P}/segments/beta/lists/included"), Value::Null),
        ("POST", format!("{P}/flags"), json!({ "key": "base" })),
        (
            "POST",
            format!("{P}/flags"),
            json!({ "key": "red", "name": "Red", "description": "A colour", "type": "json",
            "variants": colours, "tags": ["ui"], "owner": "ana", "permanent": true, "salt": "pepper" }),
        ),
        ("PATCH", red.clone(), json!({ "owner": null, "tags": ["ui", "colour"] })),
        ("PUT", checkout.clone(), rich_configuration()),
        ("PATCH", checkout.clone(), json!({ "default": { "variant": "red" } })),
        ("GET", checkout, Value::Null),
        ("POST", format!("{red}/copy"), json!({ "from": "production", "to": "staging" })),
        ("GET", red.clone(), Value::Null),
        ("GET", format!("{P}/flags"), Value::Null),
        ("GET", format!("{P}/segments"), Value::Null),
        ("GET", format!("{P}/segments/beta"), Value::Null),
        ("POST", format!("{P}/environments/production/evaluate"), json!({ "context": context, "explain": true })),
        ("POST", format!("{P}/keys"), json!({ "name": "web", "environment": "production", "audience": "server" })),
        ("DELETE", format!("{P}/keys/{key}"), Value::Null),
        ("GET", format!("{P}/keys"), Value::Null),
        ("GET", format!("{P}/export"), Value::Null),
        ("POST", format!("{P}/import?dry_run=true"), json!({ "format": 1, "flags": [] })),
        ("POST", format!("{P}/plan"), planned_file()),
        ("POST", format!("{P}/apply"), planned_file()),
        ("POST", format!("{P}/environments/production/promotion"), json!({ "from": "staging", "with_state": true })),
        ("POST", format!("{P}/environments/production/promote"), json!({ "from": "staging", "flags": ["red"] })),
        ("GET", format!("{P}/history"), Value::Null),
        ("GET", format!("{P}/history/2"), Value::Null),
        ("POST", format!("{P}/revert"), json!({ "kind": "project", "key": "shop", "rev": 1 })),
        ("GET", format!("{P}/counts"), Value::Null),
        ("POST", format!("{P}/segments"), json!({ "key": "short", "name": "Short" })),
        ("DELETE", format!("{P}/segments/short"), Value::Null),
        ("POST", format!("{P}/flags"), json!({ "key": "last" })),
        ("POST", format!("{P}/flags/last/archive"), Value::Null),
        ("POST", format!("{P}/flags/last/restore"), Value::Null),
        ("GET", "/api/v1/audit?project=shop&reason=&limit=100".into(), Value::Null),
        ("GET", "/api/v1/audit/export?format=csv".into(), Value::Null),
        ("GET", "/api/v1/audit/keys".into(), Value::Null),
        ("GET", "/api/v1/audit/heads".into(), Value::Null),
        ("POST", "/api/v1/audit/retention".into(), json!({ "days": 400 })),
        ("GET", "/api/v1/audit/retention".into(), Value::Null),
        ("POST", "/api/v1/audit/redactions".into(), json!({ "rev": 1, "actor_name": true })),
        ("GET", "/api/v1/security-log".into(), Value::Null),
        ("POST", "/api/v1/session/tenant".into(), json!({ "tenant": "other" })),
    ];
    app.app.sign_heads().await;
    assert_eq!(app.anonymous().with_header("authorization", "Bearer no").get(P).await.status, 401);
    assert_eq!(app.with_role("viewer").await.post(&format!("{P}/flags"), json!({ "key": "no" })).await.status, 403);
    app.app.flush_refusals().await;
    for (method, path, body) in calls {
        let client = if path.starts_with("/api/v1/session") { browser.clone() } else { app.owner.clone() };
        let client = if path.ends_with("/session") && method == "POST" || path.ends_with("/link") {
            app.anonymous()
        } else {
            client.with_header("if-match", "*").with_header("x-yardarm-reason", "tests")
        };
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, &path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
        seen.insert((method.to_owned(), template(&path).unwrap().to_owned()));
    }
    // What needs the answer of another: the last change, a session of its own, a server without people.
    let undo = app.owner.send("POST", &format!("{P}/history/{}/undo", app.rev().await), None).await;
    assert_eq!(undo.status, 200, "{}", undo.body);
    seen.insert(("POST".into(), template(&format!("{P}/history/1/undo")).unwrap().into()));
    assert_eq!(app.browser().await.delete("/api/v1/session").await.status, 204);
    seen.insert(("DELETE".into(), "/api/v1/session".into()));
    // Made by `TestApp::start`, through the same client.
    seen.insert(("POST".into(), "/api/v1/setup".into()));

    let walked = [
        people::walk(&app).await,
        sso::walk(&app).await,
        scim::walk(&app).await,
        account::walk(&app).await,
        passkeys::walk(&app).await,
        control::walk(&app).await,
    ];
    seen.extend(walked.into_iter().flatten().map(|(method, path)| (method.to_owned(), path.to_owned())));

    let table = ROUTES.iter().filter(|route| !route.path.ends_with("/stream"));
    let table: BTreeSet<_> = table.map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    let missing: Vec<_> = table.difference(&seen).collect();
    assert!(missing.is_empty(), "no success of {missing:?}");
}

/// A file with something of everything that a plan tells.
fn planned_file() -> Value {
    json!({ "format": 1, "segments": [{ "key": "beta", "included": ["u9"], "rules": [] }],
        "flags": [{ "key": "fresh", "environments": { "production": { "on": true, "default": { "variant": "on" }, "off_variant": "off" } } }] })
}

yardarm_testkit::on_both_stores![every_route_answers_as_documented];
