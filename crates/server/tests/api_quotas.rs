//! What a tenant may have, as people and programs see it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, TestApp, on_both_stores};

on_both_stores!(
    one_more_is_refused_and_everything_that_is_there_goes_on,
    of_many_at_the_same_moment_as_many_as_fit_are_made,
    only_operators_give_numbers,
    what_is_revoked_makes_room,
);

const FLAGS: &str = "/api/v1/projects/shop/flags";

async fn give(client: &Client, numbers: Value) {
    let given = client.put("/api/v1/quotas", numbers).await;
    assert_eq!(given.status, 200, "{}", given.body);
}

async fn quota(client: &Client, name: &str) -> Value {
    let list = client.get("/api/v1/quotas").await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["items"].as_array().unwrap().iter().find(|quota| quota["name"] == name).unwrap().clone()
}

async fn one_more_is_refused_and_everything_that_is_there_goes_on(app: Arc<TestApp>) {
    give(&app.owner, json!({ "flags": 5, "environments": 0 })).await;
    for n in 0..5 {
        app.advance(1_000);
        let made = app.owner.post(FLAGS, json!({ "key": format!("f{n}") })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let said = if n < 3 { String::new() } else { format!("flags;used={};limit=5", n + 1) };
        assert_eq!(made.header("x-yardarm-quota"), said);
    }
    let near = app.now() - 1_000;
    let expected = json!({ "name": "flags", "used": 5, "limit": 5, "usual": 50_000, "near": true, "near_since": near });
    assert_eq!(quota(&app.owner, "flags").await, expected);
    let refused = app.owner.post(FLAGS, json!({ "key": "more" })).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (409, "quota_reached"), "{}", refused.body);
    assert_eq!(refused.problems(), [(String::new(), "flags".to_owned())]);
    assert!(refused.text("detail").contains("5 of 5 flags"), "{}", refused.body);
    let more = json!({ "key": "canary", "name": "Canary" });
    assert_eq!(app.owner.post("/api/v1/projects/shop/environments", more).await.status, 409);

    let on = "/api/v1/projects/shop/flags/f0/environments/production";
    for body in [json!({ "on": true }), json!({ "on": false })] {
        assert_eq!(app.owner.patch(on, body).await.status, 200);
    }
    let renamed = app.owner.patch("/api/v1/projects/shop/flags/f0", json!({ "name": "Renamed" })).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let key = app.sdk_key("production", "server").await;
    let found = app.with_token(&key).post("/ofrep/v1/evaluate/flags/f0", json!({})).await;
    assert_eq!(found.status, 200);
    // Another tenant has its own places.
    let other = app.second_tenant("other").await;
    other.post("/api/v1/projects", json!({ "key": "shop", "name": "Shop" })).await;
    assert_eq!(other.post(FLAGS, json!({ "key": "a" })).await.status, 201);
    give(&app.owner, json!({})).await;
    assert_eq!(app.owner.post(FLAGS, json!({ "key": "more" })).await.status, 201);
}

async fn of_many_at_the_same_moment_as_many_as_fit_are_made(app: Arc<TestApp>) {
    let second = app.owner.post("/api/v1/projects", json!({ "key": "app", "name": "App" })).await;
    assert_eq!(second.status, 201, "{}", second.body);
    give(&app.owner, json!({ "flags": 4 })).await;
    let tries: Vec<_> = (0..12)
        .map(|n| {
            let owner = app.owner.clone();
            let path = format!("/api/v1/projects/{}/flags", if n % 2 == 0 { "shop" } else { "app" });
            tokio::spawn(async move { owner.post(&path, json!({ "key": format!("f{n}") })).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in tries {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 4].as_slice(), &[409; 8]].concat());
    assert_eq!(quota(&app.owner, "flags").await["used"], 4);
}

async fn only_operators_give_numbers(app: Arc<TestApp>) {
    for role in ["viewer", "editor", "admin"] {
        let client = app.with_role(role).await;
        assert_eq!(client.get("/api/v1/quotas").await.status, 200);
        assert_eq!(client.put("/api/v1/quotas", json!({ "flags": 1 })).await.status, 403, "{role}");
    }
    for (body, pointer) in
        [(json!({ "flag": 1 }), "/flag"), (json!({ "streams": 1 }), "/streams"), (json!({ "flags": -1 }), "")]
    {
        let refused = app.owner.put("/api/v1/quotas", body).await;
        assert_eq!((refused.status, refused.problems()[0].0.as_str()), (422, pointer), "{}", refused.body);
    }
    let before = app.owner.get("/api/v1/quotas").await;
    give(&app.owner, json!({ "flags": 7 })).await;
    assert_eq!(quota(&app.owner, "flags").await["limit"], 7);
    let late = app.owner.with_header("if-match", before.header("etag"));
    assert_eq!(late.put("/api/v1/quotas", json!({ "flags": 9 })).await.status, 412);
    assert_eq!(quota(&app.owner, "projects").await["used"], 1);
}

async fn what_is_revoked_makes_room(app: Arc<TestApp>) {
    let used = quota(&app.owner, "access_tokens").await["used"].as_u64().unwrap();
    give(&app.owner, json!({ "access_tokens": used + 1 })).await;
    let made = app.owner.post("/api/v1/tokens", json!({ "name": "a" })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(app.owner.post("/api/v1/tokens", json!({ "name": "b" })).await.status, 409);
    app.owner.delete(&format!("/api/v1/tokens/{}", made.text("id"))).await;
    assert_eq!(app.owner.post("/api/v1/tokens", json!({ "name": "b" })).await.status, 201);
}
