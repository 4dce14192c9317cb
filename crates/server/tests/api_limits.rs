//! Nobody's load is somebody else's outage: budgets of keys, tenants and addresses, as clients see them.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use yardarm_server::rates::Rates;
use yardarm_testkit::{Client, Reply, TestApp};

const EVALUATE: &str = "/ofrep/v1/evaluate/flags/checkout";
const PRODUCTION: &str = "/api/v1/projects/shop/flags/checkout/environments/production";

async fn limited(rates: &[(&str, &str)]) -> TestApp {
    TestApp::start_sqlite_with(|settings| {
        settings.rates = Rates::OFF;
        for (name, rate) in rates {
            settings.rates.configure(name, rate).unwrap();
        }
    })
    .await
}

fn with_key(app: &TestApp, key: &str) -> Client {
    app.with_token(key)
}

/// How many of so many requests are let through; the others are 429 that say which budget, and when to come back.
async fn let_through(tries: usize, policy: &str, mut ask: impl AsyncFnMut() -> Reply) -> usize {
    let mut good = 0;
    for _ in 0..tries {
        let reply = ask().await;
        if reply.status != 429 {
            assert!(reply.status < 300, "{} {}", reply.status, reply.body);
            good += 1;
            continue;
        }
        assert_eq!(reply.text("code"), "rate_limited");
        assert_eq!(reply.problems(), [(String::new(), policy.to_owned())], "{}", reply.body);
        assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
        assert!(reply.header("ratelimit").starts_with(&format!("\"{policy}\";r=0;t=")), "{:?}", reply.headers);
    }
    good
}

#[tokio::test]
async fn a_tenant_that_floods_takes_nothing_from_another() {
    let app = limited(&[("evaluate.key", "20/s"), ("evaluate.tenant", "30/s")]).await;
    app.flag("checkout").await;
    let (first, second) = (app.sdk_key("production", "server").await, app.sdk_key("production", "client").await);
    let other = app.second_tenant("other").await;
    other.post("/api/v1/projects", json!({ "key": "shop", "name": "Shop" })).await;
    other.post("/api/v1/projects/shop/flags", json!({ "key": "checkout" })).await;
    let body = json!({ "name": "tests", "environment": "production", "audience": "server" });
    let theirs = other.post("/api/v1/projects/shop/keys", body).await.text("key");

    // Fifty times the limit, and the other tenant in between.
    let (flood, quiet) = (with_key(&app, &first), with_key(&app, &theirs));
    let mut good = 0;
    for _ in 0..10 {
        good += let_through(100, "evaluate-key", async || flood.post(EVALUATE, json!({})).await).await;
        assert_eq!(quiet.post(EVALUATE, json!({})).await.status, 200);
    }
    assert_eq!(good, 20, "no more than there is");
    // Another key of the tenant that floods has what is left of the tenant's.
    let second = with_key(&app, &second);
    assert_eq!(let_through(20, "evaluate-tenant", async || second.post(EVALUATE, json!({})).await).await, 10);
    assert_eq!(let_through(10, "none", async || quiet.post(EVALUATE, json!({})).await).await, 10);
    // Time brings it back.
    app.advance(1_000);
    assert_eq!(let_through(100, "evaluate-key", async || flood.post(EVALUATE, json!({})).await).await, 20);
    let metrics = app.anonymous().get("/metrics").await.body;
    let metrics = metrics.as_str().unwrap();
    let line = "yardarm_rate_limit_limited_total{class=\"evaluate\",budget=\"tenant\"} 10";
    assert!(metrics.contains(line), "{metrics}");
    assert!(metrics.contains("yardarm_rate_limit_allowed_total{class=\"evaluate\"} 70"), "{metrics}");
}

