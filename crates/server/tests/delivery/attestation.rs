//! Contexts that the application's server has signed, and everything that is none.

use std::sync::atomic::Ordering;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use serde_json::{Value, json};
use sha2::Sha256;
use yardarm_model::command::Command;
use yardarm_server::keys::{self, KeyKind};

use crate::shop::{Answer, NOW, Shop};

const HEADER: &str = "x-yardarm-attestation";
const BULK: &str = "/ofrep/v1/evaluate/flags";
const SECONDS: i64 = NOW / 1_000;
const HOUR: i64 = 60 * 60;

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn secret(key: &str) -> Vec<u8> {
    hmac(keys::hash_hex(key).as_bytes(), b"yardarm context attestation 1")
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn token(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(hmac(secret, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn header(key: &str) -> Value {
    json!({"alg": "HS256", "typ": "JWT", "kid": &key[..12]})
}

fn claims(context: &Value) -> Value {
    json!({"context": context, "iat": SECONDS, "exp": SECONDS + HOUR})
}

/// As an SDK with this key signs it, for an hour.
fn attest(key: &str, context: &Value) -> String {
    token(&header(key), &claims(context), &secret(key))
}

fn with(mut value: Value, member: &str, other: Value) -> Value {
    value[member] = other;
    value
}

async fn attested(shop: &Shop, attested: bool) {
    shop.change(Command::UpdateSdkKey { id: "key_client".into(), patch: json!({"attested": attested}) }).await;
}

impl Shop {
    fn with_token(&self, key: &str, path: &str, context: &Value, token: Option<&str>) -> Request<Body> {
        let mut request = self.ask(key, path, Some(json!({"context": context})));
        if let Some(token) = token {
            request.headers_mut().insert(HEADER, token.parse().unwrap());
        }
        request
    }

    async fn ask_with(&self, path: &str, context: &Value, token: Option<&str>) -> Answer {
        self.read(self.with_token(&self.client_key, path, context, token)).await
    }

    /// A further key of an environment.
    async fn key(&self, id: &str, environment: &str, kind: KeyKind, seed: u8) -> String {
        let key = keys::make(kind, &[seed; 32]).text;
        let audience = if kind == KeyKind::Server { "server" } else { "client" };
        self.change(Command::CreateSdkKey {
            id: id.into(),
            body: json!({"name": id, "environment": environment, "audience": audience}),
            hash: keys::hash_hex(&key),
            hint: key[..12].to_owned(),
        })
        .await;
        key
    }

    /// The problem's code, of one flag and of all; the two say the same.
    async fn refusal(&self, context: &Value, token: Option<&str>) -> String {
        let mut codes = Vec::new();
        for path in [BULK, "/ofrep/v1/evaluate/flags/checkout", "/ofrep/v1/evaluate/flags/nothing"] {
            let answer = self.ask_with(path, context, token).await;
            assert_eq!(answer.status, 403, "{path} {token:?}: {:?}", answer.body);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let problem = answer.json();
            assert!(problem["trace_id"].is_string() && problem["detail"].as_str().unwrap().len() > 20, "{problem}");
            codes.push(problem["code"].as_str().unwrap().to_owned());
        }
        codes.dedup();
        assert_eq!(codes.len(), 1, "{codes:?}");
        codes.remove(0)
    }

    /// Whether the rule about Germans holds, by both ways to ask.
    async fn german(&self, context: &Value, token: Option<&str>) -> bool {
        let one = self.ask_with("/ofrep/v1/evaluate/flags/checkout", context, token).await;
        let all = self.ask_with(BULK, context, token).await;
        assert_eq!((one.status.as_u16(), all.status.as_u16()), (200, 200), "{:?} {:?}", one.body, all.body);
        let (one, all) = (one.json(), all.json());
        assert_eq!((&all["flags"][0]["key"], &all["flags"][0]["value"]), (&json!("checkout"), &one["value"]));
        one["value"] == true
    }
}

#[tokio::test]
async fn a_key_that_asks_for_signed_contexts_answers_no_others() {
    let shop = Shop::open().await;
    let german = json!({"targetingKey": "u", "country": "DE"});
    assert!(shop.german(&german, None).await);
    attested(&shop, true).await;
    assert_eq!(shop.refusal(&german, None).await, "attestation_required");
    assert!(shop.german(&german, Some(&attest(&shop.server_key, &german))).await);
    // A server key signs for itself.
    assert_eq!(shop.read(shop.ask(&shop.server_key, BULK, Some(json!({})))).await.status, 200);
    attested(&shop, false).await;
    assert!(shop.german(&german, None).await);
    // Its successor asks for them, too.
    attested(&shop, true).await;
    let next = keys::make(KeyKind::Client, &[9; 32]).text;
    let (hash, hint) = (keys::hash_hex(&next), next[..12].to_owned());
    let (id, new_id) = ("key_client".into(), "key_next".into());
    shop.change(Command::RotateSdkKey { id, new_id, hash, hint, until: NOW + 1_000 }).await;
    assert_eq!(shop.read(shop.with_token(&next, BULK, &german, None)).await.status, 403);
}

#[tokio::test]
async fn what_is_signed_is_over_what_is_asked() {
    let shop = Shop::open().await;
    let french = attest(&shop.server_key, &json!({"targetingKey": "u", "country": "FR"}));
    let inside = attest(&shop.server_key, &json!({"targetingKey": "u", "user": {"country": "FR"}}));
    let nobody = attest(&shop.server_key, &json!({"targetingKey": "u"}));
    let none = attest(&shop.server_key, &json!({"targetingKey": "u", "country": null}));
    for asked in [
        json!({"country": "DE"}),
        json!({"user": {"country": "DE"}}),
        json!({"targetingKey": "u", "country": "DE", "user": {"country": "DE", "key": "u"}}),
    ] {
        assert!(shop.german(&asked, None).await, "{asked}");
        assert!(shop.german(&asked, Some(&nobody)).await, "{asked}");
        for signed in [&french, &inside, &none] {
            assert!(!shop.german(&asked, Some(signed)).await, "{asked}");
        }
    }
    // Without a context at all, the signed one is evaluated.
    let german = attest(&shop.server_key, &json!({"targetingKey": "u", "country": "DE"}));
    assert!(shop.german(&Value::Null, Some(&german)).await);
    // The targeting key is the signed one: a split needs one, and the body has none.
    let rate = "/ofrep/v1/evaluate/flags/rate";
    assert_eq!(shop.ask_with(rate, &json!({}), None).await.json()["errorCode"], "TARGETING_KEY_MISSING");
    assert_eq!(shop.ask_with(rate, &json!({}), Some(&nobody)).await.json()["reason"], "SPLIT");
    for asked in [json!({"targetingKey": "v"}), json!({"key": "v"}), json!({"user": {"key": "v"}})] {
        assert_eq!(shop.refusal(&asked, Some(&nobody)).await, "attestation_mismatch");
    }
}

#[tokio::test]
async fn what_is_no_attestation_is_refused_even_where_none_is_needed() {
    let shop = Shop::open().await;
    let user = json!({"targetingKey": "u"});
    let (head, good) = (header(&shop.server_key), claims(&user));
    let key = secret(&shop.server_key);
    let of = |head: &Value, claims: &Value| token(head, claims, &key);
    let whole = of(&head, &good);
    let (signed, signature) = whole.rsplit_once('.').unwrap();
    let (first, second) = signed.split_once('.').unwrap();
    let other = part(&claims(&json!({"targetingKey": "admin"})));
    let twice = URL_SAFE_NO_PAD.encode(format!(r#"{{"context":{{"targetingKey":"a"}},{}"#, &good.to_string()[1..]));
    let twice = format!("{first}.{twice}");
    let twice = format!("{twice}.{}", URL_SAFE_NO_PAD.encode(hmac(&key, twice.as_bytes())));
    let large = json!({"targetingKey": "u", "text": "x".repeat(4_096)});
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let context = |context: Value| with(good.clone(), "context", context);
    let mut cases = vec![
        ("attestation_malformed", String::new()),
        ("attestation_malformed", "x".into()),
        ("attestation_malformed", "a.b.c".into()),
        ("attestation_malformed", format!("{whole}.{signature}")),
        ("attestation_malformed", format!("{whole}=")),
        ("attestation_malformed", signed.to_owned()),
        ("attestation_malformed", of(&with(head.clone(), "crit", json!(["b64"])), &good)),
        // Algorithm confusion: none, one of another family, another spelling, none at all.
        ("attestation_algorithm", format!("{}.{second}.", part(&with(head.clone(), "alg", json!("none"))))),
        ("attestation_algorithm", of(&with(head.clone(), "alg", json!("none")), &good)),
        ("attestation_algorithm", of(&with(head.clone(), "alg", json!("RS256")), &good)),
        ("attestation_algorithm", of(&with(head.clone(), "alg", json!("HS512")), &good)),
        ("attestation_algorithm", of(&with(head.clone(), "alg", json!("hs256")), &good)),
        ("attestation_algorithm", of(&json!({"kid": head["kid"]}), &good)),
        // Keys that sign nothing here: none, the client key itself, one that is not there, a path.
        ("attestation_key", of(&json!({"alg": "HS256"}), &good)),
        ("attestation_key", of(&with(head.clone(), "kid", json!(["yd"])), &good)),
        ("attestation_key", of(&with(head.clone(), "kid", json!("")), &good)),
        ("attestation_key", of(&with(head.clone(), "kid", json!("../key_server")), &good)),
        ("attestation_key", attest(&shop.client_key, &user)),
        // Signed otherwise: tampered, empty, cut, and with what a reader of documents or of headers may think of.
        ("attestation_signature", format!("{first}.{other}.{signature}")),
        ("attestation_signature", format!("{signed}.")),
        ("attestation_signature", format!("{signed}.{}", &signature[..40])),
        ("attestation_signature", token(&head, &good, b"")),
        ("attestation_signature", token(&head, &good, shop.server_key.as_bytes())),
        ("attestation_signature", token(&head, &good, keys::hash_hex(&shop.server_key).as_bytes())),
        ("attestation_signature", token(&head, &good, &secret(&shop.client_key))),
        // Claims.
        ("attestation_claims", twice),
        ("attestation_claims", of(&head, &json!([]))),
        ("attestation_claims", of(&head, &context(json!({"targetingKey": "u", "deep": deep})))),
        ("attestation_claims", of(&head, &with(good.clone(), "exp", Value::Null))),
        ("attestation_claims", of(&head, &with(good.clone(), "exp", json!("2099")))),
        ("attestation_claims", of(&head, &with(good.clone(), "iat", Value::Null))),
        ("attestation_claims", of(&head, &with(good.clone(), "iat", json!(SECONDS + 61)))),
        ("attestation_claims", of(&head, &with(good.clone(), "nbf", json!(SECONDS + 61)))),
        ("attestation_claims", of(&head, &with(good.clone(), "nbf", json!("now")))),
        ("attestation_claims", of(&head, &with(good.clone(), "exp", json!(SECONDS + 24 * HOUR + 1)))),
        ("attestation_claims", of(&head, &with(good.clone(), "exp", json!(1e300)))),
        ("attestation_claims", of(&head, &with(good.clone(), "iat", json!(SECONDS - 24 * HOUR)))),
        ("attestation_too_large", of(&head, &context(large))),
        ("attestation_too_large", format!("{whole}{}", "A".repeat(6_145 - whole.len()))),
        ("attestation_expired", of(&head, &with(good.clone(), "exp", json!(SECONDS - 60)))),
        ("attestation_expired", of(&head, &json!({"context": user, "iat": SECONDS - HOUR, "exp": SECONDS - 3_000}))),
    ];
    for wrong in [
        json!({}),
        json!({"targetingKey": ""}),
        json!({"targetingKey": 1}),
        json!({"key": "u"}),
        json!("u"),
        json!(null),
    ] {
        cases.push(("attestation_claims", of(&head, &context(wrong))));
    }
    for needed in [false, true] {
        if needed {
            attested(&shop, true).await;
        }
        for (code, token) in &cases {
            assert_eq!(shop.refusal(&user, Some(token)).await, *code, "{token}");
        }
        assert_eq!(shop.ask_with(BULK, &user, Some(&whole)).await.status, 200);
    }
    // The edges of the clocks' difference, and of the longest life.
    for (iat, exp) in [(-HOUR, -59), (60, HOUR), (60, 24 * HOUR + 60), (0, 24 * HOUR)] {
        let edge = json!({"context": user, "iat": SECONDS + iat, "exp": SECONDS + exp});
        assert_eq!(shop.ask_with(BULK, &user, Some(&of(&head, &edge))).await.status, 200, "{edge}");
    }
    // Two of them are none.
    let mut request = shop.with_token(&shop.client_key, BULK, &user, Some(&whole));
    request.headers_mut().append(HEADER, whole.parse().unwrap());
    assert_eq!(shop.read(request).await.json()["code"], "attestation_malformed");
    let mut request = shop.with_token(&shop.client_key, BULK, &user, None);
    request.headers_mut().insert(HEADER, http::HeaderValue::from_bytes(b"\xff.\xff.\xff").unwrap());
    assert_eq!(shop.read(request).await.json()["code"], "attestation_malformed");
    // With a server key, too.
    let request = shop.with_token(&shop.server_key, BULK, &user, Some("a.b.c"));
    assert_eq!(shop.read(request).await.status, 403);
}

#[tokio::test]
async fn every_server_key_of_the_environment_signs_and_no_other() {
    let shop = Shop::open().await;
    attested(&shop, true).await;
    let user = json!({"targetingKey": "u"});
    let second = shop.key("key_second", "production", KeyKind::Server, 3).await;
    let staging = shop.key("key_staging", "staging", KeyKind::Server, 4).await;
    let staging_client = shop.key("key_staging_client", "staging", KeyKind::Client, 5).await;
    let other_client = shop.key("key_other_client", "production", KeyKind::Client, 6).await;
    let (one, two) = (attest(&shop.server_key, &user), attest(&second, &user));
    for token in [&one, &two] {
        assert_eq!(shop.ask_with(BULK, &user, Some(token)).await.status, 200);
        // It is the environment's, whichever client key it comes with.
        assert_eq!(shop.read(shop.with_token(&other_client, BULK, &user, Some(token))).await.status, 200);
        let elsewhere = shop.read(shop.with_token(&staging_client, BULK, &user, Some(token))).await;
        assert_eq!((elsewhere.status.as_u16(), &elsewhere.json()["code"]), (403, &json!("attestation_key")));
    }
    assert_eq!(shop.refusal(&user, Some(&attest(&staging, &user))).await, "attestation_key");
    // The name of one key on the signature of another.
    let mixed = token(&header(&second), &claims(&user), &secret(&shop.server_key));
    assert_eq!(shop.refusal(&user, Some(&mixed)).await, "attestation_signature");

    // A rotated key signs until it ends; its successor signs at once.
    let next = keys::make(KeyKind::Server, &[7; 32]).text;
    let (hash, hint) = (keys::hash_hex(&next), next[..12].to_owned());
    let (id, new_id) = ("key_second".into(), "key_next".into());
    shop.change(Command::RotateSdkKey { id, new_id, hash, hint, until: NOW + 1_000 }).await;
    for token in [&two, &attest(&next, &user)] {
        assert_eq!(shop.ask_with(BULK, &user, Some(token)).await.status, 200);
    }
    shop.clock.store(NOW + 1_000, Ordering::Relaxed);
    assert_eq!(shop.refusal(&user, Some(&two)).await, "attestation_key");
    assert_eq!(shop.ask_with(BULK, &user, Some(&attest(&next, &user))).await.status, 200);
    // A revoked one, at once.
    shop.change(Command::RevokeSdkKey { id: "key_server".into() }).await;
    assert_eq!(shop.refusal(&user, Some(&one)).await, "attestation_key");
}

#[tokio::test]
async fn unchanged_is_unchanged_for_what_was_signed() {
    let shop = Shop::open().await;
    attested(&shop, true).await;
    let (user, asked) = (json!({"targetingKey": "u", "country": "DE"}), json!({"targetingKey": "u"}));
    let again = async |token: Option<&str>, etag: &str| {
        let mut request = shop.with_token(&shop.client_key, BULK, &asked, token);
        request.headers_mut().insert("if-none-match", etag.parse().unwrap());
        shop.read(request).await.status.as_u16()
    };
    let first = shop.ask_with(BULK, &asked, Some(&attest(&shop.server_key, &user))).await;
    let etag = first.header("etag").to_owned();
    // A new token of the same context is the same question.
    let renewed = token(
        &header(&shop.server_key),
        &json!({"context": user, "iat": SECONDS + 1, "exp": SECONDS + 2 * HOUR}),
        &secret(&shop.server_key),
    );
    assert_eq!(again(Some(&renewed), &etag).await, 304);
    // One of another context is another.
    let french = attest(&shop.server_key, &json!({"targetingKey": "u", "country": "FR"}));
    assert_eq!(again(Some(&french), &etag).await, 200);
    // And nobody is told "unchanged" who may not ask.
    assert_eq!(again(None, &etag).await, 403);
    assert_eq!(again(Some("a.b.c"), &etag).await, 403);
    shop.clock.store(NOW + (HOUR + 60) * 1_000, Ordering::Relaxed);
    assert_eq!(again(Some(&attest(&shop.server_key, &user)), &etag).await, 403);
    attested(&shop, false).await;
    assert_eq!(again(None, &etag).await, 200);
}

#[tokio::test]
async fn browsers_may_send_it() {
    let shop = Shop::open().await;
    let preflight = Request::options(BULK)
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", HEADER)
        .body(Body::empty())
        .unwrap();
    let allowed = shop.read(preflight).await;
    assert!(allowed.status.is_success() && allowed.header("access-control-allow-headers").contains(HEADER));
    let mut request = shop.with_token(&shop.client_key, BULK, &json!({}), Some("a.b.c"));
    request.headers_mut().insert("origin", "https://shop.example".parse().unwrap());
    let refused = shop.read(request).await;
    assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-origin")), (403, "*"));
}
