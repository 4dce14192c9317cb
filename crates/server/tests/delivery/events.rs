//! Counting: what the server evaluated itself and what SDKs report.

use serde_json::{Value, json};
use yardarm_store::CountQuery;

use crate::shop::{NOW, Shop};

async fn counts(shop: &Shop) -> Vec<(String, String, String, String, u64)> {
    shop.app.flush().await;
    let query = CountQuery { tenant_id: "tnt_1".into(), scope_id: "prj_1".into(), ..CountQuery::default() };
    let mut counts: Vec<_> = shop
        .store
        .counts(query)
        .await
        .unwrap()
        .into_iter()
        .map(|count| (count.flag, count.variant, count.reason, count.sdk, count.count))
        .collect();
    counts.sort();
    counts
}

fn row(flag: &str, variant: &str, reason: &str, sdk: &str, count: u64) -> (String, String, String, String, u64) {
    (flag.into(), variant.into(), reason.into(), sdk.into(), count)
}

fn batch(id: &str) -> Value {
    json!({
        "batch": id, "sdk": {"name": "rust", "version": "0.1.0", "more": 1}, "exposures": [],
        "counts": [
            {"flag": "title", "variant": "v0", "reason": "STATIC", "count": 3, "start": NOW},
            {"flag": "title", "variant": "v0", "reason": "STATIC", "count": 4, "start": NOW - 1_000},
            {"flag": "checkout", "variant": "", "reason": "ERROR", "count": 1, "start": NOW},
            {"flag": "checkout", "reason": "DEFAULT", "count": 0, "start": NOW},
        ],
    })
}

#[tokio::test]
async fn a_batch_counts_once() {
    let shop = Shop::open().await;
    let id = "0192f000-0000-7000-8000-000000000001";
    for _ in 0..2 {
        let answer = shop.read(shop.ask(&shop.server_key, "/sdk/v1/events", Some(batch(id)))).await;
        assert_eq!(answer.status, 202, "{:?}", answer.body);
    }
    let expected = vec![row("checkout", "", "ERROR", "rust/0.1.0", 1), row("title", "v0", "STATIC", "rust/0.1.0", 7)];
    assert_eq!(counts(&shop).await, expected);
    shop.read(shop.ask(&shop.server_key, "/sdk/v1/events", Some(batch(id)))).await;
    assert_eq!(counts(&shop).await, expected);
    shop.read(shop.ask(&shop.server_key, "/sdk/v1/events", Some(batch("another-id")))).await;
    assert_eq!(counts(&shop).await[1].4, 14);
}

#[tokio::test]
async fn a_client_key_counts_only_what_is_served() {
    let shop = Shop::open().await;
    let mut body = batch("0192f000-0000-7000-8000-000000000001");
    body["counts"][0]["flag"] = json!("made-up");
    for key in [&shop.client_key, &shop.server_key] {
        assert_eq!(shop.read(shop.ask(key, "/sdk/v1/events", Some(body.clone()))).await.status, 202);
        body["batch"] = json!("0192f000-0000-7000-8000-000000000002");
    }
    let made_up: Vec<_> = counts(&shop).await.into_iter().filter(|count| count.0 == "made-up").collect();
    // Once: from the server key, whose holder may be behind or ahead of this node.
    assert_eq!(made_up, [row("made-up", "v0", "STATIC", "rust/0.1.0", 3)]);
}

#[tokio::test]
async fn a_wrong_batch_is_refused_whole() {
    let shop = Shop::open().await;
    let with = |pointer: &str, value: Value| {
        let mut body = batch("0192f000-0000");
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, status, pointer) in [
        (with("/batch", json!("a b")), 422, "/batch"),
        (with("/batch", json!("")), 422, "/batch"),
        (with("/sdk/name", json!("")), 422, "/sdk"),
        (with("/counts/1/reason", json!("BECAUSE")), 422, "/counts/1/reason"),
        (with("/counts/1/flag", json!("x".repeat(129))), 422, "/counts/1/flag"),
        (with("/counts/0/start", json!(0)), 422, "/counts/0/start"),
        (with("/counts/0/count", json!(u64::MAX)), 422, "/counts/0/count"),
        (with("/counts/0/count", json!(-1)), 422, ""),
        (
            with("/counts", json!(vec![json!({"flag": "a", "reason": "STATIC", "count": 1, "start": NOW}); 10_001])),
            422,
            "/counts",
        ),
        (json!([]), 422, ""),
    ] {
        let answer = shop.read(shop.ask(&shop.server_key, "/sdk/v1/events", Some(body))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (status, "application/problem+json"),
            "{pointer}"
        );
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{:?}", answer.body);
    }
    assert_eq!(counts(&shop).await, []);
}

