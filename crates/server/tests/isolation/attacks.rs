//! Attacks that are no matter of one route: rights that were taken away, one verb used as another, tokens where they do not
//! belong, names that are more than names.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, TestApp};

use crate::examples::REQUESTS;
use crate::world::{ACME, MINE, NONE, World};

/// Reads a stream to its end: what was heard, however long it takes.
pub(crate) async fn to_the_end(mut stream: reqwest::Response) -> String {
    let mut heard = String::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        heard += &String::from_utf8_lossy(&chunk);
    }
    heard
}

async fn a_right_taken_away_is_gone_from_tokens_and_open_streams(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let owner = world.caller("owner");
    let project = format!("/api/v1/projects/{}", world.objects[MINE]["project"]);
    let token = owner.post("/api/v1/tokens", json!({ "name": "listens", "role": "viewer" })).await;
    let listener = world.app.with_token(&token.text("token"));
    let stream = listener.open("GET", &format!("{project}/stream"), None).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(owner.delete(&format!("/api/v1/tokens/{}", token.text("id"))).await.status, 204);
    assert_eq!(listener.get(&project).await.status, 401, "at once");
    to_the_end(stream).await;
}

async fn a_session_that_ended_hears_nothing_more(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let browser = world.caller("session");
    let project = format!("/api/v1/projects/{}", world.objects[MINE]["project"]);
    let stream = browser.open("GET", &format!("{project}/stream"), None).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(browser.delete("/api/v1/session").await.status, 204);
    assert_eq!(browser.get(&project).await.status, 401, "at once");
    to_the_end(stream).await;
}

/// Lists, searches and totals count what is one's own.
async fn totals_do_not_count_others(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let (owner, mine) = (world.caller("owner"), &world.objects[MINE]);
    let project = format!("/api/v1/projects/{}", mine["project"]);
    for (path, total) in [
        ("/api/v1/projects".to_owned(), 2),
        ("/api/v1/tenants".to_owned(), 1),
        ("/api/v1/members".to_owned(), 7),
        ("/api/v1/invitations".to_owned(), 2),
        ("/api/v1/groups".to_owned(), 4),
        ("/api/v1/service-accounts".to_owned(), 3),
        ("/api/v1/webhooks".to_owned(), 2),
        ("/api/v1/sso-connections".to_owned(), 2),
        // Two, and one for each change request.
        (format!("{project}/flags"), 2 + REQUESTS.len()),
        (format!("{project}/segments"), 3),
        (format!("{project}/keys"), 1),
    ] {
        assert_eq!(owner.get(&path).await.body["total"], total, "{path}");
        // What is Ana's is found as often as what is nobody's.
        for who in [ACME, NONE] {
            let found = owner.get(&format!("{path}?search={who}")).await;
            assert_eq!(
                (found.status, &found.body["total"], &found.body["items"]),
                (200, &json!(0), &json!([])),
                "{path}"
            );
        }
    }
    let flags = owner.get(&format!("{project}/flags?search=mine&limit=1")).await.body;
    assert_eq!((&flags["total"], flags["items"].as_array().map(Vec::len)), (&json!(2 + REQUESTS.len()), Some(1)));
}

async fn updating_makes_nothing(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let (owner, mine) = (world.caller("owner"), &world.objects[MINE]);
    let owner = owner.with_header("if-match", "*");
    let project = format!("/api/v1/projects/{}", mine["project"]);
    let before = owner.get(&project).await.body["version"].clone();
    for (method, path, body) in [
        ("PATCH", "/flags/new", json!({ "name": "New" })),
        ("PUT", "/flags/new/environments/production", json!({ "on": true })),
        ("PATCH", "/flags/new/environments/production", json!({ "on": true })),
        ("PATCH", "/flags/mine-flag/environments/new", json!({ "on": true })),
        ("PATCH", "/environments/new", json!({ "name": "New" })),
        ("PATCH", "/segments/new", json!({ "name": "New" })),
        ("PATCH", "/segments/new/lists", json!({ "included": { "add": ["u"] } })),
        ("POST", "/flags/new/restore", Value::Null),
        ("POST", "/flags/new/copy", json!({ "from": "production", "to": "mine-live" })),
    ] {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = owner.send(method, &format!("{project}{path}"), body).await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.body);
    }
    // And what is fixed, computed or somebody else's is not written by naming it.
    let (tenant, other) = (&world.objects[ACME]["tenant"], &world.objects[ACME]["project"]);
    for (path, body) in [
        ("/flags/mine-flag", json!({ "archived": true })),
        ("/flags/mine-flag", json!({ "archived_at": 1 })),
        ("/flags/mine-flag", json!({ "key": "mine-other" })),
        ("/flags/mine-flag", json!({ "type": "string" })),
        ("/flags/mine-flag", json!({ "project": other })),
        ("/flags/mine-flag/environments/production", json!({ "archived": true })),
        ("/environments/production", json!({ "key": "mine-other" })),
        ("", json!({ "key": other })),
        ("", json!({ "tenant": tenant })),
    ] {
        let reply = owner.patch(&format!("{project}{path}"), body.clone()).await;
        assert_eq!(reply.status, 422, "{path} {body}: {}", reply.body);
    }
    assert_eq!(owner.get(&project).await.body["version"], before, "nothing was written");
    assert_eq!(owner.get(&format!("{project}/flags/mine-flag")).await.body["archived_at"], Value::Null);
}

