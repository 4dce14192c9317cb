//! Policies over HTTP: managing them, and what they say about changes that are not made and about the past.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::TestApp;

const P: &str = "/api/v1/projects/shop/policies";
const PRODUCTION: &str = "/api/v1/projects/shop/flags/checkout/environments/production";

fn rollout(percent: u32) -> Value {
    json!({ "on": true, "default": { "rollout": { "variant": "on", "percent": percent } }, "off_variant": "off" })
}

fn codes(verdict: &Value) -> Vec<&str> {
    verdict["violations"].as_array().unwrap().iter().map(|violation| violation["code"].as_str().unwrap()).collect()
}

async fn policies_are_managed(app: Arc<TestApp>) {
    let admin = app.with_role("admin").await;
    let viewer = app.with_role("viewer").await;
    let body = json!({ "key": "careful", "name": "Careful", "environments": ["staging"], "approvals": { "required": 2, "roles": ["owner"] },
        "freeze": [{ "name": "Nights", "days": ["monday"], "from": "22:00", "until": "06:00", "time_zone": "Europe/Berlin" }],
        "forbidden_attributes": ["user.email"], "min_soak": { "hours": 24, "environment": "production" } });
    assert_eq!(app.with_role("editor").await.post(P, body.clone()).await.status, 403);
    let made = admin.post(P, body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["holds_in"], json!(["staging"]));
    let again = admin.post(P, body).await;
    assert_eq!((again.status, &again.body["errors"][0]["code"]), (409, &json!("key_taken")));
    let wrong = admin.post(P, json!({ "key": "x", "larges_step": 5, "environments": ["stagin"] })).await;
    assert_eq!(wrong.status, 422);
    let told: Vec<&str> =
        wrong.body["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert!(told.contains(&"/larges_step") && told.contains(&"/environments/0"), "{}", wrong.body);

    let one = format!("{P}/careful");
    let read = viewer.get(&one).await;
    assert_eq!(read.body, made.body);
    let stale = admin.with_header("if-match", "\"1\"").patch(&one, json!({ "hold_kills": true })).await;
    assert_eq!(stale.status, 412);
    let tag = read.header("etag");
    let patch = json!({ "min_soak": null, "environments": null, "hold_kills": true });
    let held = admin.patch(&one, patch.clone()).await;
    assert_eq!((held.status, held.text("code").as_str()), (409, "approval_required"), "{}", held.body);
    let admin = admin.with_header("x-yardarm-bypass", "true").with_header("x-yardarm-reason", "nobody else is here");
    let changed = admin.with_header("if-match", tag).patch(&one, patch).await;
    assert_eq!(
        (changed.status, &changed.body["min_soak"], &changed.body["hold_kills"]),
        (200, &Value::Null, &json!(true))
    );
    admin.post(P, json!({ "key": "other", "require_owner": true })).await;
    let page = viewer.get(&format!("{P}?limit=1")).await.body;
    assert_eq!((&page["items"][0]["key"], &page["total"]), (&json!("careful"), &json!(2)));
    let next = viewer.get(&format!("{P}?limit=1&cursor={}", page["next"].as_str().unwrap())).await.body;
    assert_eq!((&next["items"][0]["key"], &next["next"]), (&json!("other"), &Value::Null));
    assert_eq!(viewer.get(&format!("{P}?search=CAREF")).await.body["total"], 1);
    let export = viewer.get("/api/v1/projects/shop/export").await.body;
    assert_eq!(export["policies"][0]["key"], "careful");
    let history = viewer.get("/api/v1/projects/shop/history?kind=policy&key=careful").await.body;
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
    assert_eq!(viewer.delete(&one).await.status, 403);
    assert_eq!(admin.delete(&one).await.status, 204);
    assert_eq!(viewer.get(&one).await.status, 404);
}

async fn a_check_says_and_writes_nothing(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let viewer = app.with_role("viewer").await;
    let check = format!("{P}/check");
    let freeze =
        json!([{ "name": "Release", "from": "2001-01-01T00:00", "until": "2001-02-01T00:00", "time_zone": "UTC" }]);
    let policy = json!({ "key": "careful", "environments": ["production"], "largest_step": 25, "freeze": freeze, "require_owner": true });
    let rev = app.rev().await;
    let change = |percent: u32| json!({ "flag": "checkout", "environment": "production", "body": rollout(percent) });
    let free = viewer.post(&check, json!({ "configuration": change(50) })).await;
    assert_eq!((free.status, &free.body["clear"]), (200, &json!(true)), "{}", free.body);
    let draft = viewer.post(&check, json!({ "configuration": change(50), "policy": policy })).await;
    assert_eq!(codes(&draft.body["verdict"]), ["policy_owner", "policy_largest_step"], "{}", draft.body);
    assert_eq!(
        draft.body["verdict"]["touched"],
        json!([{ "environment": "production", "flag": "checkout", "kill": false }])
    );
    assert_eq!(draft.body["past"], Value::Null);
    let then =
        viewer.post(&format!("{check}?at=980000000000"), json!({ "configuration": change(5), "policy": policy })).await;
    assert_eq!(codes(&then.body["verdict"]), ["policy_freeze", "policy_owner"]);
    assert_eq!(then.body["verdict"]["violations"][0]["clears_at"], 980_985_600_000_i64);
    assert_eq!(app.rev().await, rev, "asking writes nothing");

    for (body, pointer) in [
        (json!({}), "/configuration"),
        (json!({ "flag": { "flag": "checkout" } }), "/flag/patch"),
        (
            json!({ "flag": { "flag": "checkout", "patch": {} }, "segment": { "segment": "x", "patch": {} } }),
            "/segment",
        ),
        (json!({ "replay": 5 }), "/policy"),
        (json!({ "policy": policy, "replay": 501 }), "/replay"),
        (json!({ "policy": { "key": "p" } }), "/policy"),
        (
            json!({ "configuration": { "flag": "checkout", "environment": "production", "patch": { "onn": true } } }),
            "/configuration/patch/onn",
        ),
        (json!({ "file": { "document": { "format": 2 } } }), "/file/document/format"),
    ] {
        let refused = viewer.post(&check, body.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{body}: {}",
            refused.body
        );
    }
    let file = json!({ "format": 1, "flags": [{ "key": "checkout", "environments": { "production": rollout(100) } }] });
    let applied = viewer.post(&check, json!({ "file": { "document": file }, "policy": policy })).await;
    assert_eq!(codes(&applied.body["verdict"]), ["policy_owner", "policy_largest_step"]);
}

async fn a_draft_is_tried_on_the_past(app: Arc<TestApp>) {
    app.flag("checkout").await;
    for percent in [10, 60, 20] {
        let reply = app.owner.with_header("if-match", "*").put(PRODUCTION, rollout(percent)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let grown = app.rev().await - 1;
    assert_eq!(app.owner.patch(PRODUCTION, json!({ "on": false })).await.status, 200);
    let policy = json!({ "key": "steps", "environments": ["production"], "largest_step": 25 });
    let viewer = app.with_role("viewer").await;
    let past = viewer.post(&format!("{P}/check"), json!({ "policy": policy, "replay": 4 })).await.body["past"].clone();
    assert_eq!((&past["changes"], &past["cut"]), (&json!(4), &json!(false)), "{past}");
    let held = past["held"].as_array().unwrap();
    assert_eq!(held.iter().map(|held| held["rev"].as_u64().unwrap()).collect::<Vec<_>>(), [grown]);
    assert_eq!(codes(&held[0]["verdict"]), ["policy_largest_step"]);
    // All of it, to the first revision.
    let all = viewer.post(&format!("{P}/check"), json!({ "policy": policy })).await.body["past"].clone();
    assert_eq!((all["changes"].as_u64(), &all["cut"]), (Some(app.rev().await), &json!(false)), "{all}");
}

yardarm_testkit::on_both_stores![policies_are_managed, a_check_says_and_writes_nothing, a_draft_is_tried_on_the_past];
