//! The lane of the SDKs: what a key of one environment learns of another environment, project or tenant. Nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, TestApp};

use crate::world::{ACME, MINE, NONE, Objects, TWIN, World};

struct Key {
    what: &'static str,
    client: Client,
    server: bool,
}

/// A new key of a project: its text and its id.
async fn key(client: &Client, objects: &Objects, environment: &str, audience: &str) -> (String, String) {
    let path = format!("/api/v1/projects/{}/keys", objects["project"]);
    let body = json!({ "name": format!("{environment} {audience}"), "environment": environment, "audience": audience });
    let key = client.post(&path, body).await;
    assert_eq!(key.status, 201, "{}", key.body);
    (key.text("key"), key.text("id"))
}

async fn keys(world: &World) -> Vec<Key> {
    let owner = world.caller("owner");
    let mut keys = Vec::new();
    for (what, who, environment) in [
        ("own", MINE, world.objects[MINE]["environment"].as_str()),
        ("own, another environment", MINE, "production"),
        ("own, another project", TWIN, world.objects[TWIN]["environment"].as_str()),
    ] {
        for audience in ["server", "client"] {
            let (text, _) = key(owner, &world.objects[who], environment, audience).await;
            keys.push(Key { what, client: world.app.with_token(&text), server: audience == "server" });
        }
    }
    keys
}

/// Status, tag and body with what was asked for taken out.
async fn ask(client: &Client, method: &str, path: &str, named: &str) -> (u16, String, String) {
    let body = (method == "POST").then(|| json!({ "context": { "targetingKey": "u" } }).to_string().into_bytes());
    let response = client.open(method, path, body).await;
    let status = response.status().as_u16();
    let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
    let mut text = response.text().await.unwrap();
    if let Ok(mut body) = serde_json::from_str::<Value>(&text)
        && body["trace_id"].is_string()
    {
        body["trace_id"] = Value::Null;
        text = body.to_string();
    }
    (status, tag, text.replace(named, "{named}"))
}

/// The first event of a stream.
async fn first(client: &Client, path: &str) -> String {
    let mut response = client.open("GET", path, None).await;
    let mut text = format!("{}\n", response.status());
    while !text.contains("event:") && !text.contains(": ping") {
        let Some(chunk) = response.chunk().await.unwrap() else { break };
        text += &String::from_utf8_lossy(&chunk);
    }
    // Readers come back after a while of their own each.
    text.lines().filter(|line| !line.starts_with("retry:")).collect::<Vec<_>>().join("\n")
}

async fn a_key_opens_its_environment_and_nothing_else(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let keys = keys(&world).await;
    let theirs = key(&world.app.owner, &world.objects[ACME], &world.objects[ACME]["environment"], "server").await;
    let theirs = world.app.with_token(&theirs.0);
    let mut tried = 0;
    let mut tags = Vec::new();
    for Key { what, client, server } in &keys {
        let mut paths = vec![("POST", "/ofrep/v1/evaluate/flags".to_owned())];
        paths.extend(server.then(|| ("GET", "/sdk/v1/ruleset".to_owned())));
        for (method, path) in &paths {
            let (status, tag, told) = ask(client, method, path, "\0").await;
            assert_eq!((status, world.leak(&told)), (200, None), "{what}: {method} {path}: {told}");
            // What the other tenant has been told is no answer here.
            let (_, foreign, _) = ask(&theirs, method, path, "\0").await;
            let again = client.with_header("if-none-match", &foreign);
            assert_eq!(ask(&again, method, path, "\0").await, (200, tag.clone(), told), "{what}: {path}");
            assert_eq!(ask(&client.with_header("if-none-match", &tag), method, path, "\0").await.0, 304, "{what}");
            tags.push(tag);
            tried += 3;
        }
        for owner in [ACME, TWIN] {
            let (foreign, missing) = (&world.objects[owner]["flag"], &world.objects[NONE]["flag"]);
            if *what == "own, another project" && owner == TWIN {
                continue;
            }
            let one = |flag: &str| format!("/ofrep/v1/evaluate/flags/{flag}");
            let foreign = ask(client, "POST", &one(foreign), foreign).await;
            assert_eq!(foreign, ask(client, "POST", &one(missing), missing).await, "{what}: {owner}");
            assert_eq!((foreign.0, world.leak(&foreign.2)), (404, None), "{what}: {owner}: {foreign:?}");
            tried += 1;
        }
        if !server {
            for path in ["/sdk/v1/ruleset", "/sdk/v1/stream"] {
                let (status, _, told) = ask(client, "GET", path, "\0").await;
                assert_eq!((status, world.leak(&told)), (403, None), "{what}: {path}: {told}");
                tried += 1;
            }
        }
    }
    let different: std::collections::BTreeSet<_> = tags.iter().collect();
    assert_eq!(different.len(), tags.len(), "two callers share a tag: {tags:?}");
    println!("isolation of SDK keys: {tried} (route, key, object) triples");
}

