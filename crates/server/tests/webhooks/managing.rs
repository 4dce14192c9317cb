//! Making, changing, testing, rotating, replaying.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{TestApp, on_both_stores};

use crate::receiver::{Receiver, deliveries, settled, webhook};

on_both_stores!(
    a_webhook_is_made_changed_and_removed,
    everything_wrong_is_told_at_once,
    a_ping_says_what_came_of_it,
    both_secrets_sign_for_a_while,
    deliveries_are_sent_again,
    each_change_is_one_entry,
);

async fn tenant_log(app: &TestApp) -> Vec<yardarm_store::Change> {
    let tenant = app.owner.get("/api/v1/tenants/acme").await.text("id");
    app.app.store.changes(yardarm_store::ScopeRef::tenant(&tenant), 0, 1_000).await.unwrap()
}

async fn a_webhook_is_made_changed_and_removed(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, secret) = webhook(&app.owner, &receiver.url(), json!({})).await;
    assert!(id.starts_with("whk_") && secret.starts_with("whsec_"));
    let path = format!("/api/v1/webhooks/{id}");
    let read = app.owner.get(&path).await;
    assert_eq!((read.status, read.body.get("secret")), (200, None));
    assert_eq!(read.body["actions"], json!(["*"]));
    let stale = app.owner.with_header("if-match", "\"1\"").patch(&path, json!({ "name": "No" })).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let other = json!({ "name": "Deploys", "actions": ["flag.*", "flag.*"], "enabled": false });
    let changed = app.owner.with_header("if-match", read.header("etag")).patch(&path, other).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!((&changed.body["name"], &changed.body["actions"]), (&json!("Deploys"), &json!(["flag.*"])));
    assert_ne!(changed.header("etag"), read.header("etag"));
    let before = tenant_log(&app).await.len();
    let same = app.owner.patch(&path, json!({ "name": "Deploys" })).await;
    assert_eq!((same.status, tenant_log(&app).await.len()), (200, before), "nothing to change, nothing written");

    webhook(&app.owner, &receiver.url(), json!({ "name": "Another" })).await;
    let first = app.owner.get("/api/v1/webhooks?limit=1").await;
    assert_eq!((first.body["total"].as_u64(), first.body["items"].as_array().unwrap().len()), (Some(2), 1));
    let second = app.owner.get(&format!("/api/v1/webhooks?limit=1&cursor={}", first.text("next"))).await;
    assert_ne!(first.body["items"][0]["id"], second.body["items"][0]["id"]);
    assert_eq!(app.owner.get("/api/v1/webhooks?search=deploy").await.body["total"], 1);
    assert_eq!(app.owner.delete(&path).await.status, 204);
    assert_eq!(app.owner.delete(&path).await.status, 404);
    assert_eq!(app.owner.get(&format!("{path}/deliveries")).await.status, 404);
    assert_eq!(app.owner.get("/api/v1/webhooks").await.body["total"], 1);
}

async fn everything_wrong_is_told_at_once(app: Arc<TestApp>) {
    let body = json!({ "nmae": "CI", "url": 7, "format": "xml", "actions": ["flag"], "projects": "shop",
        "environments": ["a b"], "enabled": "yes" });
    let refused = app.owner.post("/api/v1/webhooks", body).await;
    let told: Vec<String> = refused.problems().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
    assert_eq!(refused.status, 422);
    assert_eq!(
        told,
        [
            "/nmae unknown_field",
            "/name missing",
            "/url type",
            "/format format_unknown",
            "/actions entry_invalid",
            "/projects type",
            "/environments entry_invalid",
            "/enabled type",
        ]
    );
    let many: Vec<String> = (0..101).map(|n| format!("p{n}")).collect();
    let refused = app.owner.post("/api/v1/webhooks", json!({ "name": "a", "url": "u", "projects": many })).await;
    assert_eq!(refused.problems(), [("/projects".to_owned(), "too_many".to_owned())]);
}

async fn a_ping_says_what_came_of_it(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, secret) = webhook(&app.owner, &receiver.url(), json!({ "enabled": false })).await;
    let path = format!("/api/v1/webhooks/{id}/test");
    let done = app.owner.send("POST", &path, None).await;
    assert_eq!((done.status, &done.body["state"], &done.body["status"]), (200, &json!("delivered"), &json!(200)));
    let heard = receiver.heard().pop().unwrap();
    assert!(heard.signed_with(&secret) && heard.json()["type"] == "webhook.ping");
    receiver.answer(&[500]);
    let failed = app.owner.send("POST", &path, None).await;
    assert_eq!((&failed.body["state"], &failed.body["status"]), (&json!("failed"), &json!(500)));
    app.advance(3_600_000);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let moved = json!({ "url": format!("http://{closed}/") });
    assert_eq!(app.owner.patch(&format!("/api/v1/webhooks/{id}"), moved).await.status, 200);
    let nobody = app.owner.send("POST", &path, None).await;
    assert_eq!((&nobody.body["status"], nobody.text("error").as_str()), (&json!(null), "no connection could be made"));
    assert_eq!((receiver.heard().len(), deliveries(&app, &id).await.len()), (2, 3), "a ping is not repeated");
}