#[tokio::test]
async fn a_request_for_another_tenant_is_taken_from_that_one() {
    let app = limited(&[("write.tenant", "20/m")]).await;
    let other = app.second_tenant("other").await;
    // In the first tenant, about the second one.
    let browser = app.browser().await;
    let (acme, name) = ("/api/v1/tenants/acme", json!({ "name": "Same" }));
    let open = browser.get("/api/v1/session").await.body["tenant"]["key"].clone();
    assert_eq!(open, "acme");
    let flood = async || browser.patch("/api/v1/tenants/other", name.clone()).await;
    assert!((15..20).contains(&let_through(30, "write-tenant", flood).await));
    assert_eq!(other.patch("/api/v1/tenants/other", name.clone()).await.status, 429);
    assert_eq!(app.owner.patch(acme, name.clone()).await.status, 200);
}

#[tokio::test]
async fn a_flag_is_turned_off_while_everything_else_is_at_its_limit() {
    let app = limited(&[
        ("evaluate.key", "5/m"),
        ("evaluate.tenant", "5/m"),
        ("ruleset.tenant", "5/m"),
        ("stream-open.tenant", "5/m"),
        ("read.key", "10/m"),
        ("write.key", "10/m"),
        ("heavy.key", "10/m"),
        ("flip.key", "10/m"),
    ])
    .await;
    app.flag("checkout").await;
    app.owner.patch(PRODUCTION, json!({ "on": true })).await;
    let sdk = with_key(&app, &app.sdk_key("production", "server").await);
    for path in ["/sdk/v1/ruleset", "/ofrep/v1/evaluate/flags/checkout"] {
        let method = if path.starts_with("/sdk") { "GET" } else { "POST" };
        let mut last = 0;
        for _ in 0..50 {
            last = sdk.send(method, path, Some(b"{}".to_vec())).await.status;
        }
        assert_eq!(last, 429, "{path}");
    }
    // Their own scripts, too.
    let mut last = 0;
    for n in 0..50 {
        app.owner.get("/api/v1/projects/shop/flags").await;
        last = app.owner.post("/api/v1/projects/shop/flags", json!({ "key": format!("f{n}") })).await.status;
    }
    assert_eq!(last, 429);
    let off = app.owner.patch(PRODUCTION, json!({ "on": false })).await;
    assert_eq!((off.status, &off.body["on"]), (200, &Value::Bool(false)), "{}", off.body);
    assert_eq!(off.header("ratelimit-policy"), "\"flip-key\";q=10;w=60");
}

#[tokio::test]
async fn answers_say_what_is_left() {
    let app =
        limited(&[("read.key", "60/m burst 10"), ("read.tenant", "100/s"), ("evaluate.key", "50/s burst 100")]).await;
    app.flag("checkout").await;
    let read = app.owner.get("/api/v1/projects/shop").await;
    assert_eq!(read.header("ratelimit-policy"), "\"read-key\";q=10;w=10, \"read-tenant\";q=100;w=1");
    assert_eq!(read.header("ratelimit"), "\"read-key\";r=9;t=1");
    let missing = app.owner.get("/api/v1/projects/nothing").await;
    assert_eq!((missing.status, missing.header("ratelimit")), (404, "\"read-key\";r=8;t=2"));
    let sdk = with_key(&app, &app.sdk_key("production", "client").await);
    let found = sdk.post(EVALUATE, json!({})).await;
    assert_eq!(found.header("ratelimit"), "\"evaluate-key\";r=99;t=1");
    let exposed = sdk.with_header("origin", "https://shop.example").post(EVALUATE, json!({})).await;
    assert!(exposed.header("access-control-expose-headers").contains("ratelimit"), "{:?}", exposed.headers);
    let unlimited = app.owner.post("/api/v1/projects/shop/flags", json!({ "key": "b" })).await;
    assert_eq!((unlimited.status, unlimited.header("ratelimit")), (201, ""));
}

#[tokio::test]
async fn a_person_has_one_budget_in_all_browsers_and_tokens_have_their_own() {
    let app = limited(&[("read.key", "10/m")]).await;
    let (first, second) = (app.browser().await, app.browser().await);
    assert_eq!(let_through(6, "read-key", async || first.get("/api/v1/projects").await).await, 6);
    assert_eq!(let_through(6, "read-key", async || second.get("/api/v1/projects").await).await, 4);
    let token = app.with_role("viewer").await;
    assert_eq!(let_through(20, "read-key", async || token.get("/api/v1/projects").await).await, 10);
}

