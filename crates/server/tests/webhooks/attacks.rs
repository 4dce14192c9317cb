//! What must not work.

use std::sync::Arc;

use serde_json::json;
use yardarm_store::ScopeRef;
use yardarm_testkit::{TestApp, on_both_stores};

use crate::receiver::{Receiver, deliveries, webhook};

on_both_stores!(
    no_address_inside_is_saved_or_called,
    what_belongs_to_others_is_missing,
    only_who_may_manage_them,
    no_secret_is_in_any_byte_that_is_stored,
);

const INSIDE: &[&str] = &[
    "http://127.0.0.2/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[fd00:ec2::254]/",
    "http://user:password@127.0.0.1/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "not an address",
    "",
];

/// Making, changing and testing judge in the same way. (That sending does, with names that change, is in
/// `tests/outbound.rs`.)
async fn no_address_inside_is_saved_or_called(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": [] })).await;
    let path = format!("/api/v1/webhooks/{id}");
    for url in INSIDE {
        for format in ["standard", "slack"] {
            let body = json!({ "name": "a", "url": url, "format": format });
            let made = app.owner.post("/api/v1/webhooks", body).await;
            assert_eq!(made.problems(), [("/url".to_owned(), "address_refused".to_owned())], "{url}: {}", made.body);
            let changed = app.owner.patch(&path, json!({ "url": url, "format": format })).await;
            assert_eq!(changed.problems(), [("/url".to_owned(), "address_refused".to_owned())], "{url}");
        }
    }
    assert_eq!(app.owner.get("/api/v1/webhooks").await.body["total"], 1);
    assert_eq!(app.owner.get(&path).await.text("url"), receiver.url());

    // A redirect to the metadata service is an answer, not a way there.
    receiver.answer(&[302]);
    let done = app.owner.send("POST", &format!("{path}/test"), None).await;
    assert_eq!((&done.body["state"], &done.body["status"]), (&json!("failed"), &json!(302)));

    // Saved when it was allowed, called when it is not: the document is written past the endpoints.
    let tenant = app.owner.get("/api/v1/tenants/acme").await.text("id");
    let stored = app.app.store.document(ScopeRef::tenant(&tenant), "webhook", &id).await.unwrap().unwrap();
    let mut commit = yardarm_store::Commit {
        tenant_id: tenant.clone(),
        scope_id: tenant.clone(),
        expected: None,
        attribution: app.app.store.changes(ScopeRef::tenant(&tenant), 0, 1).await.unwrap().pop().unwrap().attribution,
        documents: vec![],
        rows: vec![],
    };
    commit.documents.push(yardarm_store::DocumentWrite {
        kind: "webhook".into(),
        key: id.clone(),
        body: Some(stored.body.replace(&receiver.url(), "http://169.254.169.254/")),
    });
    app.app.store.commit(commit).await.unwrap();
    let done = app.owner.send("POST", &format!("{path}/test"), None).await;
    assert_eq!((&done.body["state"], &done.body["status"]), (&json!("failed"), &json!(null)), "{}", done.body);
    assert!(done.text("error").contains("may not be called"), "{}", done.body);
}

