//! The database is gone, and flags are still served.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yardarm_server::Settings;

use crate::shop::{Events, NOW, Shop};

#[tokio::test]
async fn delivery_goes_on_while_the_database_is_away() {
    // Nobody listens there.
    let away = yardarm_store::open("postgres://nobody:nothing@127.0.0.1:1/none").await.unwrap();
    let mut settings = Settings::default();
    settings.limits.pending_batches = 3;
    let shop = Shop::with(settings, Some(away)).await;
    let mut stream = Events::of(shop.send(shop.ask(&shop.server_key, "/sdk/v1/stream", None)).await);
    assert_eq!(stream.next().await.unwrap().name, "put");
    for round in 0..3 {
        assert_eq!(shop.evaluate("checkout", json!({"country": "DE"})).await.status, 200);
        assert_eq!(shop.read(shop.ask(&shop.server_key, "/sdk/v1/ruleset", None)).await.status, 200);
        let batch = json!({
            "batch": format!("batch-number-{round}"), "sdk": {"name": "rust"},
            "counts": [{"flag": "title", "variant": "v0", "reason": "STATIC", "count": 1, "start": NOW}],
        });
        let accepted = shop.read(shop.ask(&shop.server_key, "/sdk/v1/events", Some(batch))).await;
        // Two are kept; a third is for the SDK to keep.
        assert_eq!(accepted.status, if round < 2 { 202 } else { 503 });
        assert_eq!(accepted.header("retry-after").is_empty(), round < 2);
    }
    shop.app.flush().await;
    assert_eq!(shop.metric("yardarm_counts_pending_batches").await.as_deref(), Some("3"));
    // The hub still hears of changes here (its database works), and so do streams.
    shop.switch(false).await;
    assert_eq!(stream.news().await.unwrap().name, "patch");
}

#[tokio::test]
async fn stopping_ends_streams_with_a_good_bye_and_writes_what_was_counted() {
    let mut settings = Settings::default();
    settings.timeouts.stream_key_check = std::time::Duration::from_millis(50);
    let shop = Shop::with(settings, None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (signal, told_to_stop) = tokio::sync::oneshot::channel::<()>();
    let app = shop.app.clone();
    let server = tokio::spawn(yardarm_server::serve(app, listener, async { drop(told_to_stop.await) }));
    shop.evaluate("checkout", json!({})).await;

    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /sdk/v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", shop.server_key);
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4_096];
    while !String::from_utf8_lossy(&received).contains("event: put") {
        let length = socket.read(&mut buffer).await.unwrap();
        assert!(length > 0);
        received.extend_from_slice(&buffer[..length]);
    }
    signal.send(()).unwrap();
    socket.read_to_end(&mut received).await.unwrap();
    let text = String::from_utf8_lossy(&received).into_owned();
    assert!(text.contains("x-accel-buffering: no"), "{text}");
    assert!(text.contains("event: goodbye\ndata: {\"retry_ms\":"), "{text}");
    server.await.unwrap().unwrap();
    let query = yardarm_store::CountQuery { tenant_id: "tnt_1".into(), scope_id: "prj_1".into(), ..Default::default() };
    assert_eq!(shop.store.counts(query).await.unwrap().len(), 1);
    assert!(TcpStream::connect(address).await.is_err());
}
