//! Second factors, recovery codes, what a tenant demands, and the list of one's sessions.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "walks/account.rs"]
#[expect(dead_code, reason = "walked in api_answers.rs")]
mod account;

use std::sync::Arc;

use account::{after, cookies, enable_totp, password};
use serde_json::json;
use yardarm_store::ScopeRef;
use yardarm_testkit::{OWNER_EMAIL, OWNER_PASSWORD, TestApp};

const SECOND: &str = "/api/v1/session/second-factor";

async fn a_password_alone_opens_nothing_any_more(app: Arc<TestApp>) {
    let before = app.browser().await;
    let (phone, browser, codes) = enable_totp(&app, &before).await;
    assert_eq!(before.get("/api/v1/session").await.status, 401, "the session goes on under a new id");
    assert_eq!(browser.get("/api/v1/session").await.status, 200);
    assert_eq!(browser.get("/api/v1/account/security").await.body["recovery_codes"], 10);

    let halfway = password(&app).await;
    assert_eq!(halfway.status, 202, "{}", halfway.body);
    assert_eq!(halfway.body, json!({ "second_factor": ["totp", "recovery_code"] }));
    let pending = after(&app, &halfway);
    assert_eq!(pending.get("/api/v1/session").await.status, 401, "half a sign-in is none");
    let ticket = cookies(&halfway).split_once('=').unwrap().1.to_owned();
    let as_session = app.anonymous().with_header("cookie", &format!("yardarm={ticket}"));
    assert_eq!(as_session.get("/api/v1/session").await.status, 401);

    // Of another browser, of nobody, altered.
    let code = json!({ "code": phone.code(app.now()) });
    for cookie in ["yardarm-step=", "yardarm-step=v1.x.y", &format!("yardarm-step={}", &ticket[..ticket.len() - 4])] {
        let reply = app.anonymous().with_header("cookie", cookie).post(SECOND, code.clone()).await;
        assert_eq!((reply.status, reply.text("code").as_str()), (401, "sign_in_step_over"), "{cookie}");
    }
    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    let by_link = app.anonymous().post("/api/v1/session/link", json!({ "token": link })).await;
    assert_eq!(by_link.status, 202, "a link stands for a password, not for a second factor");

    let wrong = pending.post(SECOND, json!({ "code": "000000" })).await;
    assert_eq!((wrong.status, wrong.text("code").as_str()), (401, "code_wrong"));
    let done = pending.post(SECOND, code.clone()).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.headers.get_all("set-cookie").iter().any(|c| c.to_str().unwrap().starts_with("yardarm-step=;")));
    let again = pending.post(SECOND, code.clone()).await;
    assert_eq!(again.text("code"), "code_wrong", "a code counts once");
    assert_eq!(after(&app, &password(&app).await).post(SECOND, code).await.status, 401, "in another sign-in, too");

    // A recovery code, typed as people do, and once.
    let typed = json!({ "code": codes[3].to_uppercase().replace('-', " ") });
    let pending = after(&app, &password(&app).await);
    assert_eq!(pending.post(SECOND, typed.clone()).await.status, 200);
    assert_eq!(pending.post(SECOND, typed).await.status, 401);
    assert_eq!(browser.get("/api/v1/account/security").await.body["recovery_codes"], 9);

    app.advance(5 * 60_000);
    let late = pending.post(SECOND, json!({ "code": phone.code(app.now()) })).await;
    assert_eq!(late.text("code"), "sign_in_step_over");
}

async fn wrong_codes_are_counted_for_the_address(app: Arc<TestApp>) {
    let (phone, _, _) = enable_totp(&app, &app.browser().await).await;
    for n in 0..5 {
        let pending = after(&app, &password(&app).await);
        assert_eq!(pending.post(SECOND, json!({ "code": format!("{n:06}") })).await.status, 401);
    }
    // Whoever guesses knows the password; signing in again does not help.
    let pending = after(&app, &password(&app).await);
    let refused = pending.post(SECOND, json!({ "code": phone.code(app.now()) })).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (429, "too_many_attempts"));
    app.advance(15 * 60_000);
    let pending = after(&app, &password(&app).await);
    assert_eq!(pending.post(SECOND, json!({ "code": phone.code(app.now()) })).await.status, 200);
}

