//! From a refusal to an applied change, and everything that voids consent on the way.

use std::sync::Arc;

use serde_json::json;
use yardarm_testkit::TestApp;

use crate::world::*;

async fn what_is_approved_is_what_is_applied(app: Arc<TestApp>) {
    let World { bo, cy, cy_id, di } = world(&app).await;
    let rev = app.rev().await;
    let held = bo.patch(PRODUCTION, json!({ "on": true })).await;
    assert_eq!(code(&held), (409, "approval_required".into()), "{}", held.body);
    let why = held.body["errors"][0]["message"].as_str().unwrap();
    assert!(why.contains("production") && why.contains("0 of 1"), "{why}");
    assert!(held.text("detail").contains("X-Yardarm-Change-Request: new"), "{}", held.body);
    assert_eq!(app.rev().await, rev, "nothing was written");
    assert_eq!(bo.patch(STAGING, json!({ "on": true })).await.status, 200, "staging is not protected");

    let drafted = drafting(&bo, "new")
        .with_header("x-yardarm-change-request-title", "F%C3%BCr alle")
        .patch(PRODUCTION, json!({ "on": true }))
        .await;
    assert_eq!(drafted.status, 202, "{}", drafted.body);
    let id = drafted.body["change_request"]["id"].as_str().unwrap().to_owned();
    assert_eq!(drafted.header("location"), at(&id, ""));
    assert_eq!(drafted.body["change_request"]["title"], "Für alle");
    assert!(!is_on(&app).await);
    assert_eq!(actions(&app).await[0], "change_request.create");

    // Nobody is asked yet, so nobody consents.
    assert_eq!(code(&approve(&cy, &id).await), (409, "change_request_stage".into()));
    assert_eq!(act(&bo, &id, "submit").await.body["state"], "open");
    let told = cy.get(&at(&id, "")).await.body;
    assert_eq!(told["entries"][0]["key"], "production/checkout");
    assert!(!told["entries"][0]["sentences"].as_array().unwrap().is_empty(), "{told:#}");
    assert_eq!((&told["needed"][0]["required"], &told["waits_for_me"]), (&json!(1), &json!(true)));
    assert_eq!(bo.get(&at(&id, "")).await.body["waits_for_me"], false, "not their own");
    assert_eq!(cy.get(&format!("{P}/change-requests?waits_for_me=true")).await.body["total"], 1);
    assert_eq!(bo.get(&format!("{P}/change-requests?waits_for_me=true")).await.body["total"], 0);

    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "approval_required".into()));
    assert_eq!(code(&approve(&bo, &id).await), (403, "forbidden".into()), "their own work");
    let stale = hash(&cy, &id).await;
    assert_eq!(code(&cy.post(&at(&id, "approve"), json!({ "hash": "0000" })).await), (409, "other_content".into()));
    let approved = approve(&cy, &id).await;
    assert_eq!((approved.status, approved.body["state"].as_str()), (200, Some("approved")), "{}", approved.body);
    assert_eq!(approved.body["needed"][0]["given"], json!([cy_id]));
    assert_eq!(bo.get(&format!("{P}/change-requests?state=approved")).await.body["total"], 1);
    let listed = bo.get(&format!("{P}/change-requests?search=F%C3%9CR")).await.body["items"][0].clone();
    assert_eq!((&listed["needed"][0]["given"], &listed["moved"]), (&json!([cy_id]), &json!([])), "{listed}");
    for (words, found) in [("checkout", 1), ("bo%40example", 1), ("nobody", 0)] {
        let list = bo.get(&format!("{P}/change-requests?search={words}")).await;
        assert_eq!(list.body["total"], found, "{words}");
    }

    // Another content: the approval was of what is not there any more.
    let more = drafting(&di, &id).patch(PRODUCTION, json!({ "default": { "variant": "off" } })).await;
    assert_eq!(more.status, 202, "{}", more.body);
    assert_ne!(hash(&cy, &id).await, stale);
    let told = cy.get(&at(&id, "")).await.body;
    assert_eq!((&told["state"], &told["approvals"][0]["void"]), (&json!("open"), &json!("it is for another content")));
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "approval_required".into()));
    assert_eq!(code(&cy.post(&at(&id, "approve"), json!({ "hash": stale })).await), (409, "other_content".into()));
    assert_eq!(code(&approve(&di, &id).await), (403, "forbidden".into()), "whoever edited it does not consent to it");
    assert_eq!(approve(&cy, &id).await.status, 200);

    // What it refers to is another one: so is what would be served.
    let variants = json!({ "description": "moved" });
    assert_eq!(bo.patch(&format!("{P}/flags/checkout"), variants).await.status, 200);
    let told = cy.get(&at(&id, "")).await.body;
    assert_eq!(told["moved"], json!([{ "kind": "flag", "key": "checkout" }]));
    assert_eq!(cy.get(&format!("{P}/change-requests")).await.body["items"][0]["moved"], told["moved"]);
    assert_eq!(told["approvals"][0]["void"], "what it is based on was changed since");
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "rebase_needed".into()));
    assert_eq!(code(&approve(&cy, &id).await), (409, "rebase_needed".into()));
    let rebased = bo.post(&at(&id, "rebase"), json!({})).await;
    assert_eq!((rebased.status, &rebased.body["moved"]), (200, &json!([])), "{}", rebased.body);
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "approval_required".into()));
    assert_eq!(approve(&cy, &id).await.status, 200);

    let rev = app.rev().await;
    let applied = act(&bo, &id, "apply").await;
    assert_eq!((applied.status, applied.body["state"].as_str()), (200, Some("applied")), "{}", applied.body);
    assert_eq!(applied.body["outcome"]["revision"], rev + 1);
    assert_eq!(app.rev().await, rev + 1, "one commit for the change and the end of its request");
    assert!(is_on(&app).await);
    let entry = app.owner.get(&format!("{P}/history/{}", rev + 1)).await.body;
    assert_eq!((&entry["action"], &entry["reason"]), (&json!("change_request.apply"), &json!("Für alle")));
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "change_request_stage".into()));

    // A kill is never held up; undoing the change is held up like any other.
    assert_eq!(bo.patch(PRODUCTION, json!({ "on": false })).await.status, 200);
    let undo = format!("{P}/history/{}/undo", rev + 2);
    assert_eq!(code(&bo.send("POST", &undo, None).await), (409, "approval_required".into()));
}

