//! Searching the logs of a tenant as one.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, TestApp};

async fn search(client: &Client, query: &str) -> Vec<(String, String)> {
    let answer = client.get(&format!("/api/v1/audit?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    answer.body["items"].as_array().unwrap().iter().map(|item| (text(item, "project"), text(item, "action"))).collect()
}

async fn search_one(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/v1/audit?{query}")).await.body["items"][0].clone()
}

async fn the_logs_of_a_tenant_are_one(app: Arc<TestApp>) {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    app.advance(1_000);
    let from = app.now();
    let client = app.owner.with_header("traceparent", traceparent).with_header("x-yardarm-reason", "Launch%20day");
    let made = client.post("/api/v1/projects/shop/flags", json!({ "key": "a" })).await;
    assert!(made.header("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    app.advance(1_000);
    let key = app.sdk_key("production", "server").await;
    let mut stream = app.with_token(&key).open("GET", "/sdk/v1/stream", None).await;
    let on = json!({ "on": true });
    assert_eq!(app.owner.patch("/api/v1/projects/shop/flags/a/environments/production", on).await.status, 200);
    app.advance(1_000);
    let browser = app.browser().await;
    // Whoever watches the stream finds the request.
    let trace_id = search_one(&app.owner, "kind=configuration&key=a").await["trace_id"].as_str().unwrap().to_owned();
    let mut heard = String::new();
    while !heard.contains("event: patch") {
        heard += std::str::from_utf8(&stream.chunk().await.unwrap().expect("it goes on")).unwrap();
    }
    assert!(heard.contains(&format!(": trace {trace_id}\ndata: ")), "{heard}");
    let token = browser.post("/api/v1/tokens", json!({ "name": "ci", "role": "viewer" })).await;
    assert_eq!(token.status, 201);

    let flag = ("shop".to_owned(), "flag.create".to_owned());
    let keys = ("shop".to_owned(), "sdk_key.create".to_owned());
    let turned = ("shop".to_owned(), "configuration.update".to_owned());
    let tokens = (String::new(), "access_token.create".to_owned());
    assert_eq!(
        search(&app.owner, &format!("since={from}")).await,
        [tokens.clone(), turned.clone(), keys, flag.clone()]
    );
    for (query, expected) in [
        ("trace_id=4bf92f3577b34da6a3ce929d0e0e4736", vec![flag.clone()]),
        ("reason=launch", vec![flag.clone()]),
        ("kind=configuration&key=a", vec![turned.clone()]),
        ("key=a", vec![turned.clone(), flag.clone()]),
        ("environment=production&action=configuration.update", vec![turned.clone()]),
        ("via=session&action=access_token.create", vec![tokens.clone(), tokens.clone()]),
        (&format!("until={from}&project=shop"), vec![("shop".into(), "project.create".into())]),
        ("project=shop&via=session", vec![]),
        ("project=nowhere", vec![]),
        ("actor=user:usr_nobody", vec![]),
    ] {
        assert_eq!(search(&app.owner, query).await, expected, "{query}");
    }

    let entry = app.owner.get("/api/v1/audit?kind=configuration&key=a").await.body["items"][0].clone();
    let document = &entry["documents"][0];
    assert_eq!((&document["before"], &document["after"]["on"]), (&json!(null), &json!(true)), "{entry:#}");
    assert_eq!(document["content_hash"].as_str().unwrap().len(), 64);
    assert!(entry["via"].as_str().unwrap().starts_with("token:tok_"), "{entry:#}");
    assert!(entry["actor"].as_str().unwrap().starts_with("user:usr_"));
    assert_eq!((&entry["actor_name"], entry["hash"].as_str().unwrap().len()), (&json!("Ana"), 64));

    // Pages of one hold everything once; what is made meanwhile does not disturb them.
    let all = search(&app.owner, "limit=100").await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.owner.get(&format!("/api/v1/audit?limit=1{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        seen.push(page.body["items"][0]["hash"].clone());
        app.advance(10);
        let Some(next) = page.body["next"].as_str() else { break };
        if seen.len() == 2 {
            app.flag("later").await;
        }
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), all.len());
    assert_eq!(app.owner.get("/api/v1/audit?cursor=rubbish").await.status, 422);

    // Another tenant sees its own and nothing of this one, whatever it asks for or goes on from.
    let other = app.second_tenant("other").await;
    let theirs = search(&other, "limit=100").await;
    assert!(theirs.iter().all(|(project, _)| project.is_empty()), "{theirs:?}");
    assert!(search(&other, "project=shop").await.is_empty());
    let page = app.owner.get("/api/v1/audit?limit=1").await;
    let next = page.body["next"].as_str().unwrap();
    assert!(search(&other, &format!("cursor={next}")).await.iter().all(|(project, _)| project.is_empty()));
}

/// A file with so many flags, on in staging, with this name.
fn file(flags: usize, name: &str) -> Value {
    let flag = |n: usize| {
        let on = json!({ "on": true, "default": { "variant": "on" }, "off_variant": "off" });
        json!({ "key": format!("flag-{n}"), "name": format!("{name} {n}"), "environments": { "staging": on } })
    };
    json!({ "format": 1, "flags": (0..flags).map(flag).collect::<Vec<_>>() })
}

async fn apply(app: &TestApp, body: Value) {
    let applied = app.owner.post("/api/v1/projects/shop/apply", body).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
}

/// One change of many objects is one entry with an item for each: found by each, with what that was before and after.
async fn a_batch_is_a_parent_and_one_item_for_each_object(app: Arc<TestApp>) {
    const FLAGS: usize = 60;
    apply(&app, file(FLAGS, "First")).await;
    apply(&app, file(FLAGS, "Second")).await;
    // Each flag and its configuration; then only the flags.
    let made = search_one(&app.owner, "kind=configuration&key=flag-0").await;
    assert_eq!(made["documents_total"], 2 * FLAGS, "{made:#}");
    let named = search_one(&app.owner, "kind=flag&key=flag-0").await;
    assert_eq!(named["documents_total"], FLAGS, "{named:#}");
    for n in 0..FLAGS {
        let found = app.owner.get(&format!("/api/v1/audit?project=shop&kind=flag&key=flag-{n}")).await;
        let items = found.body["items"].as_array().unwrap();
        assert_eq!(items.len(), 2, "flag-{n}: once for each change");
        let (second, first) = (&items[0], &items[1]);
        let (after, before) = (&second["documents"][0], &first["documents"][0]);
        let id = format!("{}:{}", second["scope"].as_str().unwrap(), second["rev"]);
        assert_eq!((&second["id"], &after["id"]), (&json!(id), &json!(format!("{id}/flag/flag-{n}"))));
        assert_eq!((&before["before"], &before["after"]["name"]), (&Value::Null, &json!(format!("First {n}"))));
        assert_eq!(
            (&after["before"]["name"], &after["after"]["name"]),
            (&json!(format!("First {n}")), &json!(format!("Second {n}")))
        );
    }
    // Kind, key and environment are said of one object: this one was never touched in production.
    let place = |environment: &str| format!("project=shop&key=flag-3&environment={environment}");
    assert_eq!(search(&app.owner, &place("production")).await, []);
    assert_eq!(search_one(&app.owner, &place("staging")).await["documents"][0]["key"], "staging/flag-3");
    app.flag("flag-3-too").await;
    let on = json!({ "on": true });
    let path = "/api/v1/projects/shop/flags/flag-3-too/environments/production";
    assert_eq!(app.owner.patch(path, on).await.status, 200);
    assert_eq!(search(&app.owner, &place("production")).await, []);

    // Exports by objects: the parent, and a line for each object with its id.
    let export = async |format: &str| {
        let path = format!("/api/v1/audit/export?project=shop&format={format}");
        app.owner.open("GET", &path, None).await.text().await.unwrap()
    };
    let lines: Vec<Value> = export("objects").await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let parent = &named["id"];
    assert_eq!(lines.iter().filter(|line| line["id"] == *parent).count(), 1);
    let children: Vec<_> = lines.iter().filter(|line| line["parent"] == *parent).collect();
    assert_eq!((children.len(), &children[0]["objects"]), (FLAGS, &json!(FLAGS)));
    let keys: std::collections::BTreeSet<_> = children.iter().map(|line| line["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), FLAGS);
    assert!(children.iter().all(|line| line["trace_id"] == named["trace_id"] && line["removed"] == false));
    assert_eq!(children.iter().filter(|line| !line["cursor"].is_null()).count(), 1, "the last one goes on");
    let csv = export("csv").await;
    let rows: Vec<&str> = csv.split_terminator("\r\n").skip(1).collect();
    assert_eq!(rows.len(), lines.len(), "the same in both");
    let parent = parent.as_str().unwrap();
    assert_eq!(rows.iter().filter(|row| row.contains(&format!(",\"{parent}\",\"\","))).count(), 1);
    assert_eq!(rows.iter().filter(|row| row.contains(&format!(",\"{parent}\",\"user:"))).count(), FLAGS);
    // What is of one object is one line, and has no parent.
    let alone = lines.iter().find(|line| line["key"] == "flag-3-too" && line["kind"] == "flag").unwrap();
    assert_eq!((&alone["parent"], &alone["objects"]), (&Value::Null, &json!(1)));
}

yardarm_testkit::on_both_stores![the_logs_of_a_tenant_are_one, a_batch_is_a_parent_and_one_item_for_each_object];
