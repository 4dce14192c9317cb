//! Everything wrong that can be sent: a clear problem that names the place and the fix, nothing written, no history.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::TestApp;

const FLAGS: &str = "/api/v1/projects/shop/flags";
const CHECKOUT: &str = "/api/v1/projects/shop/flags/checkout/environments/production";

/// Method, path, body, status, pointer, code (of the error at the pointer, or of the problem without one), word in the
/// message.
type Case = (&'static str, &'static str, Value, u16, &'static str, &'static str, &'static str);

fn rules(condition: &Value) -> Value {
    json!({ "rules": [{ "if": condition, "serve": { "variant": "on" } }] })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let long = "k".repeat(129);
    vec![
        ("POST", FLAGS, json!({ "key": "" }), 422, "/key", "key_invalid", "key"),
        ("POST", FLAGS, json!({ "key": long }), 422, "/key", "key_invalid", "128"),
        ("POST", FLAGS, json!({ "key": "../x" }), 422, "/key", "key_invalid", "key"),
        ("POST", FLAGS, json!({ "key": "🚀" }), 422, "/key", "key_invalid", "key"),
        ("POST", FLAGS, json!({ "key": "a\u{0}" }), 422, "/key", "", ""),
        ("POST", FLAGS, json!({}), 422, "/key", "", "key"),
        ("POST", FLAGS, json!([]), 422, "", "", ""),
        ("POST", FLAGS, json!({ "key": "a", "descripton": "x" }), 422, "/descripton", "unknown_field", "description"),
        ("POST", FLAGS, json!({ "key": "a", "tags": "shop" }), 422, "/tags", "", ""),
        ("POST", FLAGS, json!({ "key": "a", "type": "bool" }), 422, "/type", "", "boolean"),
        ("POST", FLAGS, json!({ "key": "checkout" }), 409, "/key", "", ""),
        ("POST", FLAGS, json!({ "key": "a", "name": "nul \u{0}" }), 422, "/name", "", ""),
        ("PATCH", CHECKOUT, json!({ "on": "yes" }), 422, "/on", "", ""),
        ("PATCH", CHECKOUT, json!({ "off_variant": "purple" }), 422, "/off_variant", "", "purple"),
        ("PATCH", CHECKOUT, json!({ "default": { "variant": "purple" } }), 422, "/default/variant", "", "purple"),
        ("PATCH", CHECKOUT, rules(&json!({ "segment": "gone" })), 422, "/rules/0/if/segment", "", "gone"),
        (
            "PATCH",
            CHECKOUT,
            rules(&json!({ "attribute": "email", "operator": "matches", "values": ["("] })),
            422,
            "/rules/0/if/values/0",
            "",
            "",
        ),
        (
            "PATCH",
            CHECKOUT,
            rules(&json!({ "attribute": "email", "operator": "match", "values": ["a"] })),
            422,
            "/rules/0/if/operator",
            "",
            "matches",
        ),
        (
            "PATCH",
            CHECKOUT,
            rules(&json!({ "attribute": "age", "operator": "in", "values": [9_007_199_254_740_993_u64] })),
            422,
            "/rules/0/if/values/0",
            "",
            "",
        ),
        (
            "PATCH",
            CHECKOUT,
            json!({ "default": { "split": { "shares": [
                { "variant": "on", "percent": 50 }, { "variant": "off", "percent": 49 }] } } }),
            422,
            "/default/split/shares",
            "",
            "100",
        ),
        (
            "PATCH",
            CHECKOUT,
            json!({ "default": { "rollout": { "variant": "on", "percent": 101 } } }),
            422,
            "/default/rollout/percent",
            "",
            "100",
        ),
        (
            "PATCH",
            CHECKOUT,
            json!({ "prerequisites": [{ "flag": "checkout", "variants": ["on"] }] }),
            422,
            "/prerequisites/0/flag",
            "",
            "",
        ),
        (
            "PATCH",
            "/api/v1/projects/shop/flags/base/environments/production",
            json!({ "prerequisites": [{ "flag": "needs-base", "variants": ["on"] }] }),
            422,
            "/prerequisites",
            "prerequisite_cycle",
            "",
        ),
        ("POST", "/api/v1/projects/shop/flags/base/archive", json!({}), 409, "", "", "needs-base"),
        ("POST", "/api/v1/projects", json!({ "key": "a b", "name": "A" }), 422, "/key", "key_invalid", "letter"),
        ("POST", "/api/v1/projects", json!({ "key": "shop", "name": "Shop" }), 409, "/key", "key_taken", ""),
        (
            "POST",
            "/api/v1/projects",
            json!({ "key": "new", "name": "N", "environments": [{ "key": "!" , "name": "x"}] }),
            422,
            "/environments/0/key",
            "key_invalid",
            "",
        ),
        ("POST", "/api/v1/tokens", json!({ "nam": "x" }), 422, "/nam", "unknown_field", "name"),
        ("POST", "/api/v1/tokens", json!({ "name": "x", "role": "god" }), 422, "/role", "role_unknown", "owner"),
        ("POST", "/api/v1/tokens", json!({ "name": "x", "expires_at": 1 }), 422, "/expires_at", "in_the_past", ""),
        (
            "POST",
            "/api/v1/projects/shop/keys",
            json!({ "name": "k", "environment": "gone", "audience": "server" }),
            422,
            "/environment",
            "",
            "gone",
        ),
        (
            "POST",
            "/api/v1/projects/shop/keys",
            json!({ "name": "k", "environment": "production", "audience": "both" }),
            422,
            "/audience",
            "",
            "server",
        ),
        (
            "POST",
            "/api/v1/projects/shop/revert",
            json!({ "kind": "flags", "key": "x", "rev": 99_999 }),
            422,
            "/rev",
            "revision_unknown",
            "1 to",
        ),
        ("GET", "/api/v1/projects/shop/flags?limit=0", Value::Null, 422, "?limit", "out_of_range", "500"),
        ("GET", "/api/v1/projects/shop/flags?limits=5", Value::Null, 400, "?limits", "", "did you mean `limit`?"),
        ("GET", "/api/v1/projects/shop/flags?cursor=xx", Value::Null, 422, "?cursor", "cursor_invalid", ""),
        ("GET", "/api/v1/projects/shop/flags?sort=age", Value::Null, 422, "?sort", "sort_unknown", "key"),
        ("GET", "/api/v1/projects/shop/flags?serves=on", Value::Null, 422, "?environment", "missing", ""),
        (
            "POST",
            "/api/v1/projects/shop/environments/production/evaluate",
            json!({ "context": [] }),
            422,
            "/context",
            "context_invalid",
            "",
        ),
    ]
}

async fn bad_bodies_name_the_place_and_write_nothing(app: Arc<TestApp>) {
    app.flag("checkout").await;
    app.flag("base").await;
    app.flag("needs-base").await;
    let needs = json!({ "prerequisites": [{ "flag": "base", "variants": ["on"] }] });
    let path = "/api/v1/projects/shop/flags/needs-base/environments/production";
    assert_eq!(app.owner.patch(path, needs).await.status, 200);
    let before = app.rev().await;
    let mut failures = Vec::new();
    for (method, path, body, status, pointer, code, word) in cases() {
        let bytes = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = app.owner.send(method, path, bytes).await;
        let text = reply.body.to_string();
        let errors = reply.body["errors"].as_array().cloned().unwrap_or_default();
        let named = errors.iter().any(|error| {
            error["pointer"] == pointer
                && (code.is_empty() || error["code"] == code)
                && error["message"].as_str().is_some_and(|message| !message.is_empty())
        });
        let fine = reply.status == status
            && named
            && text.contains(word)
            && reply.header("content-type") == "application/problem+json"
            && reply.body["trace_id"].as_str().is_some_and(|id| id.len() == 32)
            && app.rev().await == before;
        if !fine {
            failures.push(format!("{method} {path} {body}\n    → {} {text}", reply.status));
        }
    }
    assert!(failures.is_empty(), "{} of the table:\n{}", failures.len(), failures.join("\n"));
    let history = app.owner.get("/api/v1/projects/shop/history").await;
    assert_eq!(history.body["items"][0]["rev"], before, "no history entry");
}

async fn bytes_that_are_no_json_are_refused_before_anybody_reads_them(app: Arc<TestApp>) {
    let before = app.rev().await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let large = format!("{{\"key\":\"{}\"}}", "a".repeat(9 << 20));
    let cases: [(&str, u16, &str); 9] = [
        ("{\"key\":", 400, "malformed_json"),
        ("", 400, "malformed_json"),
        ("{\"key\":\"a\"} x", 400, "malformed_json"),
        ("{\"key\":\"a\",\"key\":\"b\"}", 400, "duplicate_member"),
        ("{\"key\":NaN}", 400, "malformed_json"),
        ("{\"key\":1e999}", 400, "malformed_json"),
        ("{\"key\":\"\u{1}\"}", 400, "malformed_json"),
        (&deep, 400, "too_deep"),
        (&large, 413, "body_too_large"),
    ];
    for (body, status, code) in cases {
        let reply = app.owner.send("POST", FLAGS, Some(body.as_bytes().to_vec())).await;
        let shown: String = body.chars().take(40).collect();
        assert_eq!((reply.status, reply.text("code").as_str()), (status, code), "{shown}: {}", reply.body);
    }
    let invalid_utf8 = app.owner.send("POST", FLAGS, Some(b"{\"key\":\"\xff\"}".to_vec())).await;
    assert_eq!(invalid_utf8.status, 400);
    let form = app.owner.with_header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.send("POST", FLAGS, Some(b"key=a".to_vec())).await.status, 415);
    let duplicate = app.owner.get("/api/v1/projects/shop/flags?limit=1&limit=2").await;
    assert_eq!(duplicate.status, 400, "a parameter twice is not one of them: {}", duplicate.body);
    assert_eq!(app.rev().await, before);
}

async fn several_mistakes_are_told_at_once(app: Arc<TestApp>) {
    let reply = app.owner.post(FLAGS, json!({ "key": "!", "type": "bool", "tags": [1], "x": 1 })).await;
    let pointers: Vec<String> = reply.problems().into_iter().map(|(pointer, _)| pointer).collect();
    for pointer in ["/key", "/type", "/tags/0", "/x"] {
        assert!(pointers.iter().any(|told| told == pointer), "{pointer} is not in {pointers:?}");
    }
    let setup = json!({ "token": "x", "tenant": { "key": "!" }, "email": "ana" });
    let reply = app.anonymous().post("/api/v1/setup", setup).await;
    let pointers: Vec<String> = reply.problems().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/tenant/key", "/tenant/name", "/name", "/email", "/password"], "{}", reply.body);
}

yardarm_testkit::on_both_stores![
    bad_bodies_name_the_place_and_write_nothing,
    bytes_that_are_no_json_are_refused_before_anybody_reads_them,
    several_mistakes_are_told_at_once,
];
