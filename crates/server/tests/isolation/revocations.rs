//! A right that was taken away is gone: from the next request, and from streams that are open. On the node where it was
//! taken, and on another one that has only the database in common with it.
//!
//! How long it takes is not asserted: a request is refused at once, and a stream looks again every four seconds
//! (`RECHECK` in `auth/watch.rs`).

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_store::scratch::Scratch;
use yardarm_testkit::{Client, OWNER_PASSWORD, TestApp};

use crate::attacks::to_the_end;

const PROJECT: &str = "/api/v1/projects/shop";

/// Somebody who reads along, and what takes that away.
struct Revoked {
    what: &'static str,
    /// The credential, as headers: it is good on every node.
    reader: Client,
    /// Where it listens.
    streams: &'static [&'static str],
    method: &'static str,
    path: String,
    body: Value,
    /// Who takes it away.
    by: Client,
}

async fn made(client: &Client, path: &str, body: Value) -> Value {
    let reply = client.post(path, body.clone()).await;
    assert_eq!(reply.status, 201, "{path} {body}: {}", reply.body);
    reply.body
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

/// Somebody new, signed in: their browser and id.
async fn person(app: &TestApp, name: &str, given: Value) -> (Client, String) {
    let email = format!("{name}@example.com");
    let mut body = json!({ "email": email });
    body.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    let invitation = made(&app.owner, "/api/v1/invitations", body).await;
    let body = json!({ "token": invitation["token"], "name": name, "password": OWNER_PASSWORD });
    made(&app.anonymous(), "/api/v1/invitations/accept", body).await;
    browser(app, &email).await
}

async fn browser(app: &TestApp, email: &str) -> (Client, String) {
    let body = json!({ "email": email, "password": OWNER_PASSWORD });
    let answer = app.anonymous().post("/api/v1/session", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.body["user"]["id"].as_str().unwrap().to_owned();
    (app.anonymous().with_cookie(&answer.cookie()), id)
}

/// Every way to lose a right.
async fn all(app: &TestApp) -> Vec<Revoked> {
    let owner = &app.owner;
    let console: &[&str] = &["/api/v1/projects/shop/stream"];
    let mut all = Vec::new();
    let mut add = |what, reader: &Client, streams, by: &Client, method, path: String, body| {
        all.push(Revoked { what, reader: reader.clone(), streams, method, path, body, by: by.clone() });
    };

    let (reader, id) = person(app, "lowered", json!({ "roles": ["editor"] })).await;
    add("role lowered", &reader, console, owner, "PATCH", format!("/api/v1/members/{id}"), json!({ "roles": [] }));

    made(owner, "/api/v1/groups", json!({ "key": "readers", "name": "Readers", "roles": ["viewer"] })).await;
    let (reader, id) = person(app, "grouped", json!({ "groups": ["readers"] })).await;
    add(
        "group left",
        &reader,
        console,
        owner,
        "PATCH",
        "/api/v1/groups/readers/members".into(),
        json!({ "remove": [id] }),
    );

    let grants = json!([{ "permissions": ["project.read"], "projects": ["shop"], "environments": "*" }]);
    made(owner, "/api/v1/roles", json!({ "key": "shop", "name": "Shop", "grants": grants })).await;
    let (reader, _) = person(app, "narrowed", json!({ "roles": ["shop"] })).await;
    let nothing = json!([{ "permissions": ["project.read"], "projects": ["other"], "environments": "*" }]);
    add("role narrowed", &reader, console, owner, "PATCH", "/api/v1/roles/shop".into(), json!({ "grants": nothing }));

    let (reader, id) = person(app, "removed", json!({ "roles": ["viewer"] })).await;
    add("membership removed", &reader, console, owner, "DELETE", format!("/api/v1/members/{id}"), Value::Null);

    let (maker, id) = person(app, "maker", json!({ "roles": ["viewer"] })).await;
    let token = made(&maker, "/api/v1/tokens", json!({ "name": "left behind" })).await;
    let reader = app.with_token(&text(&token, "token"));
    add("maker of a token removed", &reader, console, owner, "DELETE", format!("/api/v1/members/{id}"), Value::Null);

    let token = made(owner, "/api/v1/tokens", json!({ "name": "revoked", "role": "viewer" })).await;
    let reader = app.with_token(&text(&token, "token"));
    add(
        "token revoked",
        &reader,
        console,
        owner,
        "DELETE",
        format!("/api/v1/tokens/{}", text(&token, "id")),
        Value::Null,
    );

    let account = made(owner, "/api/v1/service-accounts", json!({ "name": "CI", "roles": ["viewer"] })).await;
    let token = made(owner, "/api/v1/tokens", json!({ "name": "ci", "service_account": account["id"] })).await;
    let reader = app.with_token(&text(&token, "token"));
    let path = format!("/api/v1/service-accounts/{}", text(&account, "id"));
    add("service account removed", &reader, console, owner, "DELETE", path, Value::Null);

    let (reader, _) = person(app, "ended", json!({ "roles": ["viewer"] })).await;
    add("session ended", &reader, console, &reader, "DELETE", "/api/v1/session".into(), Value::Null);

    let (reader, _) = person(app, "elsewhere", json!({ "roles": ["viewer"] })).await;
    let (by, _) = browser(app, "elsewhere@example.com").await;
    add("session ended elsewhere", &reader, console, &by, "DELETE", "/api/v1/account/sessions".into(), Value::Null);

    let (reader, _) = person(app, "changed", json!({ "roles": ["viewer"] })).await;
    let (by, _) = browser(app, "changed@example.com").await;
    let password = json!({ "password": "another fine password" });
    add("password changed", &reader, console, &by, "PUT", "/api/v1/account/password".into(), password);

    let body = json!({ "name": "sdk", "environment": "production", "audience": "server" });
    let key = made(owner, &format!("{PROJECT}/keys"), body).await;
    let reader = app.with_token(&text(&key, "key"));
    let path = format!("{PROJECT}/keys/{}", text(&key, "id"));
    add("SDK key revoked", &reader, &["/sdk/v1/stream", "/ofrep/v1/stream"], owner, "DELETE", path, Value::Null);
    all
}

/// What is asked of each node: its streams beforehand, a refusal afterwards, and the end of the streams.
async fn is_gone(nodes: &[&TestApp], what_there_is: Vec<Revoked>) {
    let mut open = Vec::new();
    for Revoked { what, reader, streams, .. } in &what_there_is {
        for node in nodes {
            for path in *streams {
                let stream = reader.at(&node.url).open("GET", path, None).await;
                assert_eq!(stream.status(), 200, "{what}: {path}");
                open.push((*what, stream));
            }
        }
    }
    for Revoked { what, reader, streams, method, path, body, by } in &what_there_is {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let taken = by.with_header("if-match", "*").send(method, path, body).await;
        assert!((200..300).contains(&taken.status), "{what}: {} {}", taken.status, taken.body);
        for node in nodes {
            let reader = reader.at(&node.url);
            if streams[0].starts_with("/api") {
                let told = reader.get(PROJECT).await.status;
                assert!([401, 403, 404].contains(&told), "{what}: {told} at once");
            }
        }
    }
    // Each ends, however long that takes here; what waits for ever fails by the test's own patience.
    for (what, stream) in open {
        let patience = std::time::Duration::from_mins(2);
        assert!(tokio::time::timeout(patience, to_the_end(stream)).await.is_ok(), "{what}: it goes on");
    }
    for Revoked { what, reader, streams, .. } in &what_there_is {
        for node in nodes {
            let told = reader.at(&node.url).open("GET", streams[0], None).await.status().as_u16();
            assert!([401, 403, 404].contains(&told), "{what}: {told}");
        }
    }
}

async fn what_was_taken_away_is_gone(app: Arc<TestApp>) {
    let all = all(&app).await;
    is_gone(&[&app], all).await;
}

#[tokio::test]
async fn what_was_taken_away_on_one_node_is_gone_on_the_other() {
    let Some(app) = TestApp::start_postgres().await else { return };
    let other = TestApp::start_empty(&app.app.settings.database_url).await;
    let all = all(&app).await;
    // What the other node knows from before is what it must not go by.
    for Revoked { reader, streams, .. } in &all {
        if streams[0].starts_with("/api") {
            assert_eq!(reader.at(&other.url).get(PROJECT).await.status, 200);
        }
    }
    is_gone(&[&app, &other], all).await;
    drop(other);
    app.remove_database().await;
}

/// Nobody takes these away: they end at their time, and what they opened ends then, not before.
async fn what_ends_by_itself_ends_its_streams(app: Arc<TestApp>) {
    const HOUR: i64 = 3_600_000;
    let console = format!("{PROJECT}/stream");
    let in_an_hour = app.now() + HOUR;
    let token = json!({ "name": "brief", "role": "viewer", "expires_at": in_an_hour });
    let token = made(&app.owner, "/api/v1/tokens", token).await;
    let account = made(&app.owner, "/api/v1/service-accounts", json!({ "name": "CI", "roles": ["viewer"] })).await;
    let program = json!({ "name": "ci", "service_account": account["id"], "expires_at": in_an_hour });
    let program = made(&app.owner, "/api/v1/tokens", program).await;
    let body = json!({ "name": "sdk", "environment": "production", "audience": "server" });
    let key = made(&app.owner, &format!("{PROJECT}/keys"), body).await;
    let rotate = format!("{PROJECT}/keys/{}/rotate", text(&key, "id"));
    made(&app.owner, &rotate, json!({ "overlap_seconds": HOUR / 1_000 })).await;
    let key = app.with_token(&text(&key, "key"));
    let brief = [
        ("access token", app.with_token(&text(&token, "token")), console.as_str()),
        ("a program's token", app.with_token(&text(&program, "token")), &console),
        ("SDK key", key.clone(), "/sdk/v1/stream"),
        ("SDK key by OFREP", key, "/ofrep/v1/stream"),
    ];
    end_at_their_time(&app, &brief, HOUR).await;
    // A session lives for thirty days.
    let (browser, _) = person(&app, "signed-in", json!({ "roles": ["viewer"] })).await;
    end_at_their_time(&app, &[("session", browser, console.as_str())], 30 * 24 * HOUR).await;
}

/// Opens these, sees them go on until their time, and end after it.
async fn end_at_their_time(app: &TestApp, brief: &[(&str, Client, &str)], milliseconds: i64) {
    // Longer than it takes until a stream looks again.
    let looks = std::time::Duration::from_secs(6);
    let mut open = Vec::new();
    for (what, reader, path) in brief {
        let stream = reader.open("GET", path, None).await;
        assert_eq!(stream.status(), 200, "{what}");
        open.push((*what, tokio::spawn(to_the_end(stream))));
    }
    app.advance(milliseconds - 1);
    tokio::time::sleep(looks).await;
    for (what, stream) in &open {
        assert!(!stream.is_finished(), "{what}: it ended before its time");
    }
    app.advance(1);
    let over = tokio::time::Instant::now();
    for (what, stream) in open {
        let patience = std::time::Duration::from_mins(2);
        let ended = tokio::time::timeout(patience, stream).await;
        assert!(matches!(ended, Ok(Ok(_))), "{what}: it goes on, or ended otherwise: {ended:?}");
        println!("{what}: {:?} after its end", over.elapsed());
    }
    for (what, reader, path) in brief {
        assert_eq!(reader.open("GET", path, None).await.status(), 401, "{what}");
    }
}

/// Who may when the head of a request comes, and may no more when its body is there, changes nothing.
async fn a_slow_request_does_not_outlive_its_right(app: Arc<TestApp>) {
    for (path, body) in [
        (format!("{PROJECT}/flags"), json!({ "key": "late" })),
        ("/api/v1/groups".to_owned(), json!({ "key": "late", "name": "Late" })),
    ] {
        let token = made(&app.owner, "/api/v1/tokens", json!({ "name": "slow" })).await;
        let late = app.with_token(&text(&token, "token")).begin("POST", &path, &body).await;
        let revoked = app.owner.delete(&format!("/api/v1/tokens/{}", text(&token, "id"))).await;
        assert_eq!(revoked.status, 204);
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        let (status, answer) = late.finish().await;
        assert_eq!(status, 401, "{path}: {answer}");
    }
    assert_eq!(app.owner.get(&format!("{PROJECT}/flags")).await.body["total"], 0);
    assert_eq!(app.owner.get("/api/v1/groups").await.body["total"], 0);
}

yardarm_testkit::on_both_stores![
    what_was_taken_away_is_gone,
    what_ends_by_itself_ends_its_streams,
    a_slow_request_does_not_outlive_its_right,
];

/// Not even a database that does not answer keeps a stream open past the end of its token.
#[tokio::test]
async fn what_ends_while_the_database_is_away_ends_its_streams() {
    let Some(app) = TestApp::start_postgres().await else { return };
    let expires_at = app.now() + 60_000;
    let token = json!({ "name": "brief", "role": "viewer", "expires_at": expires_at });
    let token = made(&app.owner, "/api/v1/tokens", token).await;
    let reader = app.with_token(&text(&token, "token"));
    let stream = reader.open("GET", &format!("{PROJECT}/stream"), None).await;
    assert_eq!(stream.status(), 200);
    let away = Scratch::take_away(&app.app.settings.database_url).await.unwrap();
    let listening = tokio::spawn(to_the_end(stream));
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert!(!listening.is_finished(), "nobody took its right away");
    app.advance(60_000);
    let ended = tokio::time::timeout(std::time::Duration::from_mins(2), listening).await;
    away.give_back().await.unwrap();
    assert!(matches!(ended, Ok(Ok(_))), "it goes on, or ended otherwise: {ended:?}");
    app.remove_database().await;
}
