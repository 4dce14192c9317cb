//! Preconditions, pages, segments, keys, export and import, the console's stream.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::TestApp;

const CHECKOUT: &str = "/api/v1/projects/shop/flags/checkout/environments/production";

async fn preconditions(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let body = json!({ "on": true, "default": { "variant": "on" }, "off_variant": "off" });
    let without = app.owner.put(CHECKOUT, body.clone()).await;
    assert_eq!((without.status, without.text("code").as_str()), (428, "if_match_required"));
    let tag = app.owner.get(CHECKOUT).await.header("etag").to_owned();
    let rev = app.rev().await;
    for stale in ["\"99\"", "W/\"0\"", "0", "\"98\", \"99\""] {
        let refused = app.owner.with_header("if-match", stale).put(CHECKOUT, body.clone()).await;
        assert_eq!((refused.status, refused.text("code").as_str()), (412, "stale"), "{stale}");
        assert_eq!(refused.header("etag"), tag);
    }
    assert_eq!(app.rev().await, rev, "nothing was written");
    let fine = app.owner.with_header("if-match", &tag).put(CHECKOUT, body).await;
    assert_eq!(fine.status, 200, "{}", fine.body);
    let next = fine.header("etag").to_owned();
    assert_ne!(next, tag);
    let late = app.owner.with_header("if-match", &tag).patch(CHECKOUT, json!({ "on": false })).await;
    assert_eq!(late.status, 412);
    let any = format!("\"1\", {next}");
    let fine = app.owner.with_header("if-match", &any).patch(CHECKOUT, json!({ "on": false })).await;
    assert_eq!(fine.status, 200);
    let flag = "/api/v1/projects/shop/flags/checkout";
    let tag = app.owner.get(flag).await.header("etag").to_owned();
    let named = app.owner.with_header("if-match", &tag).patch(flag, json!({ "name": "Checkout" })).await;
    assert_eq!((named.status, named.body["name"].as_str()), (200, Some("Checkout")));
    let reason = app.owner.with_header("x-yardarm-reason", "100%").patch(flag, json!({ "name": "C" })).await;
    assert_eq!((reason.status, reason.text("code").as_str()), (400, "reason_invalid"));
}