async fn rejected_withdrawn_and_said(app: Arc<TestApp>) {
    let World { bo, cy, di, .. } = world(&app).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    act(&bo, &id, "submit").await;
    assert_eq!(approve(&cy, &id).await.status, 200);
    assert_eq!(cy.post(&at(&id, "reject"), json!({})).await.status, 422, "a rejection says why");
    let rejected = cy.post(&at(&id, "reject"), json!({ "comment": "too early" })).await;
    assert_eq!((rejected.body["state"].as_str(), &rejected.body["approvals"]), (Some("rejected"), &json!([])));
    assert_eq!(rejected.body["comments"][0]["remark"], "rejection");
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "change_request_stage".into()));
    assert_eq!(di.post(&at(&id, "comments"), json!({ "text": "I agree" })).await.status, 200);
    let renamed = bo.patch(&at(&id, ""), json!({ "title": "Later", "description": "As\nagreed." })).await;
    assert_eq!(
        (renamed.body["title"].as_str(), renamed.body["description"].as_str()),
        (Some("Later"), Some("As\nagreed."))
    );
    assert_eq!(act(&bo, &id, "submit").await.body["state"], "open");
    assert_eq!(code(&act(&cy, &id, "withdraw").await), (403, "forbidden".into()));
    assert_eq!(act(&bo, &id, "withdraw").await.body["state"], "withdrawn");
    for verb in ["submit", "apply", "withdraw"] {
        assert_eq!(act(&bo, &id, verb).await.status, 409, "{verb}");
    }
    assert_eq!(drafting(&bo, &id).patch(PRODUCTION, json!({ "on": true })).await.status, 409);
    let list = |query: &str| {
        let path = format!("{P}/change-requests?{query}");
        let bo = bo.clone();
        async move { bo.get(&path).await.body["total"].clone() }
    };
    assert_eq!((list("unfinished=true").await, list("").await), (json!(0), json!(1)));
    assert_eq!(list("state=withdrawn").await, json!(1));
    // What is so already is not worth a request.
    let nothing = drafting(&bo, "new").patch(&format!("{P}/flags/checkout"), json!({ "name": "checkout" })).await;
    assert_eq!(code(&nothing), (409, "nothing_to_draft".into()), "{}", nothing.body);
}

