//! Passkeys: as the only thing that is shown, as a second factor, and every lie that a key or a browser may tell.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "walks/account.rs"]
#[expect(dead_code, reason = "walked in api_answers.rs")]
mod account;
#[path = "walks/passkeys.rs"]
#[expect(dead_code, reason = "walked in api_answers.rs")]
mod passkeys;

use std::sync::Arc;

use account::{after, enable_totp, password};
use ciborium::Value as Cbor;
use passkeys::{Algorithm, Draft, SecurityKey, add, alone, enrolment, second, text};
use serde_json::{Value, json};
use yardarm_store::ScopeRef;
use yardarm_testkit::{Client, Reply, TestApp};

const PASSKEYS: &str = "/api/v1/account/passkeys";
const SIGN_IN: &str = "/api/v1/session/passkey";

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.body["code"].as_str().unwrap_or_default().to_owned())
}

fn wrong() -> (u16, String) {
    (401, "passkey_wrong".to_owned())
}

/// Somebody else of the tenant, in a browser.
async fn bo(app: &TestApp) -> Client {
    let invited =
        app.owner.post("/api/v1/invitations", json!({ "email": "bo@example.com", "roles": ["editor"] })).await;
    let body = json!({ "token": invited.text("token"), "name": "Bo", "password": "a sentence nobody guesses" });
    let accepted = app.anonymous().post("/api/v1/invitations/accept", body).await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    let sign_in = json!({ "email": "bo@example.com", "password": "a sentence nobody guesses" });
    after(app, &app.anonymous().post("/api/v1/session", sign_in).await)
}

async fn every_algorithm_signs_in_alone_and_second(app: Arc<TestApp>) {
    app.owner.patch("/api/v1/tenants/acme", json!({ "requires_second_factor": true })).await;
    let mut browser = app.browser().await;
    let mut made = Vec::new();
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let mut key = SecurityKey::new(algorithm);
        let added = add(&app, &browser, &mut key).await;
        assert_eq!(added.status, 201, "{algorithm:?}: {}", added.body);
        let codes = added.body["recovery_codes"].as_array().unwrap().len();
        assert_eq!(codes, if made.is_empty() { 10 } else { 0 }, "with the first factor only");
        assert_eq!(browser.get("/api/v1/session").await.status, 401, "the session goes on under a new id");
        browser = after(&app, &added);

        let signed_in = alone(&app, &mut key, |_| {}).await;
        assert_eq!(signed_in.status, 200, "{algorithm:?}: {}", signed_in.body);
        let session = after(&app, &signed_in);
        assert_eq!(session.get("/api/v1/projects").await.status, 200, "the tenant's demand is met");
        let sessions = session.get("/api/v1/account/sessions").await.body;
        let mine = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap().clone();
        assert_eq!((&mine["method"], &mine["second_factor"]), (&json!("passkey"), &json!(true)));

        let halfway = password(&app).await;
        assert_eq!((halfway.status, &halfway.body["second_factor"][1]), (202, &json!("passkey")), "{}", halfway.body);
        let pending = after(&app, &halfway);
        // After a password nobody has to be recognised.
        let done = second(&app, &pending, &mut key, |draft| draft.flags = 1).await;
        assert_eq!(done.status, 200, "{algorithm:?}: {}", done.body);
        assert_eq!(after(&app, &done).get("/api/v1/projects").await.status, 200);
        made.push(key);
    }
    let listed = browser.get(PASSKEYS).await.body;
    assert_eq!(listed["total"], 3);
    assert!(listed["items"][0]["last_used_at"].is_i64() && listed["items"][0]["name"] == "Laptop");
    assert!(!listed.to_string().contains(&text(&made[0].credential_id)), "{listed}");
    let asked = enrolment(&browser).await.body;
    assert_eq!(asked["options"]["excludeCredentials"].as_array().unwrap().len(), 3);
    assert_eq!(browser.get("/api/v1/account/security").await.body["passkeys"], 3);
}

