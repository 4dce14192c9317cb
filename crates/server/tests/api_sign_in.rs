//! Setting up, signing in, sessions, tokens, and requests that other sites make browsers send.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_store::{Attribution, Commit, DocumentWrite};
use yardarm_testkit::{OWNER_EMAIL, OWNER_PASSWORD, TestApp};

#[tokio::test]
async fn the_setup_link_works_once() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::start_empty(&format!("sqlite:{}", folder.path().join("y.db").display())).await;
    let visitor = app.anonymous();
    assert_eq!(visitor.get("/api/v1/setup").await.body, json!({ "needed": true }));
    let links = [app.app.setup_link().await.unwrap().unwrap(), app.app.setup_link().await.unwrap().unwrap()];
    let body = |token: &str, password: &str, key: &str| {
        json!({ "token": token, "tenant": { "key": key, "name": "Acme" }, "name": "Ana", "email": format!("Ana@{key}.Example"),
            "password": password })
    };
    let weak = visitor.post("/api/v1/setup", body(&links[0], "short", "acme")).await;
    assert_eq!((weak.status, weak.problems()[0].0.as_str()), (422, "/password"));
    let own = visitor.post("/api/v1/setup", body(&links[0], "ana@acme.example", "acme")).await;
    assert_eq!((own.status, own.problems()[0].1.as_str()), (422, "password_weak"));
    let wrong = visitor.post("/api/v1/setup", body("guess", OWNER_PASSWORD, "acme")).await;
    assert_eq!((wrong.status, wrong.text("code").as_str()), (409, "link_used"));

    // Another link, another person: whoever is first, the second finds an installation that has its owner.
    let (one, two) = tokio::join!(
        visitor.post("/api/v1/setup", body(&links[0], OWNER_PASSWORD, "acme")),
        visitor.post("/api/v1/setup", body(&links[1], OWNER_PASSWORD, "evil")),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.body, two.body);
    let owner = if one.status == 201 { "ANA@acme.example" } else { "ANA@evil.example" };
    assert_eq!(visitor.get("/api/v1/setup").await.body, json!({ "needed": false }));
    for link in &links {
        assert_eq!(visitor.post("/api/v1/setup", body(link, OWNER_PASSWORD, "third")).await.status, 409);
    }
    assert!(app.app.setup_link().await.unwrap().is_none());
    let signed_in = visitor.post("/api/v1/session", json!({ "email": owner, "password": OWNER_PASSWORD })).await;
    assert_eq!((signed_in.status, signed_in.body["role"].as_str()), (200, Some("owner")));
}

async fn sign_in_link_works_once_and_ends(app: Arc<TestApp>) {
    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    assert!(app.app.sign_in_link("nobody@example.com").await.unwrap().is_none());
    let visitor = app.anonymous();
    let first = visitor.post("/api/v1/session/link", json!({ "token": link })).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(visitor.post("/api/v1/session/link", json!({ "token": link })).await.status, 409);
    let late = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    app.advance(25 * 60 * 60 * 1_000);
    assert_eq!(visitor.post("/api/v1/session/link", json!({ "token": late })).await.status, 409);
}

async fn unknown_people_and_wrong_passwords_are_the_same_answer_and_are_counted(app: Arc<TestApp>) {
    let visitor = app.anonymous();
    let mut seen = Vec::new();
    for email in [OWNER_EMAIL, "nobody@example.com"] {
        let mut reply = visitor.post("/api/v1/session", json!({ "email": email, "password": "wrong password" })).await;
        reply.body["trace_id"] = json!(null);
        seen.push((reply.status, reply.body));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((seen[0].0, seen[0].1["code"].as_str()), (401, Some("sign_in_failed")));
    for _ in 0..9 {
        visitor.post("/api/v1/session", json!({ "email": OWNER_EMAIL, "password": "wrong password" })).await;
    }
    let right = json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD });
    let refused = visitor.post("/api/v1/session", right.clone()).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (429, "too_many_attempts"));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 900);
    app.advance(15 * 60 * 1_000);
    assert_eq!(visitor.post("/api/v1/session", right).await.status, 200);
}

async fn sessions_end(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let session = browser.get("/api/v1/session").await;
    assert_eq!(session.body["via"], "session");
    assert_eq!(session.body["tenant"]["key"], "acme");
    assert_eq!(session.body["tenants"][0]["role"], "owner");
    assert_eq!(app.owner.get("/api/v1/session").await.body["via"], "token");
    let out = browser.delete("/api/v1/session").await;
    assert_eq!(out.status, 204);
    assert!(out.cookie().contains("Max-Age=0"));
    assert_eq!(browser.get("/api/v1/session").await.status, 401);

    let browser = app.browser().await;
    app.advance(30 * 24 * 60 * 60 * 1_000);
    assert_eq!(browser.get("/api/v1/session").await.status, 401, "thirty days are over");
}

