//! Retention: old entries go behind a signed mark, and everything else goes on.

use std::sync::Arc;

use serde_json::json;
use yardarm_store::scratch::Scratch;
use yardarm_store::{Attribution, Commit, DocumentWrite, ScopeRef};
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

/// Whoever knows a tenant of before the mark does not follow the log from there: what the missing entries took away is gone.
async fn a_right_that_went_behind_the_mark_is_gone(app: Arc<TestApp>) {
    assert_eq!(app.owner.post("/api/v1/audit/retention", json!({ "days": 30 })).await.status, 200);
    let account = json!({ "name": "CI", "roles": ["admin"] });
    let account = app.owner.post("/api/v1/service-accounts", account).await.text("id");
    let token = json!({ "name": "ci", "service_account": account });
    let machine = app.with_token(&app.owner.post("/api/v1/tokens", token).await.text("token"));
    assert_eq!(machine.get("/api/v1/members").await.status, 200);

    // Another node takes the role away, and prunes the entry that says so. This one hears of neither.
    let tenant = app.owner.get("/api/v1/tenants/acme").await.text("id");
    let commit = Commit {
        tenant_id: tenant.clone(),
        scope_id: tenant.clone(),
        expected: None,
        attribution: Attribution {
            actor: "user:usr_elsewhere".to_owned(),
            actor_name: "Elsewhere".to_owned(),
            via: "session".to_owned(),
            action: "service_account.update".to_owned(),
            reason: String::new(),
            trace_id: "0".repeat(32),
            at: app.now(),
        },
        documents: vec![DocumentWrite {
            kind: "service_account".to_owned(),
            key: account,
            body: Some(json!({ "name": "CI", "description": "", "created_at": 0, "roles": [] }).to_string()),
        }],
        rows: Vec::new(),
    };
    let rev = app.app.store.commit(commit).await.unwrap().rev;
    app.advance(31 * DAY);
    app.app.prune().await;
    let left = app.app.store.changes(ScopeRef::tenant(&tenant), 0, 10).await.unwrap();
    assert_eq!(left.first().map(|change| change.rev), Some(rev + 1), "only the mark is left");
    assert_eq!(machine.get("/api/v1/members").await.status, 403);
}

yardarm_testkit::on_both_stores![what_is_old_goes_behind_a_signed_mark, a_right_that_went_behind_the_mark_is_gone,];