/// A lie, and what it is called.
type Lie = (&'static str, fn(&mut Draft));

/// What no sign-in may be taken with; the first part also holds for a new passkey.
const LIES: [Lie; 11] = [
    ("another page", |draft| draft.client["origin"] = json!("https://localhost.evil.example")),
    ("another port", |draft| draft.client["origin"] = json!("http://localhost:1")),
    ("no TLS or too much", |draft| {
        let origin = draft.client["origin"].as_str().unwrap().replace("http:", "https:");
        draft.client["origin"] = json!(origin);
    }),
    ("a frame of another site", |draft| draft.client["crossOrigin"] = json!(true)),
    ("the page around the frame", |draft| draft.client["topOrigin"] = json!("https://evil.example")),
    ("another challenge", |draft| draft.client["challenge"] = json!(text(&[7; 32]))),
    ("no challenge", |draft| draft.client["challenge"] = json!("")),
    ("another purpose", |draft| draft.client["type"] = json!("payment.get")),
    ("another server", |draft| draft.rp_id = "evil.example".into()),
    ("nobody there", |draft| draft.flags &= !1),
    ("backed up and cannot be", |draft| draft.flags = draft.flags & !8 | 16),
];

async fn lies_open_nothing(app: Arc<TestApp>) {
    let mut key = SecurityKey::new(Algorithm::Es256);
    let added = add(&app, &app.browser().await, &mut key).await;
    let browser = after(&app, &added);
    for (what, lie) in LIES {
        assert_eq!(code(&alone(&app, &mut key, lie).await), wrong(), "{what}");
    }
    assert_eq!(code(&alone(&app, &mut key, |draft| draft.flags &= !4).await), wrong(), "nobody recognised");
    assert_eq!(code(&alone(&app, &mut key, |draft| draft.more = vec![0]).await), wrong(), "more than there is");
    assert_eq!(
        code(&alone(&app, &mut key, |draft| draft.flags |= 128).await),
        wrong(),
        "extensions that are not there"
    );
    let fine = alone(&app, &mut key, |draft| {
        draft.flags |= 128;
        draft.more = passkeys::cbor(&Cbor::Map(vec![("credProtect".into(), 2.into())]));
    });
    assert_eq!(fine.await.status, 200, "extensions that nobody asked for are let be");

    // A count that does not grow is a copy of the key.
    let count = key.count;
    assert_eq!(code(&alone(&app, &mut key, |draft| draft.count = count).await), wrong());
    assert_eq!(code(&alone(&app, &mut key, |draft| draft.count = 0).await), wrong());
    assert_eq!(alone(&app, &mut key, |_| {}).await.status, 200);

    for (what, lie) in LIES {
        let mut new = SecurityKey::new(Algorithm::EdDsa);
        let asked = enrolment(&browser).await;
        let credential = new.create(&app, &asked.body["options"], lie);
        let body = json!({ "ticket": asked.text("ticket"), "name": "X", "credential": credential });
        let refused = browser.post(PASSKEYS, body).await;
        assert_eq!((refused.status, refused.problems()[0].1.as_str()), (422, "passkey_unusable"), "{what}");
        assert_eq!(refused.problems()[0].0, "/credential", "{what}");
    }
    assert_eq!(browser.get(PASSKEYS).await.body["total"], 1);
}

async fn an_answer_counts_once_and_for_its_question(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let mut key = SecurityKey::new(Algorithm::Es256);
    let asked = enrolment(&browser).await;
    let created = key.create(&app, &asked.body["options"], |_| {});
    let body = json!({ "ticket": asked.text("ticket"), "name": "Laptop", "credential": created });
    // Bo cannot take the ticket and the passkey for his account.
    let bo = bo(&app).await;
    assert_eq!(code(&bo.post(PASSKEYS, body.clone()).await), (401, "sign_in_step_over".into()));
    let (one, two) = tokio::join!(browser.post(PASSKEYS, body.clone()), browser.post(PASSKEYS, body.clone()));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201, "{} {}", one.body, two.body);
    assert!(statuses[1] >= 400, "one of two");
    let browser = after(&app, if one.status == 201 { &one } else { &two });
    assert_eq!(browser.get(PASSKEYS).await.body["total"], 1);

    let visitor = app.anonymous();
    let asked = visitor.send("POST", "/api/v1/session/passkey/challenge", None).await;
    let credential = key.get(&app, &asked.body["options"], |_| {});
    let body = json!({ "ticket": asked.text("ticket"), "credential": credential });
    let other = visitor.send("POST", "/api/v1/session/passkey/challenge", None).await;
    let swapped = json!({ "ticket": other.text("ticket"), "credential": credential });
    assert_eq!(code(&visitor.post(SIGN_IN, swapped).await), wrong(), "an answer to another question");
    let pending = after(&app, &password(&app).await);
    let as_second = pending.post("/api/v1/session/second-factor/passkey", body.clone()).await;
    assert_eq!(code(&as_second), (401, "sign_in_step_over".into()), "of another step");
    assert_eq!(visitor.post(SIGN_IN, body.clone()).await.status, 200);
    assert_eq!(code(&visitor.post(SIGN_IN, body).await), (401, "sign_in_step_over".into()), "again");

    let asked = visitor.send("POST", "/api/v1/session/passkey/challenge", None).await;
    let credential = key.get(&app, &asked.body["options"], |_| {});
    app.advance(5 * 60_000);
    let late = json!({ "ticket": asked.text("ticket"), "credential": credential });
    assert_eq!(code(&visitor.post(SIGN_IN, late).await), (401, "sign_in_step_over".into()), "late");
    // The second step alone is none.
    let nobody = visitor.send("POST", "/api/v1/session/second-factor/passkey/challenge", None).await;
    assert_eq!(code(&nobody), (401, "sign_in_step_over".into()));
}

