//! OpenFeature's remote evaluation protocol.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::shop::{Events, NOW, Shop};

#[tokio::test]
async fn one_flag() {
    let shop = Shop::open().await;
    let version = shop.evaluate("title", json!({})).await.json()["metadata"]["version"].clone();
    for (flag, context, value, variant, reason, rule) in [
        ("checkout", json!({"targetingKey": "u", "country": "DE"}), json!(true), "on", "TARGETING_MATCH", "germans"),
        ("checkout", json!({"targetingKey": "u", "country": "FR"}), json!(false), "off", "DEFAULT", ""),
        ("needs-checkout", json!({"country": "DE"}), json!(true), "on", "DEFAULT", ""),
        ("needs-checkout", json!({}), json!(false), "off", "DISABLED", "prerequisite:checkout"),
        ("limit", json!({}), json!(42), "v0", "STATIC", ""),
        ("title", json!({}), json!("é\"\n"), "v0", "STATIC", ""),
        ("theme", json!({}), json!({"a": [1]}), "v0", "STATIC", ""),
    ] {
        let answer = shop.evaluate(flag, context).await;
        assert_eq!(answer.status, 200, "{flag}: {:?}", answer.body);
        let found = answer.json();
        assert_eq!((&found["key"], &found["value"], &found["variant"]), (&json!(flag), &value, &json!(variant)));
        assert_eq!(found["reason"], reason, "{flag}");
        assert_eq!(found["metadata"]["flagSetId"], "shop/production");
        assert_eq!(found["metadata"]["version"], version);
        assert_eq!(found["metadata"]["ruleId"].as_str().unwrap_or_default(), rule, "{flag}");
    }
    shop.switch(false).await;
    let off = shop.evaluate("checkout", json!({"country": "DE"})).await.json();
    assert_eq!((&off["value"], &off["reason"]), (&json!(false), &json!("DISABLED")));
}

