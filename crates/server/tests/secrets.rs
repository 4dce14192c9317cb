//! A whole story with secrets of every kind; afterwards they are searched for in all that is stored, logged and answered.
//! What must be recognised is kept as a hash, what must be read again is sealed, and both are kept out of the log.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use yardarm_testkit::{Client, OWNER_EMAIL, OWNER_PASSWORD, TestApp};

/// Everything that was logged in this process, at every level.
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

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// As the server writes it with `--log-format json`, and more of it.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        subscriber.with_writer(log.clone()).init();
        log
    })
}

/// A secret as it is, and as somebody may have written it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    forms.push(hex.to_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    let percent = secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    forms.push(percent.to_lowercase().into_bytes());
    forms.push(percent.into_bytes());
    let some: String = secret
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    forms.push(some.into_bytes());
    // Base64 of the secret as a part of something, at each of the three places in a group.
    for before in 0..3 {
        for engine in [&STANDARD, &URL_SAFE] {
            let text = engine.encode([&b"\0\0\0"[..before], secret.as_bytes()].concat());
            let (from, to) = (if before == 0 { 0 } else { 4 }, text.trim_end_matches('=').len() - 2);
            forms.push(text.as_bytes()[from..to].to_vec());
        }
    }
    forms
}

fn holds(all: &[u8], form: &[u8]) -> bool {
    let Some(first) = form.first() else { return false };
    let mut rest = all;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = &rest[at..];
        if rest.starts_with(form) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// The secrets of a story, and every answer in it but the one that shows a new secret.
#[derive(Default)]
struct Story {
    secrets: Vec<(&'static str, String)>,
    answers: Vec<u8>,
}

impl Story {
    async fn ask(&mut self, client: &Client, method: &str, path: &str, body: Value) -> Value {
        self.tell(client, method, path, body, None).await
    }

    /// `shows`: the member of the answer that is the secret.
    async fn tell(
        &mut self,
        client: &Client,
        method: &str,
        path: &str,
        body: Value,
        shows: Option<(&'static str, &str)>,
    ) -> Value {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, path, body).await;
        let mut answer = reply.body.clone();
        if let Some((what, member)) = shows {
            assert!((200..300).contains(&reply.status), "{method} {path}: {}", reply.body);
            self.secrets.push((what, reply.text(member)));
            answer[member] = Value::Null;
        }
        self.answers.extend(answer.to_string().into_bytes());
        for (name, value) in reply.headers.iter().filter(|(name, _)| *name != "set-cookie") {
            self.answers.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        reply.body
    }

    fn signed_in(&mut self, what: &'static str, cookie: &str) {
        let secret = cookie.split_once('=').unwrap().1.split(';').next().unwrap();
        self.secrets.push((what, secret.to_owned()));
    }
}

async fn no_secret_is_stored_logged_or_said_again(app: Arc<TestApp>) {
    let log = log();
    let mut story = Story::default();
    story.secrets.push(("the owner's password", OWNER_PASSWORD.to_owned()));
    story.secrets.push(("the owner's token", app.token.clone()));
    let visitor = app.anonymous();

    let wrong = "a password that was wrong, but nearly right";
    story.secrets.push(("a wrong password", wrong.to_owned()));
    story.ask(&visitor, "POST", "/api/v1/session", json!({ "email": OWNER_EMAIL, "password": wrong })).await;
    let right = visitor.post("/api/v1/session", json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD })).await;
    story.signed_in("a session", &right.cookie());
    let browser = visitor.with_cookie(&right.cookie());
    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    story.secrets.push(("a sign-in link", link.clone()));
    let by_link = visitor.post("/api/v1/session/link", json!({ "token": link })).await;
    story.signed_in("a session by link", &by_link.cookie());
    story.ask(&visitor, "POST", "/api/v1/session/link", json!({ "token": link })).await;

    let token = json!({ "name": "ci", "role": "editor" });
    let made = story.tell(&browser, "POST", "/api/v1/tokens", token, Some(("an access token", "token"))).await;
    let editor = app.with_token(made["token"].as_str().unwrap());
    story.ask(&editor, "GET", "/api/v1/session", Value::Null).await;
    // Where it does not belong, and cut short.
    let misplaced = format!("/api/v1/projects?access_token={}", made["token"].as_str().unwrap());
    story.ask(&visitor, "GET", &misplaced, Value::Null).await;
    let cut = &made["token"].as_str().unwrap()[..40];
    story.ask(&app.with_token(cut), "GET", "/api/v1/session", Value::Null).await;
    story.ask(&editor, "POST", "/api/v1/projects", json!({ "key": "x", "name": "X" })).await;

    app.flag("checkout").await;
    for audience in ["server", "client"] {
        let key = json!({ "name": audience, "environment": "production", "audience": audience });
        let key = story.tell(&app.owner, "POST", "/api/v1/projects/shop/keys", key, Some(("an SDK key", "key"))).await;
        let sdk = app.with_token(key["key"].as_str().unwrap());
        let context = json!({ "context": { "targetingKey": "somebody" } });
        story.ask(&sdk, "POST", "/ofrep/v1/evaluate/flags", context.clone()).await;
        story.ask(&sdk, "POST", "/ofrep/v1/evaluate/flags/checkout", context).await;
        story.ask(&sdk, "GET", "/sdk/v1/ruleset", Value::Null).await;
        let keyed = visitor.with_header("x-api-key", key["key"].as_str().unwrap());
        story.ask(&keyed, "GET", "/sdk/v1/ruleset", Value::Null).await;
        story.ask(&sdk, "GET", "/api/v1/projects", Value::Null).await;
        let misplaced = format!("/sdk/v1/ruleset?key={}", key["key"].as_str().unwrap());
        story.ask(&visitor, "GET", &misplaced, Value::Null).await;
    }
    for path in [
        "session",
        "tenants",
        "members",
        "tokens",
        "projects",
        "projects/shop/keys",
        "projects/shop/history",
        "projects/shop/export",
    ] {
        story.ask(&app.owner, "GET", &format!("/api/v1/{path}"), Value::Null).await;
    }
    let metrics = visitor.open("GET", "/metrics", None).await.text().await.unwrap();
    story.answers.extend(metrics.into_bytes());
    app.app.flush().await;

    // The search finds what is there: the name of the flag is in all three.
    let stored = app.stored().await;
    let logged = log.0.lock().unwrap().clone();
    for (place, all) in [("stored", &stored), ("answered", &story.answers)] {
        assert!(holds(all, b"checkout"), "{place}: the search finds nothing at all");
    }
    assert!(holds(&logged, b"\"level\":\"TRACE\"") || holds(&logged, b"\"level\":\"DEBUG\""), "nothing was logged");
    assert!(story.secrets.len() >= 8);
    for (what, secret) in &story.secrets {
        for form in forms(secret) {
            for (place, all) in [("stored", &stored), ("logged", &logged), ("answered", &story.answers)] {
                let form_text = String::from_utf8_lossy(&form).into_owned();
                assert!(!holds(all, &form), "{what} is {place}: {form_text}");
            }
        }
    }
}

/// Each way of writing is recognised.
#[test]
fn the_search_knows_every_form() {
    let secret = "yd_pat_0123456789/abc?d";
    let percent = secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    for text in [
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("user:{secret}")),
        URL_SAFE.encode(format!("a{secret}b")),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        percent,
        secret.replace('/', "%2F").replace('?', "%3F"),
    ] {
        let text = format!("before {text} after").into_bytes();
        assert!(forms(secret).iter().any(|form| holds(&text, form)), "{}", String::from_utf8_lossy(&text));
    }
}

yardarm_testkit::on_both_stores![no_secret_is_stored_logged_or_said_again];