async fn signing_in_ends_the_session_it_replaces(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let right = json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD });
    let wrong = browser.post("/api/v1/session", json!({ "email": OWNER_EMAIL, "password": "wrong password" })).await;
    assert_eq!((wrong.status, browser.get("/api/v1/session").await.status), (401, 200), "a failure ends nothing");
    let elsewhere = app.browser().await;
    let again = browser.post("/api/v1/session", right).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(browser.get("/api/v1/session").await.status, 401);
    let renewed = app.anonymous().with_cookie(&again.cookie());
    assert_eq!(renewed.get("/api/v1/session").await.status, 200);
    assert_eq!(elsewhere.get("/api/v1/session").await.status, 200, "another browser's is its own");

    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    assert_eq!(renewed.post("/api/v1/session/link", json!({ "token": link })).await.status, 200);
    assert_eq!(renewed.get("/api/v1/session").await.status, 401);
}

async fn cookies_are_taken_from_the_console_only(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let body = json!({ "key": "from-browser" });
    let flags = "/api/v1/projects/shop/flags";
    let elsewhere: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", app.url.as_str())],
    ];
    for headers in elsewhere {
        let mut client = browser.clone();
        for (name, value) in headers {
            client = client.with_header(name, value);
        }
        let reply = client.post(flags, body.clone()).await;
        assert_eq!((reply.status, reply.text("code").as_str()), (403, "cross_site"), "{headers:?}");
        assert_eq!(client.get(flags).await.status, 200, "reading is no change: {headers:?}");
        let mut token = app.owner.clone();
        for (name, value) in headers {
            token = token.with_header(name, value);
        }
        let reply = token.patch("/api/v1/projects/shop", json!({ "name": "Shop" })).await;
        assert_eq!(reply.status, 200, "tokens are not sent by browsers on their own: {headers:?}");
    }
    let text = browser.with_header("content-type", "text/plain");
    assert_eq!(text.post(flags, body.clone()).await.status, 415);
    let visitor = app.anonymous().with_header("sec-fetch-site", "cross-site");
    let sign_in = json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD });
    assert_eq!(visitor.post("/api/v1/session", sign_in).await.status, 403, "nobody is signed in from elsewhere");
    let same = browser.with_header("origin", &app.url);
    assert_eq!(same.post(flags, body).await.status, 201);
}