#[tokio::test]
async fn what_opens_nothing_counts_against_its_address_and_good_keys_never_do() {
    let app = limited(&[("refused.address", "10/m")]).await;
    app.flag("checkout").await;
    let good = with_key(&app, &app.sdk_key("production", "server").await);
    let bad = with_key(&app, "yd_srv_nonsense");
    for n in 0..30 {
        let refused = bad.post(EVALUATE, json!({})).await.status;
        assert_eq!(refused, if n < 10 { 401 } else { 429 }, "{n}");
    }
    let stranger = app.with_token("yd_pat_nonsense").get("/api/v1/projects").await;
    assert_eq!((stranger.status, stranger.problems()[0].1.as_str()), (429, "refused-address"));
    assert_eq!(app.anonymous().get("/ofrep/v1/stream?ticket=x").await.status, 429);
    assert_eq!(good.post(EVALUATE, json!({})).await.status, 200);
    assert_eq!(app.owner.get("/api/v1/projects").await.status, 200);
}

#[tokio::test]
async fn addresses_are_those_that_trusted_proxies_name() {
    let rates = |settings: &mut yardarm_server::Settings| settings.rates.configure("password.address", "3/m").unwrap();
    let wrong = json!({ "email": "ana@example.com", "password": "wrong password" });
    // Nobody is trusted: whatever a client says about itself, it is one address.
    let app = TestApp::start_sqlite_with(rates).await;
    let mut seen = Vec::new();
    for n in 0..6 {
        let claims = app.anonymous().with_header("x-forwarded-for", &format!("198.51.100.{n}"));
        let claims = claims.with_header("forwarded", &format!("for=198.51.100.{n}"));
        seen.push(claims.post("/api/v1/session", wrong.clone()).await.status);
    }
    assert_eq!(seen, [401, 401, 429, 429, 429, 429], "one of three was setting up");

    // Behind a trusted proxy each client has its own, and the proxy's address is nobody's.
    let app = TestApp::start_sqlite_with(|settings| {
        rates(settings);
        settings.trusted_proxies = vec![yardarm_server::rates::network("127.0.0.0/8").unwrap()];
    })
    .await;
    for n in 0..6 {
        let client = app.anonymous().with_header("x-forwarded-for", &format!("203.0.113.9, 198.51.100.{n}"));
        assert_eq!(client.post("/api/v1/session", wrong.clone()).await.status, 401);
    }
    let client = app.anonymous().with_header("x-forwarded-for", "198.51.100.200");
    let mut seen = Vec::new();
    for n in 0..5 {
        seen.push(
            client
                .post("/api/v1/session", json!({ "email": format!("{n}@example.com"), "password": "wrong" }))
                .await
                .status,
        );
    }
    assert_eq!(seen, [401, 401, 401, 429, 429]);
    for n in 0..5 {
        let body = json!({ "email": format!("x{n}@example.com"), "password": "wrong" });
        assert_eq!(app.anonymous().post("/api/v1/session", body).await.status, 401, "named by nobody");
    }
}

#[tokio::test]
async fn streams_are_capped_for_a_tenant_and_an_address() {
    let app = TestApp::start_sqlite_with(|settings| {
        settings.limits.streams_per_key = 2;
        settings.limits.streams_per_tenant = 3;
    })
    .await;
    let (first, second) = (app.sdk_key("production", "server").await, app.sdk_key("staging", "server").await);
    let (first, second) = (with_key(&app, &first), with_key(&app, &second));
    let mut open = Vec::new();
    for (client, expected) in [(&first, 200), (&first, 200), (&first, 429), (&second, 200), (&second, 429)] {
        let stream = client.open("GET", "/sdk/v1/stream", None).await;
        assert_eq!(stream.status().as_u16(), expected);
        open.push(stream);
    }
}