#[tokio::test]
async fn wrong_codes_are_counted_for_the_account() {
    let app = TestApp::start_sqlite_with(|settings| {
        settings.trusted_proxies = vec![yardarm_server::rates::network("127.0.0.0/8").unwrap()];
    });
    let app = Arc::new(app.await);
    let (phone, _, _) = enable_totp(&app, &app.browser().await).await;
    let from = |n: i32, reply: &yardarm_testkit::Reply| {
        after(&app, reply).with_header("x-forwarded-for", &format!("198.51.100.{n}"))
    };
    for n in 0..10 {
        let pending = from(n, &password(&app).await);
        assert_eq!(pending.post(SECOND, json!({ "code": format!("{n:06}") })).await.status, 401, "{n}");
    }
    let refused = from(11, &password(&app).await).post(SECOND, json!({ "code": phone.code(app.now()) })).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (429, "too_many_attempts"));
    app.advance(15 * 60_000);
    let good = from(11, &password(&app).await).post(SECOND, json!({ "code": phone.code(app.now()) })).await;
    assert_eq!(good.status, 200, "{}", good.body);
}

async fn factors_change_only_soon_after_signing_in(app: Arc<TestApp>) {
    let token = app.owner.send("POST", "/api/v1/account/totp/enrolment", None).await;
    assert_eq!((token.status, token.text("code").as_str()), (409, "not_a_session"));
    let browser = app.browser().await;
    let enrolment = browser.send("POST", "/api/v1/account/totp/enrolment", None).await;
    let wrong = json!({ "ticket": enrolment.text("ticket"), "code": "000000" });
    assert_eq!(browser.put("/api/v1/account/totp", wrong).await.text("code"), "code_wrong");
    assert_eq!(browser.get("/api/v1/account/security").await.body["totp"], false, "not before the first code");
    let (_, browser, codes) = enable_totp(&app, &browser).await;

    app.advance(10 * 60_000);
    for (method, path) in [
        ("DELETE", "/api/v1/account/totp"),
        ("POST", "/api/v1/account/totp/enrolment"),
        ("POST", "/api/v1/account/recovery-codes"),
    ] {
        let reply = browser.send(method, path, None).await;
        assert_eq!((reply.status, reply.text("code").as_str()), (403, "reauthentication_required"), "{method} {path}");
    }
    let new = json!({ "password": "another fine password" });
    assert_eq!(browser.put("/api/v1/account/password", new.clone()).await.status, 403);

    let halfway = password(&app).await;
    let pending = after(&app, &halfway);
    let fresh = after(&app, &pending.post(SECOND, json!({ "code": codes[0] })).await);
    let weak = fresh.put("/api/v1/account/password", json!({ "password": OWNER_EMAIL })).await;
    assert_eq!((weak.status, weak.problems()[0].1.as_str()), (422, "password_weak"));
    let unfinished = after(&app, &password(&app).await);
    let changed = fresh.put("/api/v1/account/password", new).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for old in [&browser, &fresh] {
        assert_eq!(old.get("/api/v1/session").await.status, 401, "another password ends all sessions");
    }
    let late = unfinished.post(SECOND, json!({ "code": codes[1] })).await;
    assert_eq!(late.text("code"), "sign_in_step_over", "and the sign-ins that are halfway");
    let fresh = after(&app, &changed);
    let removed = fresh.delete("/api/v1/account/totp").await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(fresh.get("/api/v1/session").await.status, 401);
    let security = after(&app, &removed).get("/api/v1/account/security").await.body;
    assert_eq!((&security["totp"], &security["recovery_codes"]), (&json!(false), &json!(0)));
}

async fn a_tenant_may_demand_a_second_factor(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let stream = browser.open("GET", "/api/v1/projects/shop/stream", None).await;
    assert_eq!(stream.status(), 200);
    let change = json!({ "requires_second_factor": true });
    assert_eq!(app.owner.patch("/api/v1/tenants/acme", change).await.body["requires_second_factor"], true);
    for path in ["/api/v1/projects", "/api/v1/projects/shop/flags", "/api/v1/tenants", "/api/v1/tokens"] {
        for client in [&browser, &app.owner] {
            let reply = client.get(path).await;
            assert_eq!((reply.status, reply.text("code").as_str()), (403, "second_factor_required"), "{path}");
        }
    }
    let tenant = browser.post("/api/v1/tenants", json!({ "key": "x", "name": "X" })).await;
    assert_eq!(tenant.text("code"), "second_factor_required");
    assert_eq!(browser.get("/api/v1/session").await.body["unmet"], "second_factor");

    let (_, browser, _) = enable_totp(&app, &browser).await;
    assert_eq!(browser.get("/api/v1/projects").await.status, 200);
    assert_eq!(browser.get("/api/v1/session").await.body["unmet"], json!(null));
    assert_eq!(app.owner.get("/api/v1/projects").await.status, 200, "a token is as good as its maker's account");
    let last = browser.delete("/api/v1/account/totp").await;
    assert_eq!((last.status, last.text("code").as_str()), (409, "second_factor_demanded"), "{}", last.body);
    assert_eq!(browser.get("/api/v1/projects").await.status, 200);
}

