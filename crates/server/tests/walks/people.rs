//! People from an invitation to leaving, each call once.

use serde_json::{Value, json};
use yardarm_testkit::{Client, TestApp};

/// Every route about people, with success.
pub(crate) async fn walk(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    let mut walk = Walk { client: app.owner.clone(), seen: Vec::new() };
    let grants =
        json!([{ "permissions": ["configuration.update"], "projects": ["shop"], "environments": ["staging"] }]);
    walk.get("/permissions", &[]).await;
    walk.send(
        "POST",
        "/roles",
        &[],
        json!({ "key": "staging", "name": "Staging", "description": "", "grants": grants }),
    )
    .await;
    walk.send(
        "PATCH",
        "/roles/{role}",
        &["staging"],
        json!({ "name": "Staging only", "description": "x", "grants": grants }),
    )
    .await;
    walk.get("/roles/{role}", &["staging"]).await;
    walk.get("/roles", &[]).await;
    let group = json!({ "key": "team", "name": "Team", "description": "", "roles": ["staging"] });
    walk.send("POST", "/groups", &[], group).await;
    let invitation = walk
        .send("POST", "/invitations", &[], json!({ "email": "walk@example.com", "roles": [], "groups": ["team"] }))
        .await;
    let id = invitation["id"].as_str().unwrap();
    walk.get("/invitations", &[]).await;
    let again = walk.send("POST", "/invitations/{invitation}/again", &[id], Value::Null).await;
    let other = walk.send("POST", "/invitations", &[], json!({ "email": "no@example.com" })).await;
    walk.send("DELETE", "/invitations/{invitation}", &[other["id"].as_str().unwrap()], Value::Null).await;
    walk.client = app.anonymous();
    walk.send("POST", "/invitations/look", &[], json!({ "token": again["token"] })).await;
    let password = "a sentence nobody guesses";
    let body = json!({ "token": again["token"], "name": "Walker", "password": password });
    walk.send("POST", "/invitations/accept", &[], body).await;
    let sign_in = json!({ "email": "walk@example.com", "password": password });
    let session = app.anonymous().post("/api/v1/session", sign_in).await;
    let user = session.body["user"]["id"].as_str().unwrap();
    let elsewhere = app.second_tenant("elsewhere").await;
    let invited = elsewhere.post("/api/v1/invitations", json!({ "email": "walk@example.com" })).await;
    walk.client = app.anonymous().with_cookie(&session.cookie());
    walk.send("POST", "/invitations/join", &[], json!({ "token": invited.body["token"] })).await;
    walk.client = app.owner.clone();
    walk.get("/members/{member}", &[user]).await;
    walk.send("PATCH", "/members/{member}", &[user], json!({ "roles": ["viewer"], "groups": [] })).await;
    walk.send("PATCH", "/groups/{group}/members", &["team"], json!({ "add": [user], "remove": [] })).await;
    walk.send("PATCH", "/groups/{group}", &["team"], json!({ "name": "A", "description": "b", "roles": [] })).await;
    walk.get("/groups/{group}", &["team"]).await;
    walk.get("/groups", &[]).await;
    walk.send("DELETE", "/members/{member}", &[user], Value::Null).await;
    walk.send("DELETE", "/groups/{group}", &["team"], Value::Null).await;
    walk.send("DELETE", "/roles/{role}", &["staging"], Value::Null).await;
    let account = json!({ "name": "CI", "description": "Builds", "roles": ["viewer"] });
    let account = walk.send("POST", "/service-accounts", &[], account).await;
    let id = account["id"].as_str().unwrap();
    let change = json!({ "name": "CD", "description": "Deploys", "roles": ["editor"] });
    walk.send("PATCH", "/service-accounts/{service_account}", &[id], change).await;
    walk.get("/service-accounts/{service_account}", &[id]).await;
    walk.get("/service-accounts", &[]).await;
    let token = json!({ "name": "t", "service_account": id,
        "grants": [{ "permissions": ["flag.create"], "projects": "*", "environments": "*" }] });
    let token = app.owner.post("/api/v1/tokens", token).await;
    assert_eq!(token.status, 201, "{}", token.body);
    walk.send("DELETE", "/service-accounts/{service_account}", &[id], Value::Null).await;
    let key = json!({ "name": "old", "environment": "production", "audience": "server" });
    let key = app.owner.post("/api/v1/projects/shop/keys", key).await.text("id");
    let rotate = "/projects/{project}/keys/{key}/rotate";
    walk.send("POST", rotate, &["shop", &key], json!({ "overlap_seconds": 60 })).await;
    walk.seen
}

struct Walk {
    client: Client,
    seen: Vec<(&'static str, &'static str)>,
}

impl Walk {
    async fn get(&mut self, template: &'static str, names: &[&str]) {
        self.send("GET", template, names, Value::Null).await;
    }

    async fn send(&mut self, method: &'static str, template: &'static str, names: &[&str], body: Value) -> Value {
        let template: &'static str = format!("/api/v1{template}").leak();
        let mut path = String::new();
        let mut names = names.iter();
        for part in template.split('/').skip(1) {
            path.push('/');
            path.push_str(if part.starts_with('{') { names.next().unwrap() } else { part });
        }
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = self.client.send(method, &path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
        self.seen.push((method, template));
        reply.body
    }
}