async fn passkeys_are_of_one_person(app: Arc<TestApp>) {
    let mut mine = SecurityKey::new(Algorithm::Es256);
    let browser = after(&app, &add(&app, &app.browser().await, &mut mine).await);
    let mut theirs = SecurityKey::new(Algorithm::Es256);
    let bo = after(&app, &add(&app, &bo(&app).await, &mut theirs).await);

    let pending = after(&app, &password(&app).await);
    assert_eq!(code(&second(&app, &pending, &mut theirs, |_| {}).await), wrong(), "another person's passkey");
    let handle = std::mem::replace(&mut theirs.user_handle, mine.user_handle.clone());
    assert_eq!(code(&alone(&app, &mut theirs, |_| {}).await), wrong(), "who says it is mine");
    theirs.user_handle = None;
    assert_eq!(code(&alone(&app, &mut theirs, |_| {}).await), wrong(), "who says nothing");
    assert_eq!(code(&second(&app, &pending, &mut theirs, |_| {}).await), wrong());
    theirs.user_handle = handle;
    let id = std::mem::replace(&mut theirs.credential_id, mine.credential_id.clone());
    assert_eq!(code(&alone(&app, &mut theirs, |_| {}).await), wrong(), "under another's id");
    assert_eq!(code(&second(&app, &pending, &mut theirs, |_| {}).await), wrong());
    // Nor may the same id be added twice, by whomever.
    let again = add(&app, &bo, &mut theirs).await;
    assert_eq!(code(&again), (409, "passkey_known".into()));
    theirs.credential_id = vec![1; 16];
    assert_eq!(code(&alone(&app, &mut theirs, |_| {}).await), wrong(), "of nobody");
    theirs.credential_id = id;

    let path = format!("{PASSKEYS}/{}", browser.get(PASSKEYS).await.body["items"][0]["id"].as_str().unwrap());
    for (method, body) in [("PATCH", Some(json!({ "name": "Bo's" }))), ("DELETE", None)] {
        let body = body.map(|body| body.to_string().into_bytes());
        let foreign = bo.send(method, &path, body.clone()).await;
        let missing = bo.send(method, &format!("{PASSKEYS}/pky_gone"), body).await;
        assert_eq!((foreign.status, missing.status), (404, 404));
        assert_eq!(foreign.body["detail"], missing.body["detail"]);
    }
    assert_eq!(browser.get(PASSKEYS).await.body["items"][0]["name"], "Laptop");
    assert_eq!(alone(&app, &mut theirs, |_| {}).await.body["user"]["email"], "bo@example.com");
    assert_eq!(alone(&app, &mut mine, |_| {}).await.body["user"]["email"], "ana@example.com");
}