async fn a_token_in_the_address_opens_nothing(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let token = &world.app.token;
    let key = world.app.sdk_key("production", "server").await;
    let anybody = world.app.anonymous();
    for parameter in ["access_token", "token", "authorization", "key", "api_key", "sdk_key"] {
        for (secret, path) in [(token, "/api/v1/projects"), (&key, "/sdk/v1/ruleset"), (&key, "/sdk/v1/stream")] {
            let reply = anybody.open("GET", &format!("{path}?{parameter}={secret}"), None).await;
            let status = reply.status().as_u16();
            assert_eq!(status, 401, "{path}?{parameter}");
            let text = reply.text().await.unwrap();
            assert!(!text.contains(secret.as_str()), "it is not said again: {text}");
        }
    }
    let body = format!("access_token={token}").into_bytes();
    let form = anybody.with_header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.open("POST", "/api/v1/projects", Some(body)).await.status().as_u16(), 401);
}

/// Of no role, of one that there is not, and of more than there is: nothing is not everything.
async fn an_empty_or_unknown_right_is_none(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let owner = world.caller("owner");
    for role in
        [json!(""), json!("root"), json!([]), json!({}), json!("*"), json!("Owner"), json!(true), json!(["owner"])]
    {
        let reply = owner.post("/api/v1/tokens", json!({ "name": "odd", "role": role })).await;
        assert!((400..500).contains(&reply.status), "{role}: {} {}", reply.status, reply.body);
    }
    for tenant in ["", "*", "acme", "..", "mine/../acme", "ACME"] {
        let path = format!("/api/v1/tenants/{}", tenant.replace('/', "%2F"));
        let reply = owner.get(&path).await;
        let listed = tenant.is_empty() && reply.status == 200 && reply.body["total"] == 1;
        assert!(reply.status == 404 || listed, "{tenant}: {} {}", reply.status, reply.body);
    }
}

/// Names are refused where they would be read as something else than a name.
async fn names_are_names(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let owner = world.caller("owner");
    let project = format!("/api/v1/projects/{}", world.objects[MINE]["project"]);
    let bad = [
        "a\r\nSet-Cookie: b=c",
        "a\nlevel=error",
        "\u{1b}[2J\u{1b}[31mred",
        "\u{9b}31m",
        "abc\u{202e}cba",
        "\u{2066}a",
        "a\u{2028}b",
    ];
    let made = |name: &str| -> Vec<(&'static str, String, Value)> {
        vec![
            ("POST", "/api/v1/projects".to_owned(), json!({ "key": "mine-named", "name": name })),
            ("PATCH", "/api/v1/tenants/mine".to_owned(), json!({ "name": name })),
            ("POST", "/api/v1/tokens".to_owned(), json!({ "name": name, "role": "viewer" })),
            ("POST", format!("{project}/flags"), json!({ "key": "mine-named", "name": name })),
            ("PATCH", format!("{project}/flags/mine-flag"), json!({ "owner": name })),
            ("PATCH", format!("{project}/flags/mine-flag"), json!({ "tags": [name] })),
            ("POST", format!("{project}/segments"), json!({ "key": "mine-named", "name": name })),
            ("POST", format!("{project}/environments"), json!({ "key": "mine-named", "name": name })),
            (
                "POST",
                format!("{project}/keys"),
                json!({ "name": name, "environment": "production", "audience": "client" }),
            ),
        ]
    };
    for name in bad {
        for (method, path, body) in made(name) {
            let reply = owner.send(method, &path, Some(body.to_string().into_bytes())).await;
            assert_eq!(reply.status, 422, "{method} {path} {body}: {}", reply.body);
            let told = reply.body.to_string();
            assert!(told.bytes().all(|byte| byte >= b' ') && !told.contains('\u{202e}'), "{told:?}");
        }
        let described = owner.patch(&format!("{project}/flags/mine-flag"), json!({ "description": name })).await;
        let good = !name.contains(yardarm_model::label::is_unseen_in_prose);
        assert_eq!(described.status == 200, good, "lines are for descriptions: {name:?}");
    }
    // A formula is a good name; it is the writer of tables who must not let it be one there.
    for name in ["=1+1", "@SUM(A1)", "-2+3", "+1", "ünïcödé 🏳", "שלום\u{200f}"] {
        let reply = owner.patch(&format!("{project}/flags/mine-flag"), json!({ "name": name })).await;
        assert_eq!((reply.status, reply.body["name"].as_str()), (200, Some(name)), "{}", reply.body);
    }
}

/// Every answer says what browsers must do with it.
async fn nobody_else_reads_along(app: Arc<TestApp>) {
    let owner = app.owner.clone();
    let with = |name: &str, value: &str| -> Client { owner.with_header(name, value) };
    for origin in ["null", "https://evil.example", &format!("{}.evil.example", app.url), "http://127.0.0.1"] {
        let reply = with("origin", origin).get("/api/v1/projects").await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(reply.header("access-control-allow-credentials"), "", "{origin}");
    }
}

yardarm_testkit::on_both_stores![
    a_right_taken_away_is_gone_from_tokens_and_open_streams,
    a_session_that_ended_hears_nothing_more,
    totals_do_not_count_others,
    updating_makes_nothing,
    a_token_in_the_address_opens_nothing,
    an_empty_or_unknown_right_is_none,
    names_are_names,
    nobody_else_reads_along,
];
