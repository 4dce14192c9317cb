//! The main job through HTTP: make a flag, configure it, see it evaluated, look at its history, undo.

use std::sync::Arc;

use serde_json::json;
use yardarm_testkit::TestApp;

const PRODUCTION: &str = "/api/v1/projects/shop/flags/checkout/environments/production";

async fn a_flag_is_made_configured_evaluated_and_undone(app: Arc<TestApp>) {
    let flag = app.flag("checkout").await;
    assert_eq!(flag["type"], "boolean");
    assert_eq!(flag["environments"]["production"]["on"], false);
    assert_eq!(flag["environments"]["production"]["serves"]["kind"], "off");
    assert_eq!(flag["changed"]["action"], "flag.create");
    assert_eq!(flag["changed"]["actor"], "Ana");

    let before = app.rev().await;
    let with_reason = app.owner.with_header("x-yardarm-reason", "f%C3%BCr%20alle");
    let on = with_reason.patch(PRODUCTION, json!({ "on": true, "default": { "variant": "on" } })).await;
    assert_eq!(on.status, 200, "{}", on.body);
    assert_eq!(on.body["on"], true);
    assert_eq!(on.body["serves"]["kind"], "all");
    assert_eq!(on.header("x-yardarm-revision").split(':').nth(1), Some((before + 1).to_string().as_str()));
    assert_eq!(on.header("etag"), format!("\"{}\"", before + 1));

    let evaluate = "/api/v1/projects/shop/environments/production/evaluate";
    let body = json!({ "context": { "targetingKey": "u1" }, "flag": "checkout", "explain": true });
    let answer = app.owner.post(evaluate, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["items"][0]["value"], true);
    assert!(answer.body["items"][0]["explanation"]["steps"].is_array());
    assert_eq!(answer.body["version"]["rev"], before + 1);

    let same = app.owner.patch(PRODUCTION, json!({ "on": true })).await;
    assert_eq!((same.status, app.rev().await), (200, before + 1), "nothing changed, nothing was written");

    let history = app.owner.get("/api/v1/projects/shop/history?flag=checkout").await;
    assert_eq!(history.status, 200, "{}", history.body);
    let newest = &history.body["items"][0];
    assert_eq!(newest["action"], "configuration.update");
    assert_eq!(newest["reason"], "für alle");
    assert_eq!(newest["documents"][0]["key"], "production/checkout");
    assert_eq!(newest["summary"], "checkout in production");

    let change = app.owner.get(&format!("/api/v1/projects/shop/history/{}", before + 1)).await;
    assert_eq!(change.body["documents"][0]["after"]["on"], true);

    let undo = app.owner.send("POST", &format!("/api/v1/projects/shop/history/{}/undo", before + 1), None).await;
    assert_eq!(undo.status, 200, "{}", undo.body);
    assert_eq!((undo.body["action"].as_str(), undo.body["rev"].as_u64()), (Some("change.undo"), Some(before + 2)));
    assert_eq!(app.owner.get(PRODUCTION).await.body["on"], false);

    let again = app.owner.send("POST", &format!("/api/v1/projects/shop/history/{}/undo", before + 1), None).await;
    assert_eq!((again.status, again.text("code").as_str()), (409, "later_changes"), "{}", again.body);

    let revert = json!({ "kind": "configuration", "key": "production/checkout", "rev": before + 1 });
    let reverted = app.owner.post("/api/v1/projects/shop/revert", revert).await;
    assert_eq!(reverted.status, 200, "{}", reverted.body);
    assert_eq!(app.owner.get(PRODUCTION).await.body["on"], true);
}

yardarm_testkit::on_both_stores![a_flag_is_made_configured_evaluated_and_undone,];
