//! One's own account from a password to recovery codes and back, each call once.

use serde_json::{Value, json};
use yardarm_testkit::{Client, OWNER_EMAIL, OWNER_PASSWORD, Reply, TestApp};

/// An authenticator app, written again from RFC 6238: nothing of the server's is in it.
pub(crate) struct Authenticator(Vec<u8>);

impl Authenticator {
    /// That was shown this secret.
    pub(crate) fn new(base32: &str) -> Self {
        Self(data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).unwrap())
    }

    /// Its code at an instant.
    pub(crate) fn code(&self, at_ms: i64) -> String {
        use hmac::{KeyInit, Mac};
        let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&(at_ms / 30_000).to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0xf);
        let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", word % 1_000_000)
    }
}

/// What a browser keeps of an answer: the last value of each cookie.
pub(crate) fn cookies(reply: &Reply) -> String {
    let set = reply.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let pairs: Vec<&str> =
        set.filter_map(|cookie| cookie.split(';').next()).filter(|pair| !pair.ends_with('=')).collect();
    pairs.join("; ")
}

/// The owner in a browser that goes on with what the answer set.
pub(crate) fn after(app: &TestApp, reply: &Reply) -> Client {
    app.anonymous().with_header("cookie", &cookies(reply))
}

/// Begins to sign in as the owner.
pub(crate) async fn password(app: &TestApp) -> Reply {
    app.anonymous().post("/api/v1/session", json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD })).await
}

/// Adds an authenticator app; gives the app, the session that goes on, and the recovery codes.
pub(crate) async fn enable_totp(app: &TestApp, browser: &Client) -> (Authenticator, Client, Vec<String>) {
    let enrolment = browser.send("POST", "/api/v1/account/totp/enrolment", None).await;
    assert_eq!(enrolment.status, 200, "{}", enrolment.body);
    let phone = Authenticator::new(&enrolment.text("secret"));
    let body = json!({ "ticket": enrolment.text("ticket"), "code": phone.code(app.now()) });
    let enabled = browser.put("/api/v1/account/totp", body).await;
    assert_eq!(enabled.status, 200, "{}", enabled.body);
    let codes = serde_json::from_value(enabled.body["recovery_codes"].clone()).unwrap();
    // The next code is another one.
    app.advance(30_000);
    (phone, after(app, &enabled), codes)
}

/// Every route of an account, with success.
pub(crate) async fn walk(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    let (phone, browser, codes) = enable_totp(app, &app.browser().await).await;
    assert_eq!(codes.len(), 10);
    let halfway = password(app).await;
    assert_eq!(halfway.status, 202);
    let second = json!({ "code": phone.code(app.now()) });
    let elsewhere = after(app, &halfway).post("/api/v1/session/second-factor", second).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.body);
    let elsewhere = after(app, &elsewhere);
    let sessions = elsewhere.get("/api/v1/account/sessions").await.body;
    let mine = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let mine = format!("/api/v1/account/sessions/{}", mine["id"].as_str().unwrap());
    let calls: [(&str, &str, Value, u16); 6] = [
        ("GET", "/api/v1/account/security", Value::Null, 200),
        ("POST", "/api/v1/account/recovery-codes", Value::Null, 201),
        ("DELETE", &mine, Value::Null, 204),
        ("DELETE", "/api/v1/account/sessions", Value::Null, 204),
        ("DELETE", "/api/v1/account/totp", Value::Null, 204),
        ("PUT", "/api/v1/account/password", json!({ "password": OWNER_PASSWORD }), 200),
    ];
    let mut browser = browser;
    for (method, path, body, status) in calls {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = browser.send(method, path, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        if !cookies(&reply).is_empty() {
            browser = after(app, &reply);
        }
    }
    vec![
        ("POST", "/api/v1/session/second-factor"),
        ("POST", "/api/v1/account/totp/enrolment"),
        ("PUT", "/api/v1/account/totp"),
        ("DELETE", "/api/v1/account/totp"),
        ("GET", "/api/v1/account/security"),
        ("PUT", "/api/v1/account/password"),
        ("POST", "/api/v1/account/recovery-codes"),
        ("GET", "/api/v1/account/sessions"),
        ("DELETE", "/api/v1/account/sessions"),
        ("DELETE", "/api/v1/account/sessions/{session}"),
    ]
}