async fn what_belongs_to_others_is_missing(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({})).await;
    let ping = app.owner.send("POST", &format!("/api/v1/webhooks/{id}/test"), None).await.text("id");
    let other = app.second_tenant("other").await;
    let (own, _) = webhook(&other, &receiver.url(), json!({ "actions": [] })).await;
    let heard = receiver.heard().len();
    let bodies = |method: &str, path: &str| match (method, path) {
        ("PATCH", _) => Some(json!({ "name": "mine now", "url": receiver.url() })),
        ("POST", path) if path.ends_with("/secret") => Some(json!({})),
        ("POST", path) if path.ends_with("}/replay") => Some(json!({ "since": 0 })),
        _ => None,
    };
    for (method, template) in [
        ("GET", "/api/v1/webhooks/{id}"),
        ("PATCH", "/api/v1/webhooks/{id}"),
        ("DELETE", "/api/v1/webhooks/{id}"),
        ("POST", "/api/v1/webhooks/{id}/secret"),
        ("POST", "/api/v1/webhooks/{id}/test"),
        ("GET", "/api/v1/webhooks/{id}/deliveries"),
        ("POST", "/api/v1/webhooks/{id}/deliveries/{ping}/replay"),
        ("POST", "/api/v1/webhooks/{id}/replay"),
    ] {
        let body = bodies(method, template).map(|body| body.to_string().into_bytes());
        let ask = async |id: &str, ping: &str| {
            let path = template.replace("{id}", id).replace("{ping}", ping);
            let mut reply = other.send(method, &path, body.clone()).await;
            reply.body["trace_id"] = json!(null);
            (reply.status, reply.body)
        };
        let foreign = ask(&id, &ping).await;
        assert_eq!(foreign, ask("whk_0", "msg_0").await, "{method} {template}");
        assert_eq!(foreign.0, 404, "{method} {template}");
        if template.contains("{ping}") {
            // A delivery of somebody else's under a webhook of one's own.
            assert_eq!(ask(&own, &ping).await, foreign, "{method} {template}");
        }
    }
    let theirs = other.get("/api/v1/webhooks").await;
    assert_eq!(theirs.body["total"], 1);
    assert!(!theirs.body.to_string().contains(&id));
    assert_eq!(app.owner.get(&format!("/api/v1/webhooks/{id}")).await.text("name"), "CI");
    // What happens there is not told here.
    assert_eq!(other.post("/api/v1/projects", json!({ "key": "theirs", "name": "Theirs" })).await.status, 201);
    app.flag("checkout").await;
    crate::receiver::until("the flag", async || {
        receiver.heard().iter().any(|heard| heard.json()["type"] == "flag.create")
    })
    .await;
    assert!(receiver.heard()[heard..].iter().all(|heard| !String::from_utf8_lossy(&heard.body).contains("theirs")));
}

async fn only_who_may_manage_them(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let (id, _) = webhook(&app.owner, &receiver.url(), json!({ "actions": [] })).await;
    for role in ["viewer", "editor"] {
        let client = app.with_role(role).await;
        assert_eq!(client.get("/api/v1/webhooks").await.status, 403, "{role}");
        assert_eq!(client.get(&format!("/api/v1/webhooks/{id}/deliveries")).await.status, 403);
        let body = json!({ "name": "a", "url": receiver.url() });
        assert_eq!(client.post("/api/v1/webhooks", body).await.status, 403);
        assert_eq!(client.send("POST", &format!("/api/v1/webhooks/{id}/test"), None).await.status, 403);
    }
    assert!(receiver.heard().is_empty() && deliveries(&app, &id).await.is_empty());
    let body = json!({ "name": "a", "url": receiver.url() });
    assert_eq!(app.with_role("admin").await.post("/api/v1/webhooks", body).await.status, 201);
}

async fn no_secret_is_in_any_byte_that_is_stored(app: Arc<TestApp>) {
    let receiver = Receiver::start().await;
    let url = format!("http://{}/services/T0/B0/channel-secret", receiver.address);
    let (id, secret) = webhook(&app.owner, &url, json!({ "format": "slack" })).await;
    let rotated = app.owner.post(&format!("/api/v1/webhooks/{id}/secret"), json!({})).await.text("secret");
    app.flag("checkout").await;
    receiver.hears(3).await;
    let Some(file) = app.app.settings.database_url.strip_prefix("sqlite:").map(str::to_owned) else { return };
    let folder = std::path::Path::new(&file).parent().unwrap().to_owned();
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        read += usize::from(text.contains("webhook.create"));
        for canary in [&secret, &rotated, &secret[6..], "channel-secret"] {
            assert!(!text.contains(canary), "{canary} is stored");
        }
    }
    assert!(read > 0, "the files were read");
}