/// A key of the other lane, one that nobody has and one that was revoked open nothing, and the latter two are one answer.
async fn other_keys_open_nothing(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let owner = world.caller("owner");
    let mine = &world.objects[MINE];
    let (text, id) = key(owner, mine, &mine["environment"], "server").await;
    let revoked = owner.delete(&format!("/api/v1/projects/{}/keys/{id}", mine["project"])).await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
    // Well-formed, with a good checksum, of an installation that is not this one.
    let nobodys = yardarm_server::keys::make(yardarm_server::keys::KeyKind::Server, &[7; 32]).text;
    let live = world.app.with_token(&key(owner, mine, &mine["environment"], "server").await.0);
    for (method, path) in [
        ("POST", "/ofrep/v1/evaluate/flags/mine-flag"),
        ("POST", "/ofrep/v1/evaluate/flags"),
        ("GET", "/ofrep/v1/stream"),
        ("GET", "/sdk/v1/ruleset"),
        ("GET", "/sdk/v1/stream"),
    ] {
        let gone = ask(&world.app.with_token(&text), method, path, "\0").await;
        let never = ask(&world.app.with_token(&nobodys), method, path, "\0").await;
        assert_eq!(gone, never, "{path}");
        assert_eq!(gone.0, 401, "{path}: {gone:?}");
        assert_eq!(ask(owner, method, path, "\0").await.0, 401, "an access token is no SDK key: {path}");
        assert_eq!(ask(&world.app.anonymous(), method, path, "\0").await.0, 401, "{path}");
    }
    for path in ["/api/v1/projects", "/api/v1/session", "/api/v1/projects/mine-shop/stream"] {
        assert_eq!(ask(&live, "GET", path, "\0").await.0, 401, "an SDK key is no access token: {path}");
    }
}

/// A stream goes on where its own project was; a place in somebody else's log is no place.
async fn last_event_ids_of_others_are_no_place(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let owner = world.caller("owner");
    let scopes = world.app.app.store.scopes().await.unwrap();
    let theirs = scopes.iter().find(|scope| scope.key == world.objects[ACME]["project"]).unwrap();
    let mine = &world.objects[MINE];
    let sdk = world.app.with_token(&key(owner, mine, &mine["environment"], "server").await.0);
    let console = format!("/api/v1/projects/{}/stream", mine["project"]);
    for (client, path) in [(&sdk, "/sdk/v1/stream"), (&sdk, "/ofrep/v1/stream"), (owner, console.as_str())] {
        let mut heard = Vec::new();
        for epoch in [theirs.epoch.clone(), "f".repeat(theirs.epoch.len())] {
            let client = client.with_header("last-event-id", &format!("{epoch}:{}", theirs.rev));
            heard.push(first(&client, path).await);
        }
        assert_eq!(heard[0], heard[1], "{path}");
        assert!(heard[0].contains("event:"), "{path}: told to begin anew: {}", heard[0]);
        assert_eq!(world.leak(&heard[0]), None, "{path}: {}", heard[0]);
    }
}

/// A ticket is signed with the key it was made for: turned into somebody else's it opens as much as rubbish.
async fn tickets_are_their_own_keys(app: Arc<TestApp>) {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let world = World::new(app).await;
    let tickets: Vec<_> = {
        let mut tickets = Vec::new();
        for (client, who) in [(world.caller("owner"), MINE), (&world.app.owner, ACME)] {
            let objects = &world.objects[who];
            let (text, _) = key(client, objects, &objects["environment"], "client").await;
            let (_, _, told) = ask(&world.app.with_token(&text), "POST", "/ofrep/v1/evaluate/flags", "\0").await;
            let told: Value = serde_json::from_str(&told).unwrap();
            let address = told["eventStreams"][0]["endpoint"]["requestUri"].as_str().unwrap().to_owned();
            tickets.push(address.split_once("ticket=").unwrap().1.to_owned());
        }
        tickets
    };
    let anybody = world.app.anonymous();
    let ask_with = |ticket: String| {
        let anybody = anybody.clone();
        async move { ask(&anybody, "GET", &format!("/ofrep/v1/stream?ticket={ticket}"), "\0").await }
    };
    let (mine, theirs) = (tickets[0].split_once('.').unwrap(), tickets[1].split_once('.').unwrap());
    let longer = {
        let mut payload = String::from_utf8(URL_SAFE_NO_PAD.decode(mine.0).unwrap()).unwrap();
        payload.push('0');
        format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), mine.1)
    };
    let rubbish = ask_with("rubbish.rubbish".to_owned()).await;
    assert_eq!(rubbish.0, 401);
    for forged in [format!("{}.{}", theirs.0, mine.1), format!("{}.{}", mine.0, theirs.1), longer] {
        assert_eq!(ask_with(forged.clone()).await, rubbish, "{forged}");
    }
    let good = anybody.open("GET", &format!("/ofrep/v1/stream?ticket={}", tickets[0]), None).await;
    assert_eq!(good.status(), 200);
}

/// A key that is revoked in the middle of its streams: they end, and nothing more is told in them.
async fn a_key_revoked_ends_its_streams(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let owner = world.caller("owner");
    let mine = &world.objects[MINE];
    let (text, id) = key(owner, mine, &mine["environment"], "server").await;
    let client = world.app.with_token(&text);
    let mut streams = Vec::new();
    for path in ["/sdk/v1/stream", "/ofrep/v1/stream"] {
        let stream = client.open("GET", path, None).await;
        assert_eq!(stream.status(), 200, "{path}");
        streams.push(stream);
    }
    let revoked = owner.delete(&format!("/api/v1/projects/{}/keys/{id}", mine["project"])).await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
    let secret = json!({ "key": "mine-after", "name": "said after the end" });
    assert_eq!(owner.post(&format!("/api/v1/projects/{}/flags", mine["project"]), secret).await.status, 201);
    for mut stream in streams {
        let mut heard = String::new();
        while let Some(chunk) = stream.chunk().await.unwrap() {
            heard += &String::from_utf8_lossy(&chunk);
        }
        assert!(!heard.contains("mine-after"), "{heard}");
    }
}

yardarm_testkit::on_both_stores![
    a_key_opens_its_environment_and_nothing_else,
    other_keys_open_nothing,
    last_event_ids_of_others_are_no_place,
    tickets_are_their_own_keys,
    a_key_revoked_ends_its_streams,
];