/// As if another node had done it.
async fn change_role(app: &TestApp, session: &Value, role: &str) {
    let (tenant_id, user_id) = (text(&session["tenant"]["id"]), text(&session["user"]["id"]));
    let store = &app.app.store;
    let attribution = Attribution {
        actor: "system:test".to_owned(),
        actor_name: "test".to_owned(),
        via: "system".to_owned(),
        action: "member.update".to_owned(),
        reason: String::new(),
        trace_id: "0".repeat(32),
        at: app.now(),
    };
    let body = json!({ "name": "Ana", "roles": [role] }).to_string();
    let documents = vec![DocumentWrite { kind: "member".to_owned(), key: user_id, body: Some(body) }];
    store
        .commit(Commit {
            tenant_id: tenant_id.clone(),
            scope_id: tenant_id,
            expected: None,
            attribution,
            documents,
            rows: Vec::new(),
        })
        .await
        .unwrap();
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn a_token_holds_no_more_than_its_maker_does_now(app: Arc<TestApp>) {
    let token = app.owner.post("/api/v1/tokens", json!({ "name": "ci" })).await;
    let client = app.with_token(&token.text("token"));
    let session = client.get("/api/v1/session").await.body;
    assert_eq!(session["role"], "owner");
    let made = client.post("/api/v1/projects", json!({ "key": "first", "name": "First" })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    change_role(&app, &session, "viewer").await;
    assert_eq!(client.get("/api/v1/session").await.body["role"], "viewer");
    let refused = client.post("/api/v1/projects", json!({ "key": "second", "name": "Second" })).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (403, "forbidden"));
}

async fn tokens_hold_what_they_were_given_and_end(app: Arc<TestApp>) {
    let viewer = app.with_role("viewer").await;
    let more = viewer.post("/api/v1/tokens", json!({ "name": "x", "role": "editor" })).await;
    assert_eq!((more.status, more.problems()[0].1.as_str()), (403, "grants_too_much"));
    // Made with a token that is limited, it is limited in the same way.
    let made = viewer.post("/api/v1/tokens", json!({ "name": "x" })).await;
    let session = app.with_token(&made.text("token")).get("/api/v1/session").await;
    assert_eq!(session.body["role"], "viewer", "{}", made.body);
    let empty = json!([
        { "name": "x", "grants": [] },
        { "name": "x", "grants": [{ "permissions": [], "projects": "*", "environments": "*" }] },
        { "name": "x", "grants": [{ "permissions": "*", "projects": "*", "environments": [] }] },
        { "name": "x", "grants": [{ "permissions": ["*"], "projects": "*", "environments": "*" }] },
        { "name": "x", "role": "" },
        { "name": "x", "role": "gone" },
    ]);
    for body in empty.as_array().unwrap() {
        let refused = app.owner.post("/api/v1/tokens", body.clone()).await;
        assert_eq!(refused.status, 422, "an empty or unknown scope is nothing: {body} {}", refused.body);
    }

    let soon = app.now() + 60_000;
    let made = app.owner.post("/api/v1/tokens", json!({ "name": "ci", "expires_at": soon })).await;
    let client = app.with_token(&made.text("token"));
    assert_eq!(client.get("/api/v1/session").await.status, 200);
    app.advance(60_001);
    assert_eq!(client.get("/api/v1/session").await.status, 401);

    // What is made with a token ends with it: by time, and when it is revoked.
    let soon = app.now() + 60_000;
    let found = app.owner.post("/api/v1/tokens", json!({ "name": "found", "expires_at": soon })).await;
    let found = app.with_token(&found.text("token"));
    let later = found.post("/api/v1/tokens", json!({ "name": "later", "expires_at": soon + 1 })).await;
    assert_eq!((later.status, &later.body["errors"][0]["pointer"]), (422, &json!("/expires_at")), "{}", later.body);
    let child = found.post("/api/v1/tokens", json!({ "name": "child" })).await;
    assert_eq!(child.body["expires_at"], soon, "{}", child.body);
    let child = app.with_token(&child.text("token"));
    assert_eq!(child.get("/api/v1/session").await.status, 200);
    app.advance(60_001);
    assert_eq!(child.get("/api/v1/session").await.status, 401);
    let parent = app.owner.post("/api/v1/tokens", json!({ "name": "parent" })).await;
    let with_parent = app.with_token(&parent.text("token"));
    let child = with_parent.post("/api/v1/tokens", json!({ "name": "child", "role": "viewer" })).await;
    let with_child = app.with_token(&child.text("token"));
    let grandchild = with_child.post("/api/v1/tokens", json!({ "name": "grandchild" })).await;
    let with_grandchild = app.with_token(&grandchild.text("token"));
    assert_eq!(with_grandchild.get("/api/v1/session").await.body["role"], "viewer");
    assert_eq!(app.owner.delete(&format!("/api/v1/tokens/{}", parent.text("id"))).await.status, 204);
    for client in [with_parent, with_child, with_grandchild] {
        assert_eq!(client.get("/api/v1/session").await.status, 401);
    }
    // A session that was left open makes none: it would outlive it.
    let browser = app.browser().await;
    assert_eq!(browser.post("/api/v1/tokens", json!({ "name": "from the console" })).await.status, 201);
    app.advance(11 * 60_000);
    let stale = browser.post("/api/v1/tokens", json!({ "name": "stale" })).await;
    assert_eq!((stale.status, stale.text("code").as_str()), (403, "reauthentication_required"), "{}", stale.body);

    let made = app.owner.post("/api/v1/tokens", json!({ "name": "gone" })).await;
    let client = app.with_token(&made.text("token"));
    let revoke = format!("/api/v1/tokens/{}", made.text("id"));
    assert_eq!(app.owner.delete(&revoke).await.status, 204);
    assert_eq!(client.get("/api/v1/session").await.status, 401, "at once");
    assert_eq!(app.owner.delete(&revoke).await.status, 204, "twice is once");
    let list = app.owner.get("/api/v1/tokens?search=gone").await;
    assert!(list.body["items"][0]["revoked_at"].is_i64());
    let text = list.body.to_string();
    assert!(!text.contains(&made.text("token")) && !text.contains("hash"), "{text}");

    let server_key = app.sdk_key("production", "server").await;
    for wrong in [server_key.as_str(), "yd_pat_rubbish", "", "Bearer"] {
        let reply = app.with_token(wrong).get("/api/v1/projects").await;
        assert_eq!(reply.status, 401, "{wrong}");
    }
    assert_eq!(app.anonymous().get("/api/v1/projects").await.status, 401);
}

yardarm_testkit::on_both_stores![
    sign_in_link_works_once_and_ends,
    unknown_people_and_wrong_passwords_are_the_same_answer_and_are_counted,
    sessions_end,
    signing_in_ends_the_session_it_replaces,
    cookies_are_taken_from_the_console_only,
    a_token_holds_no_more_than_its_maker_does_now,
    tokens_hold_what_they_were_given_and_end,
];
