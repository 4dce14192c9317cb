//! Ways round, each refused and without a trace.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, TestApp};

use crate::world::*;

async fn another_tenant_finds_nothing(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    act(&bo, &id, "submit").await;
    let hash = hash(&cy, &id).await;
    let stranger = app.second_tenant("other").await;
    let made = stranger.post("/api/v1/projects", json!({ "key": "shop", "name": "Their shop" })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let bodies = [
        ("GET", "", None),
        ("PATCH", "", Some(json!({ "title": "mine" }))),
        ("POST", "submit", None),
        ("POST", "approve", Some(json!({ "hash": hash }))),
        ("POST", "reject", Some(json!({ "comment": "no" }))),
        ("POST", "withdraw", None),
        ("POST", "rebase", Some(json!({}))),
        ("PUT", "schedule", Some(json!({ "at": "2026-06-01T12:00", "zone": "UTC" }))),
        ("DELETE", "schedule", None),
        ("POST", "apply", None),
        ("POST", "comments", Some(json!({ "text": "hello" }))),
    ];
    let rev = app.rev().await;
    for (method, verb, body) in bodies {
        let bytes = || body.as_ref().map(|body| body.to_string().into_bytes());
        let mut theirs = stranger.send(method, &at(&id, verb), bytes()).await;
        let mut nobodys = stranger.send(method, &at("chr_gone", verb), bytes()).await;
        theirs.body["trace_id"] = Value::Null;
        nobodys.body["trace_id"] = Value::Null;
        assert_eq!((theirs.status, &theirs.body), (404, &nobodys.body), "{method} {verb}");
    }
    let into = drafting(&stranger, &id).post(&format!("{P}/flags"), json!({ "key": "mine" })).await;
    assert_eq!(into.status, 404, "{}", into.body);
    assert_eq!(app.rev().await, rev);
}

async fn a_program_is_not_a_second_pair_of_eyes(app: Arc<TestApp>) {
    let World { cy, .. } = world(&app).await;
    let (ad, _) = person(&app, "ad@example.com", &["admin"]).await;
    let account = json!({ "name": "CI", "roles": ["editor"] });
    let account = ad.post("/api/v1/service-accounts", account).await.text("id");
    let token = ad.post("/api/v1/tokens", json!({ "name": "ci", "service_account": account })).await;
    assert_eq!(token.status, 201, "{}", token.body);
    let ci = app.with_token(&token.text("token"));
    // Their own, approved by a program of theirs.
    let id = draft(&ad, PRODUCTION, json!({ "on": true })).await;
    act(&ad, &id, "submit").await;
    assert_eq!(code(&approve(&ci, &id).await), (403, "forbidden".into()));
    // With another token of theirs.
    let second = ad.post("/api/v1/tokens", json!({ "name": "second" })).await;
    assert_eq!(code(&approve(&app.with_token(&second.text("token")), &id).await), (403, "forbidden".into()));
    // Asked for with a token that the program made for itself, approved by whoever is behind the program.
    let own = ci.post("/api/v1/tokens", json!({ "name": "own" })).await;
    assert_eq!(own.status, 201, "{}", own.body);
    let id = draft(&app.with_token(&own.text("token")), PRODUCTION, json!({ "on": true })).await;
    act(&ci, &id, "submit").await;
    assert_eq!(code(&approve(&ad, &id).await), (403, "forbidden".into()));
    // Asked for by the program, approved by whoever made its token.
    let id = draft(&ci, PRODUCTION, json!({ "on": true })).await;
    act(&ci, &id, "submit").await;
    assert_eq!(code(&approve(&ad, &id).await), (403, "forbidden".into()));
    assert_eq!(approve(&cy, &id).await.status, 200);
    assert_eq!(act(&ci, &id, "apply").await.status, 200);
}

async fn rights_are_those_of_the_route_and_of_the_content(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let viewer = app.with_role("viewer").await;
    let refused = drafting(&viewer, "new").patch(PRODUCTION, json!({ "on": true })).await;
    assert_eq!(code(&refused), (403, "forbidden".into()), "{}", refused.body);
    let of = |permissions: Value, environments: Value| {
        json!([
            { "permissions": ["project.read"], "projects": ["shop"], "environments": "*" },
            { "permissions": permissions, "projects": ["shop"], "environments": environments },
        ])
    };
    let token = async |grants: Value| -> Client {
        let made = app.owner.post("/api/v1/tokens", json!({ "name": "some", "grants": grants })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        app.with_token(&made.text("token"))
    };
    // Asking is a right of its own, in the environments that are touched.
    let asks = token(of(json!(["change_request.create"]), json!(["staging"]))).await;
    assert_eq!(drafting(&asks, "new").patch(PRODUCTION, json!({ "on": true })).await.status, 403);
    let drafted = drafting(&asks, "new").patch(STAGING, json!({ "on": true })).await;
    assert_eq!(drafted.status, 202, "{}", drafted.body);
    assert_eq!(asks.patch(STAGING, json!({ "on": true })).await.status, 403);
    let id = drafted.body["change_request"]["id"].as_str().unwrap().to_owned();
    // By a route about everything, what it touches counts.
    let file = json!({ "format": 1, "flags": [{ "key": "checkout", "name": "Checkout",
        "environments": { "production": { "on": true, "default": { "variant": "on" }, "off_variant": "off" } } }] });
    assert_eq!(drafting(&asks, "new").post(&format!("{P}/apply"), file).await.status, 403);
    // Asked for is not done: applying takes the rights of what is changed.
    act(&asks, &id, "submit").await;
    assert_eq!(code(&act(&asks, &id, "apply").await), (403, "forbidden".into()));
    assert_eq!(act(&bo, &id, "apply").await.status, 200, "nobody has to approve it in staging");
    // Whoever may approve in staging does not approve production.
    let approves = token(of(json!(["change_request.approve"]), json!(["staging"]))).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    act(&bo, &id, "submit").await;
    assert_eq!(code(&approve(&approves, &id).await), (403, "forbidden".into()));
    assert_eq!(approve(&cy, &id).await.status, 200);
}

async fn a_header_that_means_nothing_is_refused(app: Arc<TestApp>) {
    world(&app).await;
    let new = drafting(&app.owner, "new");
    let key = json!({ "name": "k", "environment": "staging", "audience": "server" });
    assert_eq!(code(&new.post(&format!("{P}/keys"), key).await), (400, "way_unknown_here".into()));
    assert_eq!(code(&new.post("/api/v1/tokens", json!({ "name": "t" })).await), (400, "way_unknown_here".into()));
    let because = app.owner.with_header("x-yardarm-reason", "so").with_header("x-yardarm-bypass", "true");
    assert_eq!(code(&because.post("/api/v1/tokens", json!({ "name": "t" })).await), (400, "way_unknown_here".into()));
    for (name, value) in
        [("x-yardarm-change-request", "old"), ("x-yardarm-change-request", ""), ("x-yardarm-bypass", "yes")]
    {
        let refused = app.owner.with_header(name, value).patch(STAGING, json!({ "on": true })).await;
        assert_eq!(refused.status, 400, "{name}: {value} {}", refused.body);
    }
    let nowhere = drafting(&app.owner, "chr_gone").patch(STAGING, json!({ "on": true })).await;
    assert_eq!(nowhere.status, 404);
    // What only reads takes no notice of it.
    assert_eq!(new.get(&format!("{P}/flags")).await.status, 200);
}

/// How many SDK keys tell their hash, anywhere in an answer.
fn keys_with_hash(answer: &Value) -> usize {
    match answer {
        Value::Array(all) => all.iter().map(keys_with_hash).sum(),
        Value::Object(members) => {
            let tells = members.contains_key("audience") && members.contains_key("hash");
            usize::from(tells) + members.values().map(keys_with_hash).sum::<usize>()
        }
        _ => 0,
    }
}

async fn a_request_tells_no_hash_of_a_key(app: Arc<TestApp>) {
    let World { bo, .. } = world(&app).await;
    app.sdk_key("staging", "server").await;
    let removed = drafting(&bo, "new").send("DELETE", &format!("{P}/environments/staging"), None).await;
    assert_eq!(removed.status, 202, "{}", removed.body);
    let id = removed.body["change_request"]["id"].as_str().unwrap().to_owned();
    let rev = app.rev().await;
    let told = bo.get(&format!("{P}/history/{rev}")).await;
    assert!(told.body.to_string().contains("sdk_key"), "it removes the key, too: {}", told.body);
    for path in [format!("{P}/history/{rev}"), at(&id, ""), "/api/v1/audit".to_owned()] {
        let client = if path.ends_with("audit") { &app.owner } else { &bo };
        let told = client.get(&path).await;
        assert_eq!(told.status, 200, "{path}: {}", told.body);
        assert_eq!(keys_with_hash(&told.body), 0, "{path}: {}", told.body);
    }
}

async fn approvers_are_those_whom_the_policy_names(app: Arc<TestApp>) {
    let World { bo, cy, di, .. } = world(&app).await;
    let crew = json!({ "key": "crew", "name": "Crew", "roles": ["editor"] });
    assert_eq!(app.owner.post("/api/v1/groups", crew).await.status, 201);
    policy(&app, "production", json!({ "approvals": { "required": 1, "groups": ["crew"] } })).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    act(&bo, &id, "submit").await;
    assert_eq!(code(&approve(&cy, &id).await), (403, "forbidden".into()));
    let di_id = di.get("/api/v1/session").await.body["user"]["id"].clone();
    let joined = app.owner.patch("/api/v1/groups/crew/members", json!({ "add": [di_id] })).await;
    assert_eq!(joined.status, 200, "{}", joined.body);
    assert_eq!(approve(&di, &id).await.body["state"], "approved");
    let left = app.owner.patch("/api/v1/groups/crew/members", json!({ "remove": [di_id] })).await;
    assert_eq!(left.status, 200, "{}", left.body);
    assert_eq!(bo.get(&at(&id, "")).await.body["state"], "open", "they are in the group no more");
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "approval_required".into()));
    // The author's own counts where the policy says so.
    policy(&app, "production", json!({ "approvals": { "required": 1, "author_may_approve": true } })).await;
    assert_eq!(approve(&bo, &id).await.body["state"], "approved");
}

yardarm_testkit::on_both_stores![
    another_tenant_finds_nothing,
    a_program_is_not_a_second_pair_of_eyes,
    a_request_tells_no_hash_of_a_key,
    rights_are_those_of_the_route_and_of_the_content,
    a_header_that_means_nothing_is_refused,
    approvers_are_those_whom_the_policy_names,
];