async fn writers_at_the_same_time_all_get_their_own_revision(app: Arc<TestApp>) {
    let before = app.rev().await;
    let writers: Vec<_> = (0..16)
        .map(|n| {
            let app = std::sync::Arc::clone(&app);
            tokio::spawn(async move { app.flag(&format!("flag-{n}")).await["revision"].as_u64().unwrap() })
        })
        .collect();
    let mut revisions = Vec::new();
    for writer in writers {
        revisions.push(writer.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (before + 1..=before + 16).collect::<Vec<_>>());
    assert_eq!(app.rev().await, before + 16);
}

async fn pages_sorts_and_filters(app: Arc<TestApp>) {
    for n in 0..23 {
        let body = json!({ "key": format!("flag-{n:02}"), "name": format!("Name {:02}", 99 - n),
            "tags": [if n % 2 == 0 { "even" } else { "odd" }], "owner": "ana", "description": format!("about {n}") });
        assert_eq!(app.owner.post("/api/v1/projects/shop/flags", body).await.status, 201);
    }
    for n in [3, 5] {
        let path = format!("/api/v1/projects/shop/flags/flag-{n:02}/environments/staging");
        assert_eq!(app.owner.patch(&path, json!({ "on": true })).await.status, 200);
    }
    let keys = async |query: &str| -> Vec<String> {
        let mut keys = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = app.owner.get(&format!("/api/v1/projects/shop/flags?limit=10{query}{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.body["items"].as_array().unwrap();
            keys.extend(items.iter().map(|item| item["key"].as_str().unwrap().to_owned()));
            let Some(next) = page.body["next"].as_str() else {
                assert_eq!(page.body["total"], keys.len());
                return keys;
            };
            cursor = format!("&cursor={next}");
        }
    };
    let all: Vec<String> = (0..23).map(|n| format!("flag-{n:02}")).collect();
    let reversed: Vec<String> = all.iter().rev().cloned().collect();
    assert_eq!(keys("").await, all);
    assert_eq!(keys("&sort=-key").await, reversed);
    assert_eq!(keys("&sort=name").await, reversed);
    assert_eq!(keys("&sort=-changed").await[..2], ["flag-05", "flag-03"]);
    assert_eq!(keys("&tag=odd").await.len(), 11);
    assert_eq!(keys("&search=NAME%2090").await, ["flag-09"]);
    assert_eq!(keys("&search=about%2022").await, ["flag-22"]);
    assert_eq!(keys("&owner=bea").await.len(), 0);
    assert_eq!(keys("&type=string").await.len(), 0);
    assert_eq!(keys("&environment=staging&serves=on").await, ["flag-03", "flag-05"]);
    assert_eq!(keys("&environment=production&serves=off").await.len(), 23);
    let archive = app.owner.send("POST", "/api/v1/projects/shop/flags/flag-00/archive", None).await;
    assert_eq!((archive.status, archive.body["archived"].as_bool()), (200, Some(true)), "{}", archive.body);
    assert_eq!(keys("").await.len(), 22);
    assert_eq!(keys("&archived=true").await, ["flag-00"]);
    assert_eq!(keys("&archived=all").await.len(), 23);
    let history = app.owner.get("/api/v1/projects/shop/history?limit=5").await;
    let next = history.text("next");
    let older = app.owner.get(&format!("/api/v1/projects/shop/history?limit=5&cursor={next}")).await;
    let last = history.body["items"][4]["rev"].as_u64().unwrap();
    assert_eq!(older.body["items"][0]["rev"], last - 1);
}

async fn segments_and_keys(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let segments = "/api/v1/projects/shop/segments";
    let body = json!({ "key": "beta", "name": "Beta", "included": ["u3", "u1", "u2"],
        "rules": [{ "attribute": "plan", "operator": "in", "values": ["beta"] }] });
    let made = app.owner.post(segments, body).await;
    assert_eq!((made.status, made.body["included_count"].as_u64()), (201, Some(3)), "{}", made.body);
    let page = app.owner.get(&format!("{segments}/beta/lists/included?limit=2")).await;
    assert_eq!(page.body["items"], json!(["u1", "u2"]));
    let rest = app.owner.get(&format!("{segments}/beta/lists/included?limit=2&cursor={}", page.text("next"))).await;
    assert_eq!((&rest.body["items"], &rest.body["next"]), (&json!(["u3"]), &Value::Null));
    let edit = json!({ "included": { "add": ["u9"], "remove": ["u1"] }, "excluded": { "add": ["u2"] } });
    let edited = app.owner.patch(&format!("{segments}/beta/lists"), edit).await;
    assert_eq!((edited.status, edited.body["excluded_count"].as_u64()), (200, Some(1)), "{}", edited.body);
    assert_eq!(app.owner.get(&format!("{segments}/beta/lists/sideways")).await.status, 404);
    let rule = json!({ "on": true, "rules": [{ "if": { "segment": "beta" }, "serve": { "variant": "on" } }] });
    assert_eq!(app.owner.patch(CHECKOUT, rule).await.status, 200);
    let used = app.owner.get(&format!("{segments}/beta")).await;
    assert_eq!(used.body["used_by"], json!([{ "flag": "checkout", "environment": "production" }]));
    assert_eq!(app.owner.delete(&format!("{segments}/beta")).await.status, 409);

    let key = app.sdk_key("production", "client").await;
    assert!(key.starts_with("yd_cli_"));
    let list = app.owner.get("/api/v1/projects/shop/keys").await;
    assert!(!list.body.to_string().contains(&key) && !list.body.to_string().contains("hash"));
    let id = list.body["items"][0]["id"].as_str().unwrap().to_owned();
    let ofrep = app.with_token(&key);
    let context = json!({ "context": { "targetingKey": "u9" } });
    let answer = ofrep.post("/ofrep/v1/evaluate/flags/checkout", context.clone()).await;
    assert_eq!((answer.status, answer.body["value"].as_bool()), (200, Some(true)), "{}", answer.body);
    assert_eq!(app.owner.delete(&format!("/api/v1/projects/shop/keys/{id}")).await.status, 204);
    assert_eq!(ofrep.post("/ofrep/v1/evaluate/flags/checkout", context).await.status, 401);
    let rev = app.rev().await;
    let change = app.owner.get(&format!("/api/v1/projects/shop/history/{rev}")).await;
    assert_eq!(change.body["documents"][0]["kind"], "sdk_key");
    assert!(!change.body["documents"].to_string().contains("hash"));
    let undo = app.owner.send("POST", &format!("/api/v1/projects/shop/history/{rev}/undo"), None).await;
    assert_eq!(undo.status, 409, "a revoked key stays revoked: {}", undo.body);
}

/// Neither an undo nor a revert gives a flag's key away again.
async fn the_key_of_a_flag_is_never_used_again(app: Arc<TestApp>) {
    const P: &str = "/api/v1/projects/shop";
    let before = app.rev().await;
    for key in ["undone", "reverted"] {
        app.flag(key).await;
        assert_eq!(app.owner.patch(&format!("{P}/flags/{key}"), json!({ "name": "Later" })).await.status, 200);
    }
    let undo = app.owner.send("POST", &format!("{P}/history/{}/undo?force=true", before + 1), None).await;
    assert_eq!(undo.status, 200, "{}", undo.body);
    let to_nothing = json!({ "kind": "flag", "key": "reverted", "rev": before });
    let revert = app.owner.post(&format!("{P}/revert"), to_nothing.clone()).await;
    assert_eq!(revert.status, 200, "{}", revert.body);
    for key in ["undone", "reverted"] {
        let flag = app.owner.get(&format!("{P}/flags/{key}")).await;
        assert_eq!((flag.status, &flag.body["archived"]), (200, &json!(true)), "{}", flag.body);
        let again = app.owner.post(&format!("{P}/flags"), json!({ "key": key })).await;
        assert_eq!((again.status, again.problems()[0].1.as_str()), (409, "key_archived"), "{}", again.body);
    }
    let again = app.owner.post(&format!("{P}/revert"), to_nothing).await;
    assert_eq!((again.status, again.text("code").as_str()), (409, "nothing_to_put_back"), "{}", again.body);
}

/// Nor does a key mean two things because somebody typed it in capitals.
async fn keys_differ_by_more_than_case(app: Arc<TestApp>) {
    let grants = json!([{ "permissions": ["project.read"], "projects": "*", "environments": "*" }]);
    for (path, key, twin) in [
        ("/api/v1/projects", "mine", "Mine"),
        ("/api/v1/tenants", "other", "OTHER"),
        ("/api/v1/roles", "reader", "Reader"),
        ("/api/v1/groups", "team", "tEAM"),
    ] {
        let body = |key: &str| match path {
            "/api/v1/roles" => json!({ "key": key, "name": key, "grants": grants }),
            _ => json!({ "key": key, "name": key }),
        };
        let made = app.owner.post(path, body(key)).await;
        assert_eq!(made.status, 201, "{path}: {}", made.body);
        let refused = app.owner.post(path, body(twin)).await;
        assert_eq!(
            (refused.status, refused.problems()),
            (409, vec![("/key".to_owned(), "key_taken".to_owned())]),
            "{path}: {}",
            refused.body
        );
    }
    let built_in = json!({ "key": "Owner", "name": "Owner", "grants": grants });
    assert_eq!(app.owner.post("/api/v1/roles", built_in).await.status, 409, "nor is it taken for a built-in role");
}

async fn an_import_brings_everything_or_nothing(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let ten = json!({ "on": true, "default": { "rollout": { "variant": "on", "percent": 10 } } });
    assert_eq!(app.owner.patch(CHECKOUT, ten).await.status, 200);
    let copied = json!({ "from": "production", "to": "staging" });
    assert_eq!(app.owner.post("/api/v1/projects/shop/flags/checkout/copy", copied).await.status, 200);
    let export = app.owner.get("/api/v1/projects/shop/export").await;
    assert_eq!(export.status, 200);
    let made = app.owner.post("/api/v1/projects", json!({ "key": "copy", "name": "Copy" })).await;
    assert_eq!(made.status, 201);
    let import = "/api/v1/projects/copy/import";
    let dry = app.owner.post(&format!("{import}?dry_run=true"), export.body.clone()).await;
    assert_eq!((dry.status, &dry.body["revision"]), (200, &Value::Null), "{}", dry.body);
    assert_eq!(app.owner.get("/api/v1/projects/copy").await.body["version"]["rev"], 1);
    let real = app.owner.post(import, export.body.clone()).await;
    assert_eq!((real.status, &real.body["revision"]), (200, &json!(2)), "{}", real.body);
    assert_eq!(real.body["changed"], dry.body["changed"]);
    let again = app.owner.get("/api/v1/projects/copy/export").await;
    assert_eq!(again.body["flags"], export.body["flags"], "salts and ranges move nobody");
    let same = app.owner.post(import, export.body.clone()).await;
    assert_eq!((same.status, &same.body["changed"]), (200, &json!([])));
    let mut broken = export.body;
    broken["flags"][0]["environments"]["production"]["off_variant"] = json!("purple");
    let refused = app.owner.post(import, broken).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.problems()[0].0, "/flags/0/environments/production/off_variant");
}

/// Reads until the stream has said something or ended.
async fn until(response: &mut reqwest::Response, what: &str) -> Option<String> {
    let mut text = String::new();
    loop {
        let chunk = tokio::time::timeout(std::time::Duration::from_mins(1), response.chunk()).await;
        let chunk = chunk.expect("it says something or ends").expect("it ends in order")?;
        text.push_str(std::str::from_utf8(&chunk).expect("SSE is UTF-8"));
        if text.contains(what) {
            return Some(text);
        }
    }
}

async fn the_console_hears_changes_until_its_session_ends(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let stream = "/api/v1/projects/shop/stream";
    let mut response = browser.open("GET", stream, None).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    until(&mut response, "connected").await.unwrap();
    app.flag("checkout").await;
    let heard = until(&mut response, "checkout").await.unwrap();
    assert!(heard.contains("event: change\nid: ") && heard.contains("\"action\":\"flag.create\""), "{heard}");
    let id = heard.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    app.flag("later").await;
    until(&mut response, "later").await.unwrap();
    let mut resumed = browser.with_header("last-event-id", &id).open("GET", stream, None).await;
    let heard = until(&mut resumed, "later").await.unwrap();
    assert!(!heard.contains("checkout"), "only what came after: {heard}");
    assert_eq!(browser.delete("/api/v1/session").await.status, 204);
    assert!(until(&mut response, "no such text").await.is_none(), "it ended");
}

yardarm_testkit::on_both_stores![
    preconditions,
    writers_at_the_same_time_all_get_their_own_revision,
    pages_sorts_and_filters,
    segments_and_keys,
    the_key_of_a_flag_is_never_used_again,
    keys_differ_by_more_than_case,
    an_import_brings_everything_or_nothing,
    the_console_hears_changes_until_its_session_ends,
];