#[tokio::test]
async fn exposures_and_events_are_checked_and_measured() {
    let shop = Shop::open().await;
    let good = || {
        json!({
            "batch": "0192f000-0000", "sdk": {"name": "rust", "version": "0.1.0"}, "counts": batch("x")["counts"],
            "exposures": [{"flag": "title", "variant": "v0", "unit": "u1", "rule": "r", "version": "e:1", "at": NOW}],
            "events": [
                {"name": "purchase", "unit": "u1", "value": 49.5, "data": {"currency": "EUR"}, "at": NOW, "more": 1},
                {"name": "signup ü", "unit": "u2", "at": NOW},
            ],
        })
    };
    let with = |pointer: &str, value: Value| {
        let mut body = good();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, pointer) in [
        (with("/exposures/0/flag", json!("")), "/exposures/0/flag"),
        (with("/exposures/0/variant", json!("x".repeat(129))), "/exposures/0/variant"),
        (with("/exposures/0/rule", json!("a\u{0}b")), "/exposures/0/rule"),
        (with("/exposures/0/unit", json!("x".repeat(513))), "/exposures/0/unit"),
        (with("/exposures/0/version", json!("e")), "/exposures/0/version"),
        (with("/exposures/0/at", json!(0)), "/exposures/0/at"),
        (with("/events/0/name", json!("")), "/events/0/name"),
        (with("/events/0/unit", json!("")), "/events/0/unit"),
        (with("/events/0/data", json!({"text": "x".repeat(4_096)})), "/events/0/data"),
        (with("/events/1/at", json!(NOW + 2 * 3_600_000)), "/events/1/at"),
        (with("/events", json!(vec![good()["events"][1].clone(); 5_001])), "/events"),
        (with("/events/0/value", json!("many")), ""),
    ] {
        let answer = shop.read(shop.ask(&shop.server_key, "/sdk/v1/events", Some(body))).await;
        assert_eq!(answer.status, 422, "{pointer}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{:?}", answer.body);
    }
    assert_eq!(counts(&shop).await, [], "a wrong batch is refused whole");
    let answer = shop.read(shop.ask(&shop.client_key, "/sdk/v1/events", Some(good()))).await;
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    assert_eq!(counts(&shop).await.len(), 2);
    assert_eq!(shop.metric("yardarm_reported_exposures_total").await.as_deref(), Some("1"));
    assert_eq!(shop.metric("yardarm_reported_events_total").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn what_is_evaluated_here_is_counted_here() {
    let shop = Shop::open().await;
    for country in ["DE", "DE", "FR"] {
        shop.evaluate("checkout", json!({"country": country})).await;
    }
    shop.evaluate("rate", json!({})).await;
    shop.evaluate("nothing", json!({})).await;
    shop.switch(false).await;
    shop.evaluate("checkout", json!({"country": "DE"})).await;
    let bulk = shop.ask(&shop.client_key, "/ofrep/v1/evaluate/flags", Some(json!({"context": {"targetingKey": "u1"}})));
    assert_eq!(shop.read(bulk).await.status, 200);
    let found = counts(&shop).await;
    let single: Vec<_> = found.iter().filter(|count| count.3 == "ofrep").cloned().collect();
    assert_eq!(
        single,
        [
            row("checkout", "off", "DEFAULT", "ofrep", 1),
            row("checkout", "off", "DISABLED", "ofrep", 1),
            row("checkout", "on", "TARGETING_MATCH", "ofrep", 2),
            row("rate", "", "ERROR", "ofrep", 1),
        ]
    );
    assert_eq!(found.iter().filter(|count| count.3 == "ofrep-bulk").count(), 6);
    assert_eq!(shop.metric("yardarm_evaluations_total").await.as_deref(), Some("11"));
}