async fn a_base_that_moved_is_merged(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let emergency =
        app.owner.with_header("x-yardarm-bypass", "true").with_header("x-yardarm-reason", "the shop is down");
    let id = draft(&bo, PRODUCTION, json!({ "on": true, "default": { "variant": "off" } })).await;
    act(&bo, &id, "submit").await;
    approve(&cy, &id).await;
    // Another member of the same document: merged without a question.
    let target = json!({ "targets": [{ "variant": "on", "keys": ["u1"] }] });
    let moved = emergency.patch(PRODUCTION, target).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(bo.post(&at(&id, "rebase"), json!({})).await.status, 200);
    assert_eq!(approve(&cy, &id).await.status, 200);
    // The same member: somebody has to choose.
    let rollout = json!({ "default": { "rollout": { "variant": "on", "percent": 10 } } });
    assert_eq!(emergency.patch(PRODUCTION, rollout).await.status, 200);
    let asked = bo.get(&at(&id, "")).await.body["conflicts"].clone();
    assert_eq!(asked[0]["pointer"], "/default", "{asked:#}");
    assert_eq!(asked[0]["request"], json!({ "variant": "off" }));
    let refused = bo.post(&at(&id, "rebase"), json!({})).await;
    assert_eq!(code(&refused), (409, "merge_conflict".into()), "{}", refused.body);
    assert_eq!(refused.body["conflicts"], asked);
    let choose = |pointer: &str, take: &str| json!({ "choices": [{ "kind": "configuration", "key": "production/checkout", "pointer": pointer, "take": take }] });
    for (choice, pointer) in [(choose("/on", "request"), "/choices/0"), (choose("/default", "mine"), "/choices/0")] {
        let refused = bo.post(&at(&id, "rebase"), choice).await;
        assert_eq!((refused.status, refused.problems()[0].0.as_str()), (422, pointer), "{}", refused.body);
    }
    let merged = bo.post(&at(&id, "rebase"), choose("/default", "request")).await;
    assert_eq!((merged.status, &merged.body["moved"]), (200, &json!([])), "{}", merged.body);
    assert_eq!(approve(&cy, &id).await.status, 200);
    assert_eq!(act(&bo, &id, "apply").await.status, 200);
    let now = app.owner.get(PRODUCTION).await.body;
    assert_eq!((&now["on"], &now["default"]), (&json!(true), &json!({ "variant": "off" })), "{now}");
    assert_eq!(now["targets"][0]["keys"], json!(["u1"]), "what the other side changed is there, too");
}

async fn lists_are_merged_key_by_key(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let lists = format!("{P}/segments/beta/lists");
    let keys: Vec<String> = (0..3_000).map(|n| format!("user-{n}")).collect();
    let segment = json!({ "key": "beta", "name": "Beta", "included": keys });
    assert_eq!(app.owner.post(&format!("{P}/segments"), segment).await.status, 201);
    let rule = json!({ "rules": [{ "if": { "segment": "beta" }, "serve": { "variant": "on" } }], "on": true });
    let emergency = app.owner.with_header("x-yardarm-bypass", "true").with_header("x-yardarm-reason", "now");
    assert_eq!(emergency.patch(PRODUCTION, rule).await.status, 200);
    // The segment decides in production, so its lists are protected, too.
    let edit = json!({ "included": { "add": ["new-1"], "remove": ["user-7"] } });
    assert_eq!(code(&bo.patch(&lists, edit.clone()).await), (409, "approval_required".into()));
    let id = draft(&bo, &lists, edit).await;
    act(&bo, &id, "submit").await;
    approve(&cy, &id).await;
    let other = json!({ "included": { "add": ["other-1", "other-2"], "remove": ["user-8"] } });
    assert_eq!(emergency.patch(&lists, other).await.status, 200);
    let refused = act(&bo, &id, "apply").await;
    assert!(refused.status == 409, "{}", refused.body);
    bo.post(&at(&id, "rebase"), json!({})).await;
    approve(&cy, &id).await;
    let applied = act(&bo, &id, "apply").await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let segment = app.owner.get(&format!("{P}/segments/beta")).await.body;
    assert_eq!(segment["included_count"], 3_000 + 1 - 1 + 2 - 1, "{segment}");
}