async fn new_passkeys_must_be_what_was_asked_for(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let refused = async |lie: fn(&mut Draft)| {
        let asked = enrolment(&browser).await;
        let credential = SecurityKey::new(Algorithm::Es256).create(&app, &asked.body["options"], lie);
        let body = json!({ "ticket": asked.text("ticket"), "name": "X", "credential": credential });
        let reply = browser.post(PASSKEYS, body).await;
        assert_eq!(reply.status, 422, "{}", reply.body);
        reply.body["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    let says = [
        (refused(|draft| draft.key[1].1 = (-35).into()).await, "algorithm was not offered"),
        (refused(|draft| draft.key[0].1 = 3.into()).await, "algorithm was not offered"),
        (refused(|draft| draft.key[2].1 = 2.into()).await, "algorithm was not offered"),
        (refused(|draft| draft.key[3].1 = Cbor::Bytes(vec![9; 32])).await, "public key is none"),
        (refused(|draft| draft.key[3].1 = Cbor::Bytes(vec![9; 31])).await, "public key is none"),
        (refused(|draft| draft.key[3].1 = "text".into()).await, "cannot be read"),
        (refused(|draft| drop(draft.key.pop())).await, "cannot be read"),
        (refused(|draft| draft.key.push((-3, 1.into()))).await, "cannot be read"),
        (refused(|draft| draft.flags &= !64).await, "cannot be read"),
        (refused(|draft| draft.more = vec![0xa0]).await, "cannot be read"),
        (refused(|draft| draft.statement.push(("x".into(), 1.into()))).await, "cannot be read"),
    ];
    for (message, expected) in says {
        assert!(message.contains(expected), "{message}: {expected}");
    }
    // A statement about the model of the authenticator is let be.
    let asked = enrolment(&browser).await;
    let credential = SecurityKey::new(Algorithm::Es256).create(&app, &asked.body["options"], |draft| {
        draft.format = "packed";
        draft.statement = vec![("alg".into(), (-7).into()), ("sig".into(), Cbor::Bytes(vec![1; 70]))];
    });
    let body = json!({ "ticket": asked.text("ticket"), "name": "X", "credential": credential });
    assert_eq!(browser.post(PASSKEYS, body).await.status, 201);
}

/// What is no credential at all, and what is far too large.
async fn garbage_is_refused(app: Arc<TestApp>) {
    let mut key = SecurityKey::new(Algorithm::Es256);
    let browser = after(&app, &add(&app, &app.browser().await, &mut key).await);
    let visitor = app.anonymous();
    let asked = visitor.send("POST", "/api/v1/session/passkey/challenge", None).await;
    let good = key.get(&app, &asked.body["options"], |_| {});
    let enrol = enrolment(&browser).await;
    let fresh = SecurityKey::new(Algorithm::EdDsa).create(&app, &enrol.body["options"], |_| {});
    // Promises more than there is, is too much, is nothing. What is in it is tried with more in `webauthn/ceremony.rs`.
    let bombs =
        [vec![], vec![0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], vec![0x81; 40_000], vec![0; 80_000]];
    for bomb in &bombs {
        let with = |credential: &Value, member: &str| {
            let mut credential = credential.clone();
            credential["response"][member] = json!(text(bomb));
            credential
        };
        for member in ["clientDataJSON", "authenticatorData", "signature"] {
            let body = json!({ "ticket": asked.text("ticket"), "credential": with(&good, member) });
            let reply = visitor.post(SIGN_IN, body).await;
            assert!([401, 422].contains(&reply.status), "{member} {}: {}", bomb.len(), reply.body);
        }
        for member in ["clientDataJSON", "attestationObject"] {
            let body = json!({ "ticket": enrol.text("ticket"), "name": "X", "credential": with(&fresh, member) });
            let reply = browser.post(PASSKEYS, body).await;
            assert_eq!(reply.status, 422, "{member} {}: {}", bomb.len(), reply.body);
        }
    }
    for credential in [json!(null), json!([]), json!("x"), json!({}), json!({ "type": "password", "response": {} }), {
        let mut padded = good.clone();
        padded["id"] = json!(format!("{}=", padded["id"].as_str().unwrap()));
        padded
    }] {
        let body = json!({ "ticket": asked.text("ticket"), "credential": credential });
        let reply = visitor.post(SIGN_IN, body).await;
        assert_eq!((reply.status, reply.problems()[0].0.as_str()), (422, "/credential"), "{}", reply.body);
    }
    assert_eq!(app.anonymous().post(SIGN_IN, json!({ "ticket": "x".repeat(5_000) })).await.status, 422);
    let body = json!({ "ticket": asked.text("ticket"), "credential": good });
    assert_eq!(visitor.post(SIGN_IN, body).await.status, 200, "what was refused used nothing up");
}

async fn passkeys_change_only_soon_after_signing_in(app: Arc<TestApp>) {
    let token = app.owner.send("POST", "/api/v1/account/passkeys/enrolment", None).await;
    assert_eq!(code(&token), (409, "not_a_session".into()));
    let mut key = SecurityKey::new(Algorithm::Es256);
    let browser = after(&app, &add(&app, &app.browser().await, &mut key).await);
    let path = format!("{PASSKEYS}/{}", browser.get(PASSKEYS).await.body["items"][0]["id"].as_str().unwrap());
    app.advance(10 * 60_000);
    let stale = (403, "reauthentication_required".to_owned());
    assert_eq!(code(&browser.send("POST", "/api/v1/account/passkeys/enrolment", None).await), stale);
    assert_eq!(code(&browser.delete(&path).await), stale);
    assert_eq!(browser.patch(&path, json!({ "name": "Old laptop" })).await.status, 200, "a name is no secret");
    let blank = browser.patch(&path, json!({ "name": " " })).await;
    assert_eq!((blank.status, blank.problems()[0].1.as_str()), (422, "empty"));

    // A passkey is as fresh as a password, and taking the last factor away ends the other sessions.
    let fresh = after(&app, &alone(&app, &mut key, |_| {}).await);
    let removed = fresh.delete(&path).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(browser.get("/api/v1/session").await.status, 401);
    let security = after(&app, &removed).get("/api/v1/account/security").await.body;
    assert_eq!((&security["passkeys"], &security["recovery_codes"]), (&json!(0), &json!(0)));
    assert_eq!(code(&alone(&app, &mut key, |_| {}).await), wrong(), "it opens nothing any more");
    assert_eq!(password(&app).await.status, 200);
}

async fn the_last_factor_stays_where_a_tenant_wants_one(app: Arc<TestApp>) {
    let mut key = SecurityKey::new(Algorithm::Es256);
    let browser = after(&app, &add(&app, &app.browser().await, &mut key).await);
    let path = format!("{PASSKEYS}/{}", browser.get(PASSKEYS).await.body["items"][0]["id"].as_str().unwrap());
    app.owner.patch("/api/v1/tenants/acme", json!({ "requires_second_factor": true })).await;
    let demanded = (409, "second_factor_demanded".to_owned());
    let refused = browser.delete(&path).await;
    assert_eq!(code(&refused), demanded, "{}", refused.body);
    assert!(refused.text("detail").contains("Acme"), "{}", refused.body);
    assert_eq!(browser.get(PASSKEYS).await.body["total"], 1);
    // With another one beside it, either may go.
    let (_, browser, codes) = enable_totp(&app, &browser).await;
    assert!(codes.is_empty(), "there were some");
    let removed = browser.delete(&path).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    let browser = after(&app, &removed);
    assert_eq!(code(&browser.delete("/api/v1/account/totp").await), demanded);
    assert_eq!(browser.get("/api/v1/projects").await.status, 200);
}

async fn failures_are_counted_and_told(app: Arc<TestApp>) {
    let mut key = SecurityKey::new(Algorithm::Es256);
    add(&app, &app.browser().await, &mut key).await;
    assert_eq!(code(&alone(&app, &mut key, |draft| draft.flags &= !4).await), wrong());
    let pending = after(&app, &password(&app).await);
    for _ in 0..3 {
        assert_eq!(code(&second(&app, &pending, &mut key, |draft| draft.flags = 0).await), wrong());
    }
    for _ in 0..2 {
        let reply = pending.post("/api/v1/session/second-factor", json!({ "code": "000000" })).await;
        assert_eq!(code(&reply), (401, "code_wrong".into()));
    }
    let sixth = second(&app, &pending, &mut key, |_| {}).await;
    assert_eq!(code(&sixth), (429, "too_many_attempts".into()), "codes and passkeys have one budget");
    app.app.flush_refusals().await;
    let log = app.owner.get("/api/v1/security-log?limit=500").await.body;
    let count = |code: &str, route: &str| {
        let all = log["items"].as_array().unwrap().iter();
        let mine = all.filter(|item| item["code"] == code && item["route"] == format!("POST {route}"));
        mine.filter(|item| item["actor"].as_str().is_some_and(|actor| actor.starts_with("user:usr_")))
            .map(|item| item["count"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(count("passkey_wrong", SIGN_IN), 1, "{log:#}");
    assert_eq!(count("passkey_wrong", "/api/v1/session/second-factor/passkey"), 3, "{log:#}");
    assert_eq!(count("code_wrong", "/api/v1/session/second-factor"), 2, "{log:#}");
    assert_eq!(count("too_many_attempts", "/api/v1/session/second-factor/passkey"), 1, "{log:#}");
}

/// Each change once in the log, without anything of the key; and reset by the operator.
async fn the_log_tells_of_passkeys(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let tenant = browser.get("/api/v1/session").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    let rev = app.app.store.scope(&tenant).await.unwrap().unwrap().rev;
    let mut key = SecurityKey::new(Algorithm::EdDsa);
    let added = add(&app, &browser, &mut key).await;
    let browser = after(&app, &added);
    let path = format!("{PASSKEYS}/{}", added.body["passkey"]["id"].as_str().unwrap());
    browser.patch(&path, json!({ "name": "Blue key" })).await;
    alone(&app, &mut key, |_| {}).await;
    browser.delete(&path).await;
    let changes = app.app.store.changes(ScopeRef::tenant(&tenant), rev, 10).await.unwrap();
    let actions: Vec<_> = changes.iter().map(|change| change.attribution.action.as_str()).collect();
    assert_eq!(actions, ["passkey.add", "passkey.rename", "passkey.remove"]);
    let bodies: Vec<Value> = changes
        .iter()
        .map(|change| serde_json::from_str(change.documents[0].body.as_deref().unwrap()).unwrap())
        .collect();
    assert_eq!(bodies[0]["passkeys"][0]["name"], "Laptop");
    assert_eq!(bodies[1]["passkeys"][0]["name"], "Blue key");
    assert_eq!(bodies[2]["passkeys"], json!([]));
    assert!(!format!("{changes:?}").contains(&text(&key.credential_id)));

    let mut key = SecurityKey::new(Algorithm::Es256);
    add(&app, &app.browser().await, &mut key).await;
    assert!(app.app.reset_second_factors("ana@example.com").await.unwrap());
    assert_eq!(code(&alone(&app, &mut key, |_| {}).await), wrong());
}

#[tokio::test]
async fn no_passkeys_at_an_address_without_a_name() {
    let app = TestApp::start_sqlite_with(|settings| settings.base_url = "http://127.0.0.1:1".into()).await;
    let browser = app.browser().await;
    assert_eq!(browser.get("/api/v1/account/security").await.body["passkeys_available"], false);
    for (client, path) in
        [(&browser, "/api/v1/account/passkeys/enrolment"), (&app.anonymous(), "/api/v1/session/passkey/challenge")]
    {
        let reply = client.send("POST", path, None).await;
        assert_eq!(code(&reply), (409, "passkeys_unavailable".into()), "{}", reply.body);
    }
}

yardarm_testkit::on_both_stores![
    every_algorithm_signs_in_alone_and_second,
    lies_open_nothing,
    an_answer_counts_once_and_for_its_question,
    passkeys_are_of_one_person,
    new_passkeys_must_be_what_was_asked_for,
    garbage_is_refused,
    passkeys_change_only_soon_after_signing_in,
    the_last_factor_stays_where_a_tenant_wants_one,
    failures_are_counted_and_told,
    the_log_tells_of_passkeys,
];
