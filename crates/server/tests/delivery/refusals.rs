//! Whoever refuses, the answer is a problem; and every answer carries its ids.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let shop = Shop::open().await;
    let big = "x".repeat(2 << 20);
    let request = |method: &str, path: &str, body: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", shop.server_key))
            .header("content-type", "application/json")
            .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    for (method, path, body, status, code) in [
        ("GET", "/api/v1/no-such-thing", "", 404, "no_such_route"),
        ("GET", "/sdk/v1/no-such-thing", "", 404, "no_such_route"),
        ("POST", "/no-such-page", "", 404, "no_such_route"),
        ("DELETE", "/sdk/v1/ruleset", "", 405, "method_not_allowed"),
        ("GET", "/ofrep/v1/evaluate/flags", "", 405, "method_not_allowed"),
        ("POST", "/healthz", "", 405, "method_not_allowed"),
        ("POST", "/sdk/v1/events", &big, 413, "body_too_large"),
        ("POST", "/sdk/v1/events", "{", 400, "malformed_json"),
        ("GET", "/ofrep/v1/stream?ticket=a&ticket=b", "", 400, "query_invalid"),
    ] {
        let answer = shop.read(request(method, path, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        let problem = answer.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{method} {path}");
        assert_eq!(problem["type"], format!("https://yardarm.dev/problems/{code}"));
        assert_eq!(problem["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(answer.header("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        assert_eq!(answer.header("x-request-id").len(), 16);
        assert_eq!(answer.header("allow").is_empty(), status != 405, "{method} {path}");
    }
}

#[tokio::test]
async fn a_refusal_is_readable_for_those_who_accept_compression() {
    let shop = Shop::open().await;
    // Long enough to be worth compressing.
    let path = format!("/api/v1/projects/{}/flags", "x".repeat(400));
    for path in [path.as_str(), "/api/v1/no-such-thing"] {
        let mut request = shop.ask(&shop.server_key, path, None);
        request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
        let answer = shop.read(request).await;
        let packed = answer.header("content-encoding") == "gzip";
        assert_eq!(answer.body.starts_with(&[0x1f, 0x8b]), packed, "{path}: the header says what the body is");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn a_console_that_was_built_is_in_the_binary() {
    let exported = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/out/flags.html");
    let shop = Shop::open().await;
    let page = shop.read(shop.ask("", "/flags", None)).await;
    assert_eq!(page.status == 200, exported.exists(), "{}", page.status);
}

#[tokio::test]
async fn the_first_page_and_the_reference_are_there() {
    let shop = Shop::open().await;
    for (path, kind) in [("/", "text/html"), ("/docs", "text/html"), ("/docs/docs.js", "text/javascript")] {
        let page = shop.read(shop.ask("", path, None)).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with(kind), "{path}: {}", page.header("content-type"));
        assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-cache", "nosniff"));
        assert_eq!(page.header("content-security-policy").contains("frame-ancestors 'none'"), kind == "text/html");
        let mut again = shop.ask("", path, None);
        again.headers_mut().insert("if-none-match", page.header("etag").parse().unwrap());
        assert_eq!(shop.read(again).await.status, 304, "{path}");
    }
    assert_eq!(shop.read(shop.ask("", "/docs/", None)).await.header("location"), "/docs");
    assert_eq!(shop.read(shop.ask("", "/docs/../etc/passwd", None)).await.status, 404);
}
