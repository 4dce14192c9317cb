//! Policies and change requests, each call once. What the answers mean is tried in `api_policies.rs` and in `control/`.

use serde_json::{Value, json};
use yardarm_testkit::{TestApp, template};

const P: &str = "/api/v1/projects/shop";

/// Drafts a change of a flag; gives the path of its change request.
async fn drafted(app: &TestApp, place: &str, patch: Value) -> String {
    let drafting = app.owner.with_header("x-yardarm-change-request", "new");
    let reply = drafting.patch(&format!("{P}/flags/drafted{place}"), patch).await;
    assert_eq!(reply.status, 202, "{}", reply.body);
    format!("{P}/change-requests/{}", reply.body["change_request"]["id"].as_str().unwrap())
}

/// Every route of change control, with success.
pub(crate) async fn walk(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    app.flag("drafted").await;
    let key = json!({ "name": "web", "environment": "production", "audience": "client" });
    let key = app.owner.post(&format!("{P}/keys"), key).await.text("id");
    let policy = json!({ "key": "careful", "name": "Careful", "environments": ["staging"], "largest_step": 50,
        "freeze": [{ "name": "Night", "days": ["monday"], "from": "22:00", "until": "06:00", "time_zone": "Europe/Berlin" }] });
    let own = json!({ "key": "own", "environments": ["development"],
        "approvals": { "required": 1, "author_may_approve": true } });
    let (careful, check) = (format!("{P}/policies/careful"), format!("{P}/policies/check"));
    let made = app.owner.post(&format!("{P}/policies"), own.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let asked = drafted(app, "/environments/development", json!({ "on": true })).await;
    let (done, back) = (drafted(app, "", json!({ "name": "B" })).await, drafted(app, "", json!({ "name": "C" })).await);
    let hash = app.owner.get(&asked).await.text("hash");
    let calls: [(&str, String, Value); 21] = [
        ("PATCH", format!("{P}/keys/{key}"), json!({ "name": "Web", "attested": true })),
        ("POST", format!("{P}/policies"), policy.clone()),
        ("GET", format!("{P}/policies"), Value::Null),
        ("GET", careful.clone(), Value::Null),
        ("PATCH", careful.clone(), json!({ "largest_step": 60, "require_reason": true })),
        (
            "POST",
            check,
            json!({ "flag": { "flag": "drafted", "patch": { "name": "D" } }, "policy": policy, "replay": 3 }),
        ),
        ("DELETE", careful, Value::Null),
        ("GET", format!("{P}/change-requests"), Value::Null),
        ("GET", asked.clone(), Value::Null),
        ("PATCH", asked.clone(), json!({ "title": "Another name", "description": "Why" })),
        ("POST", format!("{asked}/submit"), Value::Null),
        ("POST", format!("{asked}/comments"), json!({ "text": "soon" })),
        ("POST", format!("{asked}/approve"), json!({ "hash": hash, "comment": "fine" })),
        ("POST", format!("{asked}/reject"), json!({ "comment": "not so soon" })),
        ("PUT", format!("{asked}/schedule"), json!({ "at": "2026-06-01T12:00", "zone": "Europe/Berlin" })),
        ("GET", asked.clone(), Value::Null),
        ("DELETE", format!("{asked}/schedule"), Value::Null),
        ("POST", format!("{done}/apply"), Value::Null),
        ("POST", format!("{asked}/rebase"), json!({})),
        ("POST", format!("{back}/withdraw"), Value::Null),
        ("GET", format!("{P}/change-requests?unfinished=true"), Value::Null),
    ];
    let mut seen = Vec::new();
    for (method, path, body) in calls {
        let client = app.owner.with_header("if-match", "*").with_header("x-yardarm-reason", "tests");
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, &path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
        let bare = path.split('?').next().unwrap_or_default();
        seen.push((method, template(bare).unwrap()));
    }
    seen
}