async fn policies_are_asked_when_it_is_applied(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    act(&bo, &id, "submit").await;
    approve(&cy, &id).await;
    let frozen = json!({ "freeze": [{ "name": "Stocktaking", "from": "2025-12-31T00:00", "until": "2026-01-02T00:00",
        "time_zone": "Europe/Berlin" }] });
    policy(&app, "frozen", frozen).await;
    let refused = act(&bo, &id, "apply").await;
    assert_eq!(code(&refused), (409, "policy_violation".into()), "{}", refused.body);
    assert_eq!(refused.problems()[0].1, "policy_freeze");
    assert!(!is_on(&app).await);
    assert!(refused.body["verdict"]["violations"][0]["clears_at"].is_i64(), "{}", refused.body);
    app.advance(2 * 24 * 3_600 * 1_000);
    // Sessions of people end by then or not; the owner's token applies what was approved.
    let applied = app.owner.send("POST", &at(&id, "apply"), None).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
}

async fn an_emergency_shouts(app: Arc<TestApp>) {
    let World { bo, .. } = world(&app).await;
    let on = || json!({ "on": true });
    let bypass = app.owner.with_header("x-yardarm-bypass", "true");
    assert_eq!(code(&bypass.patch(PRODUCTION, on()).await), (422, "reason_required".into()));
    let empty = bypass.with_header("x-yardarm-reason", "%20%20");
    assert_eq!(code(&empty.patch(PRODUCTION, on()).await), (422, "reason_required".into()));
    let because = bypass.with_header("x-yardarm-reason", "fire");
    let both = because.with_header("x-yardarm-change-request", "new");
    assert_eq!(code(&both.patch(PRODUCTION, on()).await), (400, "two_ways".into()));
    let editor = bo.with_header("x-yardarm-bypass", "true").with_header("x-yardarm-reason", "fire");
    assert_eq!(code(&editor.patch(PRODUCTION, on()).await), (403, "forbidden".into()));
    assert!(!is_on(&app).await);
    // Where nothing is held up there is nothing to shout about.
    assert_eq!(because.patch(STAGING, on()).await.status, 200);
    assert_eq!(actions(&app).await[0], "configuration.update");
    assert_eq!(because.patch(PRODUCTION, on()).await.status, 200);
    assert!(is_on(&app).await);
    let found = app.owner.get("/api/v1/audit?action=change_request.bypass").await.body;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found:#}");
    let entry = app.owner.get(&format!("{P}/history/{}", app.rev().await)).await.body;
    let marker = entry["documents"].as_array().unwrap().iter().find(|d| d["kind"] == "bypass").unwrap().clone();
    assert_eq!(marker["after"]["action"], "configuration.update", "{marker}");
    assert_eq!(
        (&marker["after"]["reason"], &marker["after"]["approvals_missing"][0]["policy"]),
        (&json!("fire"), &json!("production"))
    );
    app.app.flush_refusals().await;
    let told = app.owner.get("/api/v1/security-log?limit=100&code=bypass").await.body;
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1), "{told:#}");
    // It is undone like any other change, with what it needs.
    let undo = format!("{P}/history/{}/undo", app.rev().await);
    assert_eq!(because.send("POST", &undo, None).await.status, 200);
    assert!(!is_on(&app).await);
}

async fn weakening_a_policy_is_held_up_by_it(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let revert = json!({ "kind": "policy", "key": "production", "rev": 1 });
    let held = app.owner.post(&format!("{P}/revert"), revert).await;
    assert_eq!(code(&held), (409, "approval_required".into()), "{}", held.body);
    // Turning the mark of production off would be a way round, too.
    let unmark = json!({ "production": false });
    let held = app.owner.patch(&format!("{P}/environments/production"), unmark.clone()).await;
    assert_eq!(code(&held), (409, "approval_required".into()), "{}", held.body);
    let drafted = drafting(&app.owner, "new").patch(&format!("{P}/environments/production"), unmark).await;
    assert_eq!(drafted.status, 202, "{}", drafted.body);
    let id = drafted.body["change_request"]["id"].as_str().unwrap().to_owned();
    act(&app.owner, &id, "submit").await;
    assert_eq!(approve(&cy, &id).await.status, 200);
    assert_eq!(code(&act(&bo, &id, "apply").await), (403, "forbidden".into()), "an editor manages no environments");
    assert_eq!(act(&app.owner, &id, "apply").await.status, 200);
    assert_eq!(bo.patch(PRODUCTION, json!({ "on": true })).await.status, 200);
}

yardarm_testkit::on_both_stores![
    what_is_approved_is_what_is_applied,
    rejected_withdrawn_and_said,
    a_base_that_moved_is_merged,
    lists_are_merged_key_by_key,
    policies_are_asked_when_it_is_applied,
    an_emergency_shouts,
    weakening_a_policy_is_held_up_by_it,
];
