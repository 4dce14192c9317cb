//! Requests that no honest client sends, on both lanes: nothing opens, nothing falls over, and the next request is served.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use yardarm_testkit::{Client, TestApp};

/// Nothing here takes this long, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);
const MANAGEMENT: &str = "/api/v1/projects";
const DELIVERY: &str = "/ofrep/v1/evaluate/flags/checkout";

/// Writes bytes as they are and gives what comes back until the server closes.
async fn raw(app: &TestApp, request: &[u8]) -> String {
    talk(app, request, false).await
}

/// `ends`: this side says that no more will come.
async fn talk(app: &TestApp, request: &[u8], ends: bool) -> String {
    let mut socket = TcpStream::connect(app.url.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut reader, mut writer) = socket.split();
    let mut answer = Vec::new();
    let talk = async {
        // The server may close while this is being written: that is an answer, too.
        let write = async {
            let _cut_off = writer.write_all(request).await;
            if ends {
                let _cut_off = writer.shutdown().await;
            }
        };
        let (_cut_off, ()) = tokio::join!(reader.read_to_end(&mut answer), write);
    };
    tokio::time::timeout(PATIENCE, talk).await.expect("the server neither answered nor closed");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Statuses of all answers on a connection.
fn statuses(answer: &str) -> Vec<u16> {
    let starts = answer.match_indices("HTTP/1.1 ").map(|(at, _)| answer[at + 9..at + 12].parse().unwrap());
    starts.collect()
}

async fn still_serves(app: &TestApp, sdk: &Client) {
    assert_eq!(app.owner.get(MANAGEMENT).await.status, 200);
    assert_eq!(sdk.post(DELIVERY, json!({})).await.status, 200);
}

async fn with_a_flag() -> (TestApp, Client) {
    let app = TestApp::start_sqlite().await;
    app.flag("checkout").await;
    let key = app.sdk_key("production", "client").await;
    let sdk = app.with_token(&key);
    (app, sdk)
}

#[tokio::test]
async fn heads_are_bounded() {
    let (app, sdk) = with_a_flag().await;
    for (method, path) in [("GET", MANAGEMENT), ("POST", DELIVERY)] {
        let large = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "x".repeat(10 << 20));
        let answer = raw(&app, large.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [431]), "{answer}");
        let many = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(5_000));
        let answer = raw(&app, many.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [431]), "{answer}");
        let long = format!("{method} /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(10 << 20));
        let answer = raw(&app, long.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [414 | 431]), "{answer}");
        let endless = format!("{method} {path}");
        assert!(statuses(&talk(&app, endless.as_bytes(), true).await).iter().all(|status| *status >= 400));
    }
    still_serves(&app, &sdk).await;
}

