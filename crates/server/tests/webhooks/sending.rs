//! What is sent, when, and how often.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use yardarm_store::{Commit, DocumentWrite};
use yardarm_testkit::{TestApp, on_both_stores};

use crate::receiver::{Receiver, deliveries, settled, until, webhook};

on_both_stores!(
    a_change_is_told_once_and_signed,
    only_what_is_asked_for,
    what_is_large_is_named,
    slack_gets_a_sentence,
    failures_are_repeated_under_the_same_id,
    a_receiver_that_has_gone_is_left_alone,
    after_all_attempts_it_is_disabled,
    two_nodes_send_once_and_a_new_one_goes_on,
    a_slow_receiver_delays_nobody_else,
);

const HOUR: i64 = 3_600_000;

async fn a_change_is_told_once_and_signed(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, secret) = webhook(&app.owner, &receiver.url(), json!({})).await;
    let traced = app
        .owner
        .with_header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .with_header("x-yardarm-reason", "Black%20Friday");
    assert_eq!(traced.post("/api/v1/projects/shop/flags", json!({ "key": "checkout" })).await.status, 201);
    // The webhook's own making is the first thing it hears of.
    receiver.hears(2).await;
    settled(&app, &id, "delivered", 2).await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2);
    let told = heard.iter().find(|heard| heard.json()["type"] == "flag.create").unwrap();
    assert!(heard.iter().any(|heard| heard.json()["type"] == "webhook.create"));
    assert!(told.signed_with(&secret));
    assert!(!told.signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    assert_eq!(told.header("content-type"), "application/json");
    assert_eq!(told.header("webhook-timestamp"), (app.now() / 1_000).to_string());
    assert!(told.header("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert!(!told.header("traceparent").contains("00f067aa0ba902b7"));

    let body = told.json();
    assert_eq!(body["timestamp"], "2026-01-01T00:00:00Z");
    let change = &body["data"]["change"];
    assert_eq!(change["project"], "shop");
    assert_eq!((change["action"].as_str(), change["reason"].as_str()), (Some("flag.create"), Some("Black Friday")));
    assert_eq!(change["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(change["actor_name"], "Ana");
    let flag = change["documents"].as_array().unwrap().iter().find(|document| document["kind"] == "flag").unwrap();
    assert_eq!((&flag["key"], &flag["before"]), (&json!("checkout"), &json!(null)));
    assert_eq!(flag["after"]["name"], "checkout");
    assert_eq!(
        app.owner.get(change["link"].as_str().unwrap().strip_prefix(&app.app.settings.base_url).unwrap()).await.status,
        200
    );

    let patch = app.owner.patch("/api/v1/projects/shop/flags/checkout", json!({ "name": "Check-out" })).await;
    assert_eq!(patch.status, 200, "{}", patch.body);
    let update = receiver.hears(3).await.pop().unwrap().json();
    let flag = &update["data"]["change"]["documents"][0];
    assert_eq!((&flag["before"]["name"], &flag["after"]["name"]), (&json!("checkout"), &json!("Check-out")));

    let ids: BTreeSet<String> = receiver.heard().iter().map(|heard| heard.id().to_owned()).collect();
    assert_eq!(ids.len(), 3);
    let listed = deliveries(&app, &id).await;
    assert_eq!((listed[1]["status"].as_u64(), listed[1]["attempts"].as_u64()), (Some(200), Some(1)));
    assert!(!listed.iter().any(|delivery| delivery.to_string().contains("what the receiver says")));
}

async fn only_what_is_asked_for(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let asked = json!({ "actions": ["configuration.*"], "projects": ["shop"], "environments": ["production"] });
    webhook(&app.owner, &receiver.url(), asked).await;
    let nothing = Receiver::start().await;
    webhook(&app.owner, &nothing.url(), json!({ "actions": [] })).await;
    let everything = Receiver::start().await;
    let (id, _) = webhook(&app.owner, &everything.url(), json!({})).await;

    app.flag("checkout").await;
    for environment in ["development", "production"] {
        let path = format!("/api/v1/projects/shop/flags/checkout/environments/{environment}");
        assert_eq!(app.owner.patch(&path, json!({ "on": true })).await.status, 200);
    }
    let other = app.owner.post("/api/v1/projects", json!({ "key": "other", "name": "Other" })).await;
    assert_eq!(other.status, 201, "{}", other.body);
    // Its own making, a flag, two configurations, and a project, which is in two logs and told once. The tenant's new name
    // is the last entry of its log: once that has come, everything before it was read.
    assert_eq!(app.owner.patch("/api/v1/tenants/acme", json!({ "name": "Last" })).await.status, 200);
    settled(&app, &id, "delivered", 6).await;
    let told = deliveries(&app, &id).await;
    let of = |event: &str| told.iter().filter(|delivery| delivery["event"] == event).count();
    assert_eq!((told.len(), of("project.create"), of("tenant.update")), (6, 1, 1), "{told:#?}");
    let heard = receiver.hears(1).await;
    assert_eq!(heard[0].json()["data"]["change"]["documents"][0]["key"], "production/checkout");
    assert_eq!((receiver.heard().len(), nothing.heard().len(), everything.heard().len()), (1, 0, 6));
}

async fn what_is_large_is_named(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    webhook(&app.owner, &receiver.url(), json!({ "actions": ["segment.create"] })).await;
    let keys: Vec<String> = (0..10_000).map(|n| format!("customer-{n}")).collect();
    let segment = json!({ "key": "big", "name": "Big", "included": keys });
    assert_eq!(app.owner.post("/api/v1/projects/shop/segments", segment).await.status, 201);
    let heard = receiver.hears(1).await.pop().unwrap();
    assert!(heard.body.len() < 65_536, "{}", heard.body.len());
    let change = &heard.json()["data"]["change"];
    let document = &change["documents"][0];
    assert!(document.get("after").is_none() && document["kind"].is_string() && document["key"].is_string());
    assert!(change["documents_total"].as_u64().unwrap() > 1 && change["link"].is_string());
}

async fn slack_gets_a_sentence(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let url = format!("http://{}/services/T0/B0/channel-secret", receiver.address);
    let (id, _) = webhook(&app.owner, &url, json!({ "format": "slack", "actions": ["flag.*"] })).await;
    let reason = app.owner.with_header("x-yardarm-reason", "%3C!channel%3E%20now");
    let flag = json!({ "key": "checkout", "name": "<https://evil.example|click>" });
    assert_eq!(reason.post("/api/v1/projects/shop/flags", flag).await.status, 201);
    let heard = receiver.hears(1).await.pop().unwrap().json();
    let text = heard["text"].as_str().unwrap();
    assert!(text.starts_with("*Ana*: flag.create of ") && text.contains("checkout"), "{text}");
    assert!(text.contains("&lt;!channel&gt; now") && !text.contains('<'), "{text}");
    // Whoever has the address may write to the channel: it is shown to nobody.
    let shown = app.owner.get(&format!("/api/v1/webhooks/{id}")).await;
    assert_eq!(shown.text("url"), format!("http://{}/…", receiver.address));
    let format = app.owner.patch(&format!("/api/v1/webhooks/{id}"), json!({ "format": "standard" })).await;
    assert_eq!(format.problems(), [("/url".to_owned(), "missing".to_owned())]);
}

async fn failures_are_repeated_under_the_same_id(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    receiver.answer(&[500, 302, 200]);
    let (id, secret) = webhook(&app.owner, &receiver.url(), json!({ "actions": ["flag.create"] })).await;
    app.flag("checkout").await;
    receiver.hears(1).await;
    until("the first failure", async || deliveries(&app, &id).await[0]["status"] == 500).await;
    app.advance(6_000);
    receiver.hears(2).await;
    // A redirect is not followed: it is a failure like others.
    until("the redirect", async || deliveries(&app, &id).await[0]["status"] == 302).await;
    app.advance(HOUR);
    receiver.hears(3).await;
    settled(&app, &id, "delivered", 1).await;
    let heard = receiver.heard();
    assert!(heard.iter().all(|h| h.id() == heard[0].id() && h.body == heard[0].body && h.signed_with(&secret)));
    let times: BTreeSet<&str> = heard.iter().map(|heard| heard.header("webhook-timestamp")).collect();
    assert_eq!(times.len(), 3, "the time is the attempt's");
    assert_eq!(deliveries(&app, &id).await[0]["attempts"], 3);
}

async fn a_receiver_that_has_gone_is_left_alone(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    receiver.answer(&[410]);
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": ["flag.create"] })).await;
    let witness = Receiver::start().await;
    webhook(&app.owner, &witness.url(), json!({ "actions": ["webhook.disable"] })).await;
    app.flag("one").await;
    let path = format!("/api/v1/webhooks/{id}");
    until("disabled", async || app.owner.get(&path).await.body["enabled"] == false).await;
    assert_eq!(app.owner.get(&path).await.text("disabled_reason"), "the receiver answered 410 Gone");
    let entry = witness.hears(1).await.pop().unwrap().json();
    assert_eq!(entry["data"]["change"]["actor"], "system:webhooks");
    assert_eq!(entry["data"]["change"]["reason"], "the receiver answered 410 Gone");

    app.flag("two").await;
    app.advance(HOUR);
    receiver.answer(&[200]);
    let enabled = app.owner.patch(&path, json!({ "enabled": true })).await;
    assert_eq!((enabled.status, &enabled.body["disabled_reason"]), (200, &json!(null)));
    app.flag("three").await;
    settled(&app, &id, "delivered", 1).await;
    let keys: Vec<_> = receiver.heard().iter().map(|h| h.json()["data"]["change"]["documents"].to_string()).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[1].contains("three") && !keys.iter().any(|key| key.contains("\"two\"")), "it listens from now on");
    assert_eq!(witness.heard().len(), 1, "one entry");
}

async fn after_all_attempts_it_is_disabled(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    receiver.answer(&[503]);
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": ["flag.create"] })).await;
    app.flag("checkout").await;
    for attempt in 1..=10 {
        receiver.hears(attempt).await;
        until("written down", async || {
            let delivery = &deliveries(&app, &id).await[0];
            delivery["attempts"] == attempt
                && delivery["state"] == if attempt < 10 { "waiting" } else { "failed" }
                && delivery["due_at"]
                    .as_i64()
                    .is_none_or(|due| due < app.now() + 40 * HOUR && due != app.now() + 60_000)
        })
        .await;
        // To the minute when it is due, and no further: what ended is kept for a week only.
        if let Some(due) = deliveries(&app, &id).await[0]["due_at"].as_i64() {
            app.advance(due - app.now());
        }
    }
    let path = format!("/api/v1/webhooks/{id}");
    until("disabled", async || app.owner.get(&path).await.body["enabled"] == false).await;
    assert!(app.owner.get(&path).await.text("disabled_reason").contains("given up"));
    assert_eq!(deliveries(&app, &id).await[0]["state"], "failed");
    assert_eq!(receiver.heard().len(), 10);
}

async fn two_nodes_send_once_and_a_new_one_goes_on(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let second = TestApp::start_empty(&app.app.settings.database_url).await;
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": ["flag.create"] })).await;
    for n in 0..20 {
        app.flag(&format!("flag-{n}")).await;
    }
    settled(&app, &id, "delivered", 20).await;
    let ids: BTreeSet<String> = receiver.heard().iter().map(|heard| heard.id().to_owned()).collect();
    assert_eq!((ids.len(), receiver.heard().len()), (20, 20));

    // This happens while both nodes go away.
    let log = app.app.store.scopes().await.unwrap().into_iter().find(|scope| scope.key == "shop").unwrap();
    let mut attribution = app.app.store.changes(log.reference(), 0, 1).await.unwrap().pop().unwrap().attribution;
    attribution.action = "flag.create".into();
    app.app.drain();
    second.app.drain();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let body = Some(r#"{"key":"while-away"}"#.to_owned());
    let documents = vec![DocumentWrite { kind: "flag".into(), key: "while-away".into(), body }];
    let commit =
        Commit { tenant_id: log.tenant_id, scope_id: log.id, expected: None, attribution, documents, rows: vec![] };
    app.app.store.commit(commit).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(receiver.heard().len(), 20);
    let third = TestApp::start_empty(&app.app.settings.database_url).await;
    let heard = receiver.hears(21).await;
    assert!(String::from_utf8_lossy(&heard[20].body).contains("while-away"));
    drop(third);
}

async fn a_slow_receiver_delays_nobody_else(app: Arc<TestApp>) {
    let slow = Receiver::start().await;
    slow.answer(&[0]);
    let quick = Receiver::start().await;
    webhook(&app.owner, &slow.url(), json!({ "actions": ["flag.create"] })).await;
    let (id, _) = webhook(&app.owner, &quick.url(), json!({ "actions": ["flag.create"] })).await;
    for n in 0..10 {
        app.flag(&format!("flag-{n}")).await;
    }
    settled(&app, &id, "delivered", 10).await;
    assert!(slow.heard().len() <= 2, "two at once, and none of them answered: {}", slow.heard().len());
}