#[tokio::test]
async fn what_cannot_be_evaluated_is_said_in_the_protocols_words() {
    let shop = Shop::open().await;
    let evaluate = |flag: &str, body: &'static str| {
        let path = format!("/ofrep/v1/evaluate/flags/{flag}");
        let request = Request::post(path).header("x-api-key", &shop.server_key).body(Body::from(body)).unwrap();
        shop.read(request)
    };
    for (flag, body, status, code) in [
        ("nothing", r#"{"context":{}}"#, 404, "FLAG_NOT_FOUND"),
        ("%ff", r#"{"context":{}}"#, 404, "FLAG_NOT_FOUND"),
        ("rate", r#"{"context":{}}"#, 400, "TARGETING_KEY_MISSING"),
        ("title", r#"{"context":[]}"#, 400, "INVALID_CONTEXT"),
        ("title", r#"{"context":"u"}"#, 400, "INVALID_CONTEXT"),
        ("title", r#"{"context":"#, 400, "PARSE_ERROR"),
        ("title", "[]", 400, "PARSE_ERROR"),
        ("title", "\"é", 400, "PARSE_ERROR"),
    ] {
        let answer = evaluate(flag, body).await;
        assert_eq!(answer.status.as_u16(), status, "{flag} {body}: {:?}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json");
        let found = answer.json();
        assert_eq!(found["errorCode"], code, "{flag} {body}");
        assert!(found["errorDetails"].as_str().is_some_and(|details| !details.is_empty()));
        assert!(found["key"].is_string());
    }
    for body in ["", "{}", r#"{"context":null}"#, r#"{"context":{},"more":1}"#] {
        assert_eq!(evaluate("title", body).await.status, 200, "{body:?}");
    }
}

#[tokio::test]
async fn only_sdk_keys_open_it() {
    let shop = Shop::open().await;
    let path = "/ofrep/v1/evaluate/flags/title";
    let access = yardarm_server::keys::make(yardarm_server::keys::KeyKind::Access, &[9; 32]).text;
    let unknown = yardarm_server::keys::make(yardarm_server::keys::KeyKind::Server, &[9; 32]).text;
    let typo = shop.client_key.replace("yd_cli_0", "yd_cli_1");
    assert_ne!(typo, shop.client_key);
    for key in ["", "rubbish", &access, &unknown, &typo] {
        let answer = shop.read(shop.ask(key, path, Some(json!({})))).await;
        assert_eq!(answer.status, 401, "{key}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(key.is_empty() || !String::from_utf8_lossy(&answer.body).contains(key), "a key is never repeated");
    }
    for key in [&shop.server_key, &shop.client_key] {
        assert_eq!(shop.read(shop.ask(key, path, Some(json!({})))).await.status, 200);
    }
}

#[tokio::test]
async fn all_flags_and_nothing_when_nothing_changed() {
    let shop = Shop::open().await;
    let path = "/ofrep/v1/evaluate/flags";
    let body = json!({"context": {"targetingKey": "u1", "country": "DE"}});
    let first = shop.read(shop.ask(&shop.client_key, path, Some(body.clone()))).await;
    assert_eq!(first.status, 200);
    let found = first.json();
    let keys: Vec<_> = found["flags"].as_array().unwrap().iter().map(|flag| flag["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["checkout", "limit", "needs-checkout", "rate", "theme", "title"]);
    assert_eq!(found["metadata"]["flagSetId"], "shop/production");
    let stream = &found["eventStreams"][0];
    assert_eq!((stream["type"].as_str(), stream["inactivityDelaySec"].as_u64()), (Some("sse"), Some(120)));
    assert!(stream["endpoint"]["requestUri"].as_str().unwrap().starts_with("/ofrep/v1/stream?ticket="));

    let again = |key: &str, body: &serde_json::Value, etag: &str| {
        let mut request = shop.ask(key, &format!("{path}?flagConfigEtag=a&flagConfigEtag=b"), Some(body.clone()));
        request.headers_mut().insert("if-none-match", etag.parse().unwrap());
        shop.read(request)
    };
    let etag = first.header("etag").to_owned();
    let unchanged = again(&shop.client_key, &body, &etag).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.body.len(), unchanged.header("etag")), (304, 0, etag.as_str()));
    // Another context, another key and another ruleset are another answer.
    let other = json!({"context": {"targetingKey": "u2", "country": "DE"}});
    assert_eq!(again(&shop.client_key, &other, &etag).await.status, 200);
    assert_eq!(again(&shop.server_key, &body, &etag).await.status, 200);
    shop.switch(false).await;
    let changed = again(&shop.client_key, &body, &etag).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["flags"][0]["value"]), (200, &json!(false)));
    // A flag that fails is told among the others.
    let nobody = shop.read(shop.ask(&shop.client_key, path, Some(json!({})))).await.json();
    assert_eq!(
        (&nobody["flags"][3]["key"], &nobody["flags"][3]["errorCode"]),
        (&json!("rate"), &json!("TARGETING_KEY_MISSING"))
    );
}

#[tokio::test]
async fn browsers_of_every_origin_may_ask() {
    let shop = Shop::open().await;
    let preflight = Request::options("/ofrep/v1/evaluate/flags")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,if-none-match,x-api-key,traceparent")
        .body(Body::empty())
        .unwrap();
    let allowed = shop.read(preflight).await;
    assert!(allowed.status.is_success());
    assert_eq!(allowed.header("access-control-allow-origin"), "*");
    for name in ["authorization", "content-type", "if-none-match", "x-api-key", "traceparent"] {
        assert!(allowed.header("access-control-allow-headers").contains(name), "{name}");
    }
    let mut request = shop.ask(&shop.client_key, "/ofrep/v1/evaluate/flags", Some(json!({})));
    request.headers_mut().insert("origin", "https://shop.example".parse().unwrap());
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    let answer = shop.read(request).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, "*"));
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    assert!(exposed.contains("etag") && exposed.contains("retry-after"), "{exposed}");
    // A refusal must be readable, too.
    let mut request = shop.ask("rubbish", "/ofrep/v1/evaluate/flags", Some(json!({})));
    request.headers_mut().insert("origin", "https://shop.example".parse().unwrap());
    assert_eq!(shop.read(request).await.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_ticket_opens_a_stream_that_tells_of_changes() {
    let shop = Shop::open().await;
    let uri = async || {
        let answer = shop.read(shop.ask(&shop.client_key, "/ofrep/v1/evaluate/flags", Some(json!({})))).await;
        answer.json()["eventStreams"][0]["endpoint"]["requestUri"].as_str().unwrap().to_owned()
    };
    let ticket = uri().await;
    assert_eq!(uri().await, ticket, "an address that changed would make clients reconnect");
    let open = |uri: &str| shop.send(Request::get(uri).body(Body::empty()).unwrap());
    let mut events = Events::of(open(&ticket).await);
    shop.switch(false).await;
    let event = events.news().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["type"]), ("message", &json!("refetchEvaluation")));
    assert!(event.id.starts_with("e1:"));
    // A change of another environment is not news here.
    let staging = yardarm_model::command::Command::UpdateConfiguration {
        flag: "checkout".into(),
        environment: "staging".into(),
        patch: json!({"on": true}),
    };
    shop.change(staging).await;
    shop.switch(true).await;
    let next = events.news().await.unwrap();
    let rev = |id: &str| id.split(':').next_back().unwrap().parse::<u64>().unwrap();
    assert_eq!(rev(&next.id), rev(&event.id) + 2);

    for bad in
        ["/ofrep/v1/stream", "/ofrep/v1/stream?ticket=", "/ofrep/v1/stream?ticket=a.b", &ticket[..ticket.len() - 2]]
    {
        assert_eq!(open(bad).await.status(), 401, "{bad}");
    }
    // One that ran out says once that there is news, and nothing more.
    shop.clock.store(NOW + 48 * 60 * 60 * 1_000, std::sync::atomic::Ordering::Relaxed);
    let mut late = Events::of(open(&ticket).await);
    assert!(late.next().await.unwrap().text.starts_with("retry: "));
    assert_eq!(late.next().await.unwrap().data["type"], "refetchEvaluation");
    assert!(late.next().await.is_none());
    assert_ne!(uri().await, ticket);
}
