//! A shop whose production is protected, and the people in it.

use serde_json::{Value, json};
use yardarm_testkit::{Client, Reply, TestApp};

pub(crate) const P: &str = "/api/v1/projects/shop";
pub(crate) const PRODUCTION: &str = "/api/v1/projects/shop/flags/checkout/environments/production";
pub(crate) const STAGING: &str = "/api/v1/projects/shop/flags/checkout/environments/staging";
const PASSWORD: &str = "a sentence nobody guesses";

/// Who is there: all of them in browsers of their own.
pub(crate) struct World {
    /// Editor.
    pub(crate) bo: Client,
    /// Editor.
    pub(crate) cy: Client,
    pub(crate) cy_id: String,
    /// Editor.
    pub(crate) di: Client,
}

pub(crate) fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.body["code"].as_str().unwrap_or_default().to_owned())
}

/// Somebody new with these roles, in a browser; their id.
pub(crate) async fn person(app: &TestApp, email: &str, roles: &[&str]) -> (Client, String) {
    let invitation = app.owner.post("/api/v1/invitations", json!({ "email": email, "roles": roles })).await;
    assert_eq!(invitation.status, 201, "{}", invitation.body);
    let body = json!({ "token": invitation.text("token"), "name": email, "password": PASSWORD });
    let accepted = app.anonymous().post("/api/v1/invitations/accept", body).await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    let answer = app.anonymous().post("/api/v1/session", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.body["user"]["id"].as_str().unwrap().to_owned();
    (app.anonymous().with_cookie(&answer.cookie()), id)
}

/// Makes a policy, in place of one that is there.
pub(crate) async fn policy(app: &TestApp, key: &str, rules: Value) {
    let emergency = app.owner.with_header("x-yardarm-bypass", "true").with_header("x-yardarm-reason", "tests");
    let gone = emergency.delete(&format!("{P}/policies/{key}")).await;
    assert!(matches!(gone.status, 204 | 404), "{}", gone.body);
    let mut body = json!({ "key": key, "name": key });
    body.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
    let made = app.owner.post(&format!("{P}/policies"), body).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

/// A flag, three editors, and production protected by one approval.
pub(crate) async fn world(app: &TestApp) -> World {
    app.flag("checkout").await;
    let (bo, _) = person(app, "bo@example.com", &["editor"]).await;
    let (cy, cy_id) = person(app, "cy@example.com", &["editor"]).await;
    let (di, _) = person(app, "di@example.com", &["editor"]).await;
    policy(app, "production", json!({ "approvals": { "required": 1 } })).await;
    World { bo, cy, cy_id, di }
}

pub(crate) fn drafting(client: &Client, into: &str) -> Client {
    client.with_header("x-yardarm-change-request", into)
}

/// Puts a change into a new change request; its id.
pub(crate) async fn draft(client: &Client, path: &str, body: Value) -> String {
    let drafted = drafting(client, "new").patch(path, body).await;
    assert_eq!(drafted.status, 202, "{}", drafted.body);
    drafted.body["change_request"]["id"].as_str().unwrap().to_owned()
}

pub(crate) fn at(id: &str, verb: &str) -> String {
    if verb.is_empty() { format!("{P}/change-requests/{id}") } else { format!("{P}/change-requests/{id}/{verb}") }
}

/// Does something to a request that takes no body.
pub(crate) async fn act(client: &Client, id: &str, verb: &str) -> Reply {
    client.send("POST", &at(id, verb), None).await
}

pub(crate) async fn hash(client: &Client, id: &str) -> String {
    client.get(&at(id, "")).await.text("hash")
}

/// Approves what is there now.
pub(crate) async fn approve(client: &Client, id: &str) -> Reply {
    let hash = hash(client, id).await;
    client.post(&at(id, "approve"), json!({ "hash": hash })).await
}

/// Actions in the project's history, newest first.
pub(crate) async fn actions(app: &TestApp) -> Vec<String> {
    let history = app.owner.get(&format!("{P}/history?limit=100")).await;
    let items = history.body["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["action"].as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn is_on(app: &TestApp) -> bool {
    app.owner.get(PRODUCTION).await.body["on"] == true
}