#[tokio::test]
async fn a_path_has_one_spelling() {
    let (app, sdk) = with_a_flag().await;
    let viewer = app.with_role("viewer").await;
    for path in [
        "//api/v1/projects",
        "/api//v1/projects",
        "/api/v1/projects/",
        "/API/V1/projects",
        "/api/v1/./projects",
        "/api/v1/x/../projects",
        "/api/v1/%70rojects/",
        "/api/v1%2fprojects",
        "/api/v1/projects%2fshop",
        "/api/v1/projects/shop%2f..%2fshop",
        "/api/v1/projects/shop/../shop",
        "/api/v1/projects/shop%00",
        "/api/v1/projects/SHOP",
        "/api/v1/projects/..",
        "/api/v1/projects/%2e%2e",
        "/api/v1/session/../projects",
        "/api/v1/projects;a=b",
        "/api/v1/projects/shop/flags/..%2f..%2fkeys",
        "/healthz/../api/v1/projects",
        "//ofrep/v1/evaluate/flags/checkout",
        "/OFREP/v1/evaluate/flags/checkout",
        "/sdk/v1/ruleset/",
        "/sdk/v1/../../api/v1/projects",
        "/ofrep/v1/evaluate/flags/%2e%2e/checkout",
    ] {
        for token in [Some(&app.token), None] {
            let credential = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
            let answer = raw(
                &app,
                format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{credential}\r\n").as_bytes(),
            )
            .await;
            let status = statuses(&answer);
            // The console answers what is not ours to read with its page, which says nothing.
            let opened = status == [200] && !answer.contains("text/html");
            assert!(status.len() == 1 && !opened && status[0] < 500, "{path}: {answer}");
            assert!(!answer.contains("\"Shop\""), "{path}: {answer}");
        }
    }
    assert_eq!(viewer.get("/api/v1/projects/%73hop").await.status, 200, "an escaped letter is that letter");
    still_serves(&app, &sdk).await;
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_token_in_an_address_opens_nothing_and_is_not_logged() {
    let log = Log::default();
    let writer = log.clone();
    let filter = tracing_subscriber::EnvFilter::new("yardarm=trace,yardarm_server=trace,yardarm_store=trace");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone()).init();
    let (app, _sdk) = with_a_flag().await;
    let key = app.sdk_key("production", "server").await;
    let nobody = app.anonymous();
    for name in ["token", "access_token", "key", "api_key", "authorization", "Authorization"] {
        for path in [MANAGEMENT, "/api/v1/session", "/sdk/v1/ruleset", "/sdk/v1/stream", "/ofrep/v1/stream"] {
            for secret in [&app.token, &key] {
                let status = nobody.get(&format!("{path}?{name}={secret}")).await.status;
                assert!(matches!(status, 400 | 401), "{status} {path}?{name}");
                assert_eq!(nobody.get(&format!("{path}?ticket={secret}")).await.status / 100, 4);
            }
        }
        assert_eq!(app.owner.get(&format!("{MANAGEMENT}?{name}={}", app.token)).await.status, 400, "{name}");
    }
    let said = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(said.contains("/api/v1/session"), "the log was caught");
    for secret in [&app.token, &key] {
        let told: Vec<_> = said.lines().filter(|line| line.contains(secret.as_str())).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

#[tokio::test]
async fn what_is_said_twice_is_refused() {
    let (app, sdk) = with_a_flag().await;
    for query in ["limit=1&limit=500", "search=a&search=b", "limit=1&cursor=x&limit=1"] {
        let refused = app.owner.get(&format!("/api/v1/projects/shop/flags?{query}")).await;
        assert_eq!(refused.status, 400, "{query}: {}", refused.body);
    }
    let key = app.sdk_key("production", "client").await;
    for (method, path, first, second) in [
        ("GET", MANAGEMENT, app.token.as_str(), "yd_pat_x"),
        ("GET", MANAGEMENT, "yd_pat_x", app.token.as_str()),
        ("GET", MANAGEMENT, app.token.as_str(), app.token.as_str()),
        ("POST", DELIVERY, key.as_str(), "yd_cli_x"),
        ("POST", DELIVERY, "yd_cli_x", key.as_str()),
    ] {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {first}\r\nauthorization: Bearer {second}\r\n\r\n{{}}"
        );
        assert_eq!(statuses(&raw(&app, request.as_bytes()).await), [401], "{path}");
    }
    let path = "/api/v1/projects/shop/flags/checkout/environments/production";
    let current = app.owner.get(path).await.header("etag").to_owned();
    for tags in [["\"999\"", &current], [&current, "\"999\""]] {
        let request = format!(
            "PATCH {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nIf-Match: {}\r\nif-match: {}\r\n\r\n{{\"on\":true}}",
            app.token, tags[0], tags[1]
        );
        assert_eq!(statuses(&raw(&app, request.as_bytes()).await), [400], "{tags:?}");
    }
    assert_eq!(app.owner.get(path).await.header("etag"), current, "nothing was written");
    still_serves(&app, &sdk).await;
}

#[tokio::test]
async fn other_sites_read_nothing_of_management_and_change_nothing() {
    let (app, sdk) = with_a_flag().await;
    let browser = app.browser().await;
    let ours = app.url.clone();
    for origin in
        ["null".to_owned(), format!("{ours}.evil.com"), format!("{ours}@evil.com"), "https://evil.com".to_owned()]
    {
        let there = browser.with_header("origin", &origin);
        let read = there.get(MANAGEMENT).await;
        for name in ["access-control-allow-origin", "access-control-allow-credentials"] {
            assert_eq!(read.header(name), "", "{origin} {name}");
        }
        let asked = there.with_header("access-control-request-method", "POST");
        let preflight = asked.send("OPTIONS", MANAGEMENT, None).await;
        assert!(preflight.status >= 400 && preflight.header("access-control-allow-origin").is_empty(), "{origin}");
        let wrote = there.post("/api/v1/projects/shop/flags", json!({ "key": "planted" })).await;
        assert_eq!((wrote.status, wrote.text("code").as_str()), (403, "cross_site"), "{origin}");
        // Delivery is for every site, and takes no cookie.
        let answered = sdk.with_header("origin", &origin).post(DELIVERY, json!({})).await;
        assert_eq!(
            (answered.header("access-control-allow-origin"), answered.header("access-control-allow-credentials")),
            ("*", "")
        );
    }
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", "key=planted"),
        ("text/plain", "{\"key\":\"planted\"}"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("application/jsonp", "{\"key\":\"planted\"}"),
    ] {
        let form = browser.with_header("content-type", content_type);
        let here = form.with_header("origin", &ours);
        let refused = here.send("POST", "/api/v1/projects/shop/flags", Some(body.as_bytes().to_vec())).await;
        assert_eq!(refused.status, 415, "{content_type}");
        let token = app.with_token(&app.token).with_header("content-type", content_type);
        let refused = token.send("POST", "/api/v1/projects/shop/flags", Some(body.as_bytes().to_vec())).await;
        assert_eq!(refused.status, 415, "{content_type}");
        let there = form.with_header("sec-fetch-site", "cross-site");
        assert_eq!(there.send("POST", "/api/v1/session", Some(body.as_bytes().to_vec())).await.status, 403);
    }
    assert_eq!(app.owner.get("/api/v1/projects/shop/flags").await.body["total"], 1);
}

#[tokio::test]
async fn methods_do_what_they_say() {
    let (app, sdk) = with_a_flag().await;
    let head = app.owner.open("HEAD", MANAGEMENT, None).await;
    assert_eq!((head.status().as_u16(), head.bytes().await.unwrap().len()), (200, 0));
    assert_eq!(app.anonymous().open("HEAD", MANAGEMENT, None).await.status().as_u16(), 401);
    for path in [MANAGEMENT, DELIVERY, "/api/v1/session/link"] {
        for method in ["TRACE", "CONNECT", "PROPFIND", "get", "BREW", "DEBUG"] {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Secret: planted\r\n\r\n");
            let answer = raw(&app, request.as_bytes()).await;
            assert!(statuses(&answer).iter().all(|status| (400..500).contains(status)), "{method} {path}: {answer}");
            assert!(!answer.contains("planted"), "TRACE shows nobody's headers");
        }
    }
    still_serves(&app, &sdk).await;
}

#[tokio::test]
async fn bodies_that_lie_about_their_length_change_nothing() {
    let (app, sdk) = with_a_flag().await;
    let head = format!(
        "POST /api/v1/projects/shop/flags HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        app.token
    );
    let body = "{\"key\":\"planted\"}";
    for (rest, why) in [
        (format!("Content-Length: 400\r\n\r\n{body}"), "shorter than it says"),
        (format!("Content-Length: -1\r\n\r\n{body}"), "negative"),
        (format!("Content-Length: 16, 17\r\n\r\n{body}"), "two lengths"),
        (format!("Content-Length: 17\r\nContent-Length: 5\r\n\r\n{body}"), "two length headers"),
        (format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"), "no number"),
        (format!("Transfer-Encoding: chunked\r\n\r\nff\r\n{body}\r\n0\r\n\r\n"), "chunk too short"),
        (format!("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{body}\r\n0\r\n\r\n"), "chunk too large"),
        (format!("Transfer-Encoding: chunked\r\n\r\n11\r\n{body}\r\n"), "no end"),
        (format!("Transfer-Encoding: gzip\r\n\r\n{body}"), "not chunked"),
        (format!("Transfer-Encoding: chunked, identity\r\n\r\n11\r\n{body}\r\n0\r\n\r\n"), "chunked is not last"),
    ] {
        let ends = matches!(why, "shorter than it says" | "chunk too short" | "no end");
        let answer = talk(&app, format!("{head}{rest}").as_bytes(), ends).await;
        assert!(statuses(&answer).iter().all(|status| (400..500).contains(status)), "{why}: {answer}");
    }
    // A second request hidden in the body of one with two lengths is not a request.
    let hidden = format!("GET {MANAGEMENT} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", app.token);
    let smuggled = format!(
        "POST {DELIVERY} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        5 + hidden.len()
    );
    let answer = raw(&app, smuggled.as_bytes()).await;
    assert!(!answer.contains("\"Shop\""), "{answer}");
    assert_eq!(app.owner.get("/api/v1/projects/shop/flags").await.body["total"], 1, "nothing was planted");
    still_serves(&app, &sdk).await;
}

#[tokio::test]
async fn resets_of_http2_streams_cost_nobody_else() {
    let (app, sdk) = with_a_flag().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for _ in 0..500 {
        let request = client.post(format!("{}{DELIVERY}", app.url)).body("{}").send();
        // Given up before it was answered: a reset, or an error once the server has closed the connection.
        let _given_up = tokio::time::timeout(Duration::from_micros(1), request).await;
    }
    still_serves(&app, &sdk).await;
    let large = client.get(format!("{}{MANAGEMENT}", app.url)).header("x-large", "x".repeat(100 << 10)).send().await;
    assert!(large.is_err() || large.is_ok_and(|answer| answer.status().is_client_error()));
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    assert_eq!(client.get(format!("{}/healthz", app.url)).send().await.unwrap().status().as_u16(), 200);
}