async fn sessions_are_listed_and_ended_by_their_owner(app: Arc<TestApp>) {
    let sign_in = json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD });
    let phone = app.anonymous().with_header("user-agent", "Phone/1.0");
    let phone = after(&app, &phone.post("/api/v1/session", sign_in).await);
    let laptop = app.browser().await;
    let list = laptop.get("/api/v1/account/sessions").await.body;
    let items = list["items"].as_array().unwrap();
    let of = |current: bool| items.iter().find(|item| item["current"] == current && item["user_agent"] != "");
    let phones = of(false).unwrap();
    assert_eq!((&phones["user_agent"], &phones["method"]), (&json!("Phone/1.0"), &json!("password")));
    assert!(phones["address"].as_str().unwrap().starts_with("127."));
    assert!(!list.to_string().contains("hash"));
    let path = format!("/api/v1/account/sessions/{}", phones["id"].as_str().unwrap());
    assert_eq!(laptop.delete(&path).await.status, 204);
    assert_eq!(phone.get("/api/v1/session").await.status, 401);
    assert_eq!(laptop.delete(&path).await.status, 404);
    let other = app.browser().await;
    assert_eq!(laptop.delete("/api/v1/account/sessions").await.status, 204);
    assert_eq!(other.get("/api/v1/session").await.status, 401);
    assert_eq!(laptop.get("/api/v1/account/sessions").await.body["total"], 1);
}

async fn the_operator_takes_lost_factors_away(app: Arc<TestApp>) {
    let (_, browser, _) = enable_totp(&app, &app.browser().await).await;
    assert!(app.app.reset_second_factors("ANA@example.com").await.unwrap());
    assert!(!app.app.reset_second_factors("nobody@example.com").await.unwrap());
    assert_eq!(browser.get("/api/v1/session").await.status, 401);
    assert_eq!(password(&app).await.status, 200);
}

/// Each change once in the log, and no secret in anything that is stored.
async fn the_log_tells_it_without_secrets(app: Arc<TestApp>) {
    let browser = app.browser().await;
    let tenant = browser.get("/api/v1/session").await.body["tenant"]["id"].as_str().unwrap().to_owned();
    let enrolment = browser.send("POST", "/api/v1/account/totp/enrolment", None).await;
    let secret = enrolment.text("secret");
    let phone = account::Authenticator::new(&secret);
    let rev = app.app.store.scope(&tenant).await.unwrap().unwrap().rev;
    let body = json!({ "ticket": enrolment.text("ticket"), "code": phone.code(app.now()) });
    let enabled = browser.put("/api/v1/account/totp", body).await;
    let browser = after(&app, &enabled);
    browser.delete("/api/v1/account/totp").await;
    let changes = app.app.store.changes(ScopeRef::tenant(&tenant), rev, 10).await.unwrap();
    let actions: Vec<_> = changes.iter().map(|change| change.attribution.action.as_str()).collect();
    assert_eq!(actions, ["totp.enable", "totp.disable"]);
    let text = format!("{changes:?}");
    assert!(text.contains(r#"{\"totp\":true,\"passkeys\":[]}"#) || text.contains(r#"\"totp\":true"#), "{text}");
    let code = enabled.body["recovery_codes"][0].as_str().unwrap();
    assert!(!text.contains(&secret) && !text.contains(code) && !text.contains("v1."), "{text}");
}

yardarm_testkit::on_both_stores![
    a_password_alone_opens_nothing_any_more,
    wrong_codes_are_counted_for_the_address,
    factors_change_only_soon_after_signing_in,
    a_tenant_may_demand_a_second_factor,
    sessions_are_listed_and_ended_by_their_owner,
    the_operator_takes_lost_factors_away,
    the_log_tells_it_without_secrets,
];
