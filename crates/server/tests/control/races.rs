//! Several people at the same moment, and two nodes.

use std::sync::Arc;

use serde_json::json;
use yardarm_testkit::TestApp;

use crate::world::*;

async fn two_approvals_are_both_there(app: Arc<TestApp>) {
    let World { bo, cy, di, .. } = world(&app).await;
    policy(&app, "two", json!({ "approvals": { "required": 2 } })).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    act(&bo, &id, "submit").await;
    let (one, two) = tokio::join!(approve(&cy, &id), approve(&di, &id));
    assert_eq!((one.status, two.status), (200, 200), "{} {}", one.body, two.body);
    let told = bo.get(&at(&id, "")).await.body;
    assert_eq!((&told["state"], told["approvals"].as_array().unwrap().len()), (&json!("approved"), 2), "{told:#}");
    // Twice the same person is one.
    approve(&cy, &id).await;
    assert_eq!(bo.get(&at(&id, "")).await.body["approvals"].as_array().unwrap().len(), 2);
}

async fn two_appliers_apply_once(app: Arc<TestApp>) {
    let World { bo, cy, di, .. } = world(&app).await;
    for _ in 0..4 {
        let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
        act(&bo, &id, "submit").await;
        approve(&cy, &id).await;
        let rev = app.rev().await;
        let (one, two, three) =
            tokio::join!(act(&bo, &id, "apply"), act(&di, &id, "apply"), act(&app.owner, &id, "apply"));
        let mut all = [one.status, two.status, three.status];
        all.sort_unstable();
        assert_eq!(all, [200, 409, 409], "{} {} {}", one.body, two.body, three.body);
        assert_eq!(app.rev().await, rev + 1);
        assert_eq!(bo.patch(PRODUCTION, json!({ "on": false })).await.status, 200);
    }
}

async fn an_approval_is_never_of_an_edit_that_was_faster(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    for round in 0..6 {
        let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
        act(&bo, &id, "submit").await;
        let seen = hash(&cy, &id).await;
        let editing = drafting(&bo, &id);
        let edit = json!({ "targets": [{ "variant": "on", "keys": [format!("u{round}")] }] });
        let place = at(&id, "approve");
        let (approved, edited) =
            tokio::join!(cy.post(&place, json!({ "hash": seen })), editing.patch(PRODUCTION, edit));
        assert_eq!(edited.status, 202, "{}", edited.body);
        assert!(matches!(approved.status, 200 | 409), "{}", approved.body);
        let told = bo.get(&at(&id, "")).await.body;
        assert_eq!(told["approved"], false, "whoever was first, what is there now was approved by nobody: {told:#}");
        assert_eq!(code(&act(&bo, &id, "apply").await), (409, "approval_required".into()));
        act(&bo, &id, "withdraw").await;
    }
}

yardarm_testkit::on_both_stores![
    two_approvals_are_both_there,
    two_appliers_apply_once,
    an_approval_is_never_of_an_edit_that_was_faster,
];
