//! Retention: old entries go behind a signed mark, and everything else goes on.

use std::sync::Arc;

use serde_json::json;
use yardarm_store::scratch::Scratch;
use yardarm_testkit::TestApp;
use yardarm_verify::What;

use crate::export::verified;

const DAY: i64 = 24 * 60 * 60 * 1_000;

async fn what_is_old_goes_behind_a_signed_mark(app: Arc<TestApp>) {
    for key in ["a", "b"] {
        app.flag(key).await;
    }
    for days in [json!(29), json!(0), json!(36_501), json!(-1), json!("1")] {
        let refused = app.owner.post("/api/v1/audit/retention", json!({ "days": days })).await;
        assert_eq!(refused.status, 422, "{days}: {}", refused.body);
    }
    app.app.prune().await;
    assert_eq!(verified(&app, "").await.unwrap().pruned, 0, "kept for ever unless somebody says otherwise");
    let set = app.owner.post("/api/v1/audit/retention", json!({ "days": 30 })).await;
    assert_eq!((set.status, &set.body["days"]), (200, &json!(30)));

    app.advance(31 * DAY);
    let renamed = app.owner.patch("/api/v1/projects/shop/flags/a", json!({ "name": "Alpha" })).await;
    assert_eq!(renamed.status, 200);
    let before = app.rev().await;
    app.app.prune().await;
    assert_eq!(app.owner.get("/api/v1/audit/retention").await.body["days"], 30);
    let report = verified(&app, "").await.unwrap();
    assert_eq!((report.logs, report.pruned), (2, 2));
    let marks = app.owner.get("/api/v1/audit?action=audit.prune").await;
    assert_eq!(marks.body["items"].as_array().unwrap().len(), 2);
    let mark = &marks.body["items"].as_array().unwrap().iter().find(|item| item["project"] == "shop").unwrap();
    assert_eq!((&mark["actor"], &mark["via"]), (&json!("system:retention"), &json!("schedule")));
    let body = &mark["documents"][0]["after"];
    assert_eq!((&body["through"], &body["count"]), (&json!(before - 1), &json!(before - 1)));

    // The last change can be undone; what was before the mark is said to be gone.
    let undo = app.owner.send("POST", &format!("/api/v1/projects/shop/history/{before}/undo"), None).await;
    assert_eq!(undo.status, 200, "{}", undo.body);
    assert_eq!(app.owner.get("/api/v1/projects/shop/flags/a").await.body["name"], "a");
    assert_eq!(app.owner.get("/api/v1/projects/shop/history/2").await.status, 404);
    let revert = json!({ "kind": "flag", "key": "a", "rev": 1 });
    let revert = app.owner.post("/api/v1/projects/shop/revert", revert).await;
    assert_eq!((revert.status, revert.text("code").as_str()), (410, "pruned"));
    app.app.prune().await;
    verified(&app, "").await.expect("nothing more is due, and the proof stays");

    // Once more, so that a mark lies behind a mark.
    app.advance(31 * DAY);
    app.flag("c").await;
    app.app.prune().await;
    assert_eq!(verified(&app, "").await.unwrap().pruned, 2);

    // What was left at the mark cannot be edited, and the mark cannot be taken away.
    let url = &app.app.settings.database_url;
    let before_edit = "UPDATE change_document SET body = '{}' WHERE kind = 'flag' AND key = 'b'";
    assert_eq!(Scratch::tamper(url, before_edit).await.unwrap(), 1);
    assert_eq!(verified(&app, "").await.unwrap_err().what, What::Edited("flag b".into()));
    assert_eq!(Scratch::tamper(url, "DELETE FROM change_document WHERE kind = 'flag' AND key = 'b'").await.unwrap(), 1);
    assert_eq!(verified(&app, "").await.unwrap_err().what, What::Base);
}

yardarm_testkit::on_both_stores![what_is_old_goes_behind_a_signed_mark];
