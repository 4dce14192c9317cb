//! `/sdk/v1/ruleset` and `/sdk/v1/stream`: clause by clause of `spec/stream.md`.

use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use serde_json::json;
use yardarm_eval::ruleset::{Patch, Ruleset};
use yardarm_model::command::Command;
use yardarm_server::Settings;

use crate::shop::{Events, Shop};

async fn open(shop: &Shop, last: Option<&str>) -> Response<Body> {
    let mut request = shop.ask(&shop.server_key, "/sdk/v1/stream", None);
    if let Some(last) = last {
        request.headers_mut().insert("last-event-id", last.parse().unwrap());
    }
    shop.send(request).await
}

#[tokio::test]
async fn the_ruleset_comes_once() {
    let shop = Shop::open().await;
    let get = |headers: &[(&'static str, &str)]| {
        let mut request = shop.ask(&shop.server_key, "/sdk/v1/ruleset", None);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        shop.read(request)
    };
    let first = get(&[]).await;
    let ruleset: Ruleset = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(
        (ruleset.project.as_str(), ruleset.environment.as_str(), ruleset.flags.len()),
        ("shop", "production", 6)
    );
    let etag = first.header("etag").to_owned();
    let unchanged = get(&[("if-none-match", &etag)]).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
    let packed = get(&[("accept-encoding", "gzip, br")]).await;
    assert_eq!((packed.header("content-encoding"), &packed.body[..2]), ("gzip", &[0x1f, 0x8b][..]));
    shop.switch(false).await;
    assert_eq!(get(&[("if-none-match", &etag)]).await.status, 200);
}

#[tokio::test]
async fn client_keys_never_see_rules() {
    let shop = Shop::open().await;
    for path in ["/sdk/v1/ruleset", "/sdk/v1/stream"] {
        let answer = shop.read(shop.ask(&shop.client_key, path, None)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &json!("server_key_required")));
    }
}

#[tokio::test]
async fn put_then_patches() {
    let shop = Shop::open().await;
    let mut events = Events::of(open(&shop, None).await);
    let put = events.next().await.unwrap();
    assert_eq!(put.name, "put");
    let ruleset: Ruleset = serde_json::from_value(put.data).unwrap();
    assert_eq!(put.id, format!("{}:{}", ruleset.version.epoch, ruleset.version.rev));
    shop.switch(false).await;
    let event = events.news().await.unwrap();
    let patch: Patch = serde_json::from_value(event.data).unwrap();
    assert_eq!((event.name.as_str(), &patch.from), ("patch", &ruleset.version));
    assert_eq!(event.id, format!("{}:{}", patch.to.epoch, patch.to.rev));
    assert_eq!(patch.flags.keys().collect::<Vec<_>>(), ["checkout"]);
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let shop = Shop::open().await;
    let mut events = Events::of(open(&shop, None).await);
    let at = events.next().await.unwrap().id;
    drop(events);
    shop.switch(false).await;
    shop.switch(true).await;
    let mut events = Events::of(open(&shop, Some(&at)).await);
    let (one, two) = (events.next().await.unwrap(), events.next().await.unwrap());
    assert_eq!((one.name.as_str(), two.name.as_str()), ("patch", "patch"));
    assert_eq!(one.data["to"], two.data["from"]);
    // Current: a sign of life at once. Another epoch, the future and rubbish: the whole.
    let current = two.id.clone();
    assert_eq!(Events::of(open(&shop, Some(&current)).await).next().await.unwrap().name, "ping");
    for last in ["other:3", "e1:999999", "rubbish"] {
        assert_eq!(Events::of(open(&shop, Some(last)).await).next().await.unwrap().name, "put", "{last}");
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_to_resync() {
    let shop = Shop::open().await;
    let mut events = Events::of(open(&shop, None).await);
    assert_eq!(events.next().await.unwrap().name, "put");
    for n in 0..80 {
        shop.switch(n % 2 == 1).await;
    }
    assert_eq!(events.news().await.unwrap().name, "resync");
    assert!(events.next().await.is_none());
    assert_eq!(shop.metric("yardarm_streams_lagged_total").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_revoked_key_ends_its_streams() {
    let shop = Shop::open().await;
    let mut events = Events::of(open(&shop, None).await);
    events.next().await.unwrap();
    let mut clients = {
        let answer = shop.read(shop.ask(&shop.client_key, "/ofrep/v1/evaluate/flags", Some(json!({})))).await;
        let uri = answer.json()["eventStreams"][0]["endpoint"]["requestUri"].as_str().unwrap().to_owned();
        (Events::of(shop.send(Request::get(&uri).body(Body::empty()).unwrap()).await), uri)
    };
    shop.change(Command::RevokeSdkKey { id: "key_server".into() }).await;
    assert_eq!(events.news().await, None);
    assert_eq!(open(&shop, None).await.status(), 401);
    shop.change(Command::RevokeSdkKey { id: "key_client".into() }).await;
    assert_eq!(clients.0.news().await, None);
    assert_eq!(shop.send(Request::get(&clients.1).body(Body::empty()).unwrap()).await.status(), 401);
}

#[tokio::test]
async fn an_environment_that_goes_ends_its_streams() {
    let shop = Shop::open().await;
    let mut events = Events::of(open(&shop, None).await);
    events.next().await.unwrap();
    shop.change(Command::DeleteEnvironment { key: "production".into() }).await;
    while let Some(event) = events.news().await {
        assert_eq!(event.name, "goodbye");
    }
}

#[tokio::test]
async fn heartbeats_age_and_good_byes() {
    let mut settings = Settings::default();
    settings.timeouts.stream_key_check = Duration::from_millis(10);
    settings.timeouts.stream_heartbeat = Duration::from_millis(20);
    let shop = Shop::with(settings.clone(), None).await;
    let mut events = Events::of(open(&shop, None).await);
    events.next().await.unwrap();
    assert_eq!(events.next().await.unwrap().name, "ping");
    assert_eq!(shop.read(shop.ask("", "/readyz", None)).await.status, 200);
    shop.app.drain();
    let goodbye = events.news().await.unwrap();
    assert_eq!(goodbye.name, "goodbye");
    assert!(goodbye.data["retry_ms"].is_u64());
    assert!(events.next().await.is_none());
    let ready = shop.read(shop.ask("", "/readyz", None)).await;
    assert_eq!((ready.status.as_u16(), &ready.json()["delivery"]), (503, &json!("draining")));

    settings.timeouts.stream_age = Duration::from_millis(30);
    let shop = Shop::with(settings, None).await;
    let mut events = Events::of(open(&shop, None).await);
    events.next().await.unwrap();
    assert_eq!(events.news().await.unwrap().name, "goodbye");
}

#[tokio::test]
async fn beyond_the_budget_come_back_later() {
    let mut settings = Settings::default();
    settings.limits.streams_per_key = 1;
    let shop = Shop::with(settings, None).await;
    let first = open(&shop, None).await;
    assert_eq!(first.status(), 200);
    let second = open(&shop, None).await;
    assert_eq!(second.status(), 429);
    assert!(second.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(shop.metric("yardarm_streams_open{protocol=\"sdk\"}").await.as_deref(), Some("1"));
    drop(first);
    assert_eq!(open(&shop, None).await.status(), 200);
    let mut settings = Settings::default();
    settings.limits.stream_opens_burst = 1;
    settings.limits.stream_opens_per_second = 1;
    let shop = Shop::with(settings, None).await;
    assert_eq!(open(&shop, None).await.status(), 200);
    assert_eq!(open(&shop, None).await.status(), 503);
}