async fn both_secrets_sign_for_a_while(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, old) = webhook(&app.owner, &receiver.url(), json!({ "actions": ["flag.create"] })).await;
    let rotate = app.owner.post(&format!("/api/v1/webhooks/{id}/secret"), json!({ "overlap_hours": 1 })).await;
    assert_eq!(rotate.status, 201, "{}", rotate.body);
    let new = rotate.text("secret");
    assert_eq!(rotate.body["previous_secret_until"], app.now() + 3_600_000);
    app.flag("one").await;
    let heard = receiver.hears(1).await;
    assert!(heard[0].signed_with(&new) && heard[0].signed_with(&old));
    app.advance(3_600_001);
    app.flag("two").await;
    let heard = receiver.hears(2).await;
    assert!(heard[1].signed_with(&new) && !heard[1].signed_with(&old));
    let bad = app.owner.post(&format!("/api/v1/webhooks/{id}/secret"), json!({ "overlap_hours": 169 })).await;
    assert_eq!(bad.problems(), [("/overlap_hours".to_owned(), "out_of_range".to_owned())]);
}

async fn deliveries_are_sent_again(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": ["flag.create"] })).await;
    let since = app.now();
    for key in ["one", "two", "three"] {
        app.flag(key).await;
    }
    settled(&app, &id, "delivered", 3).await;
    let listed = deliveries(&app, &id).await;
    let one = listed[2]["id"].as_str().unwrap();
    let again = app.owner.send("POST", &format!("/api/v1/webhooks/{id}/deliveries/{one}/replay"), None).await;
    assert_eq!((again.status, &again.body["state"]), (200, &json!("waiting")));
    let heard = receiver.hears(4).await;
    assert_eq!(heard[3].id(), one);
    settled(&app, &id, "delivered", 3).await;
    let path = format!("/api/v1/webhooks/{id}/replay");
    let failed = app.owner.post(&path, json!({ "since": since })).await;
    assert_eq!(failed.body["replayed"], 0, "failed ones, unless said otherwise");
    let all = app.owner.post(&path, json!({ "since": since, "state": "delivered" })).await;
    assert_eq!((&all.body["replayed"], &all.body["more"]), (&json!(3), &json!(false)));
    receiver.hears(7).await;
    let none = app.owner.post(&path, json!({ "since": since, "until": since, "state": "delivered" })).await;
    assert_eq!(none.body["replayed"], 0);
    let state = app.owner.post(&path, json!({ "since": since, "state": "gone" })).await;
    assert_eq!(state.problems(), [("/state".to_owned(), "state_unknown".to_owned())]);
    settled(&app, &id, "delivered", 3).await;
    let page = app.owner.get(&format!("/api/v1/webhooks/{id}/deliveries?limit=2&state=delivered")).await;
    let rest = format!("/api/v1/webhooks/{id}/deliveries?limit=2&state=delivered&cursor={}", page.text("next"));
    let rest = app.owner.get(&rest).await;
    assert_eq!((rest.body["items"].as_array().unwrap().len(), &rest.body["next"]), (1, &Value::Null));
}

async fn each_change_is_one_entry(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let before = tenant_log(&app).await.len();
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": [] })).await;
    let path = format!("/api/v1/webhooks/{id}");
    app.owner.patch(&path, json!({ "name": "Other" })).await;
    app.owner.post(&format!("{path}/secret"), json!({})).await;
    let ping = app.owner.send("POST", &format!("{path}/test"), None).await;
    app.owner.send("POST", &format!("{path}/deliveries/{}/replay", ping.text("id")), None).await;
    app.owner.delete(&path).await;
    let log = tenant_log(&app).await;
    let actions: Vec<&str> = log[before..].iter().map(|change| change.attribution.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "webhook.create",
            "webhook.update",
            "webhook.rotate_secret",
            "webhook.test",
            "webhook.replay",
            "webhook.delete"
        ]
    );
    assert!(log.iter().all(|change| !format!("{change:?}").contains("whsec_")));
}
