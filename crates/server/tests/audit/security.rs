//! The security log: what was refused, to whom it is told, and that a flood fills nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, OWNER_EMAIL, OWNER_PASSWORD, TestApp};

async fn told(client: &Client, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/v1/security-log?limit=500&{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"].as_array().unwrap().clone()
}

async fn refusals_are_told_to_whom_they_concern(app: Arc<TestApp>) {
    let viewer = app.with_role("viewer").await;
    for _ in 0..20 {
        assert_eq!(viewer.post("/api/v1/projects/shop/flags", json!({ "key": "x" })).await.status, 403);
    }
    assert_eq!(viewer.get("/api/v1/projects/nowhere/flags").await.status, 404);
    let wrong = json!({ "email": OWNER_EMAIL, "password": "not this one" });
    assert_eq!(app.anonymous().post("/api/v1/session", wrong).await.status, 401);
    let nobody = json!({ "email": "nobody@example.com", "password": "not this one" });
    assert_eq!(app.anonymous().post("/api/v1/session", nobody).await.status, 401);
    let bad = app.anonymous().with_header("authorization", "Bearer yd_pat_nonsense");
    assert_eq!(bad.get("/api/v1/projects").await.status, 401);
    assert_eq!(bad.get("/sdk/v1/ruleset").await.status, 401);
    let forged = app.browser().await.with_header("sec-fetch-site", "cross-site");
    assert_eq!(forged.post("/api/v1/tokens", json!({ "name": "stolen" })).await.status, 403);
    assert_eq!(app.anonymous().post("/api/v1/session/link", json!({ "token": "used" })).await.status, 409);
    assert_eq!(app.anonymous().get("/nothing/here").await.status, 404);
    assert!(told(&app.owner, "").await.is_empty(), "nothing is written while somebody waits for an answer");
    app.app.flush_refusals().await;

    let of =
        |items: &[Value], code: &str| -> Vec<Value> { items.iter().filter(|i| i["code"] == code).cloned().collect() };
    let own = told(&app.owner, "").await;
    let forbidden = of(&own, "forbidden");
    assert_eq!(forbidden.len(), 1, "twenty that are alike are one row: {own:#?}");
    assert_eq!((&forbidden[0]["count"], &forbidden[0]["status"]), (&json!(20), &json!(403)));
    assert_eq!(forbidden[0]["route"], "POST /api/v1/projects/{project}/flags");
    assert_eq!(forbidden[0]["source"], "127.0.0.1");
    assert!(forbidden[0]["actor"].as_str().unwrap().starts_with("user:usr_"));
    assert_eq!(forbidden[0]["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(of(&own, "not_found").len(), 1);
    assert_eq!(of(&own, "sign_in_failed").len(), 1, "of somebody who is in this tenant");
    assert!(of(&own, "unauthorized").is_empty() && of(&own, "link_used").is_empty());

    let nobodys = told(&app.owner, "installation=true").await;
    assert_eq!(of(&nobodys, "sign_in_failed").len(), 1, "of nobody that is known");
    let routes: Vec<&str> = nobodys.iter().filter_map(|item| item["route"].as_str()).collect();
    for route in ["GET /api/v1/projects", "GET /sdk/v1/ruleset", "POST /api/v1/session/link", "POST /api/v1/tokens"] {
        assert!(routes.contains(&route), "{route} is not in {routes:?}");
    }
    assert!(!routes.iter().any(|route| route.contains("nothing")), "strangers' noise is not told");
    let everything = format!("{own:?}{nobodys:?}");
    for secret in ["not this one", "nobody@example.com", "yd_pat_nonsense"] {
        assert!(!everything.contains(secret), "{secret} is in the security log");
    }

    assert_eq!(told(&app.owner, "code=forbidden&source=127.0.0.1").await.len(), 1);
    assert!(told(&app.owner, "code=forbidden&source=10.0.0.1").await.is_empty());
    let page = app.owner.get("/api/v1/security-log?limit=1").await;
    let next = page.body["next"].as_str().unwrap();
    let rest = told(&app.owner, &format!("cursor={next}")).await;
    assert_eq!(rest.len() + 1, own.len());
    assert!(!rest.contains(&page.body["items"][0]));

    // Another tenant hears nothing of it, and who runs no installation nothing of nobody's.
    let other = app.second_tenant("other").await;
    assert!(told(&other, "").await.is_empty());
    let admin = app.with_role("admin").await;
    assert_eq!(admin.get("/api/v1/security-log").await.status, 200);
    assert_eq!(admin.get("/api/v1/security-log?installation=true").await.status, 403, "the token holds less");
    assert_eq!(app.with_role("editor").await.get("/api/v1/security-log").await.status, 403);
}

/// What is asked of another tenant than the open one is told to that one, and taken from its budget.
async fn a_refusal_is_told_to_the_tenant_that_was_asked(app: Arc<TestApp>) {
    let other = app.second_tenant("other").await;
    app.second_tenant("third").await;
    let invited = |by: &Client| {
        let by = by.clone();
        async move {
            let invitation = json!({ "email": "bea@example.com", "roles": ["viewer"] });
            by.post("/api/v1/invitations", invitation).await.text("token")
        }
    };
    let body = json!({ "token": invited(&app.owner).await, "name": "Bea", "password": OWNER_PASSWORD });
    assert_eq!(app.anonymous().post("/api/v1/invitations/accept", body).await.status, 201);
    let session = json!({ "email": "bea@example.com", "password": OWNER_PASSWORD });
    let bea = app.anonymous().post("/api/v1/session", session).await;
    let bea = app.anonymous().with_cookie(&bea.cookie());
    let joined = bea.post("/api/v1/invitations/join", json!({ "token": invited(&other).await })).await;
    assert!(joined.status < 300, "{}", joined.body);
    let opened = bea.post("/api/v1/session/tenant", json!({ "tenant": "acme" })).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let bea = app.anonymous().with_cookie(&opened.cookie());

    let rename = || json!({ "name": "Renamed" });
    assert_eq!(bea.patch("/api/v1/tenants/other", rename()).await.status, 403);
    assert_eq!(bea.patch("/api/v1/tenants/third", rename()).await.status, 404);
    app.app.flush_refusals().await;
    let codes = async |client: &Client| -> Vec<Value> {
        told(client, "").await.iter().map(|told| json!([told["code"], told["route"]])).collect()
    };
    let route = "PATCH /api/v1/tenants/{tenant}";
    assert_eq!(codes(&other).await, [json!(["forbidden", route])]);
    // The third is missing for whoever is not in it, and its people hear of nobody.
    assert_eq!(codes(&app.owner).await, [json!(["not_found", route])]);
}

yardarm_testkit::on_both_stores![
    a_refusal_is_told_to_the_tenant_that_was_asked,
    refusals_are_told_to_whom_they_concern,
];
