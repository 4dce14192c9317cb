//! A handler that panics: a problem for its caller, nothing for anybody else.

use serde_json::json;
use yardarm_testkit::TestApp;

#[tokio::test]
async fn a_panic_is_a_problem_and_the_next_request_is_served() {
    let app = TestApp::start_sqlite().await;
    let key = app.sdk_key("production", "server").await;
    let events = app.with_token(&key);
    let batch = json!({ "batch": "a-batch-of-one", "sdk": { "name": "rust", "version": "1" }, "counts": [] });

    app.break_clock(true);
    for reply in [app.owner.get("/api/v1/session").await, events.post("/sdk/v1/events", batch.clone()).await] {
        assert_eq!((reply.status, reply.text("code").as_str()), (500, "internal"), "{}", reply.body);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.text("trace_id").len(), 32);
        assert!(!reply.body.to_string().contains("clock"), "what happened is for the log: {}", reply.body);
    }
    app.break_clock(false);
    assert_eq!(app.owner.get("/api/v1/session").await.status, 200);
    assert_eq!(events.post("/sdk/v1/events", batch).await.status, 202);
}
