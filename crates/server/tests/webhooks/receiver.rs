//! A receiver of webhooks on this machine: it keeps what it was sent and answers what it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use yardarm_testkit::{Client, TestApp};

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    /// By the text of the specification, not by the server's code.
    pub(crate) fn signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(self.id().as_bytes());
        mac.update(b".");
        mac.update(self.header("webhook-timestamp").as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

#[derive(Clone, Default)]
struct Book {
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

/// Answers 200, or what [`Receiver::answer`] said, once each; the last one stays. 0 never answers.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    book: Book,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Book::default();
        let router = Router::new().fallback(receive).with_state(book.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, book }
    }

    pub(crate) fn answer(&self, answers: &[u16]) {
        *self.book.answers.lock().unwrap() = answers.iter().copied().collect();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks/flags", self.address)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.book.heard.lock().unwrap().clone()
    }

    /// Waits until it has heard so many.
    pub(crate) async fn hears(&self, count: usize) -> Vec<Heard> {
        until(&format!("{count} requests"), async || self.heard().len() >= count).await;
        self.heard()
    }
}

async fn receive(State(book): State<Book>, headers: HeaderMap, body: Bytes) -> Response {
    book.heard.lock().unwrap().push(Heard { headers, body: body.to_vec() });
    let answer = {
        let mut answers = book.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() }
    };
    match answer.unwrap_or(200) {
        0 => std::future::pending().await,
        status @ 300..=399 => {
            let location = headers_location();
            (StatusCode::from_u16(status).unwrap(), [("location", location)]).into_response()
        }
        status => (StatusCode::from_u16(status).unwrap(), "what the receiver says").into_response(),
    }
}

/// A place inside of the network that nobody may be led to.
fn headers_location() -> &'static str {
    "http://169.254.169.254/latest/meta-data/"
}

/// Waits for something that happens by itself.
pub(crate) async fn until(what: &str, happened: impl AsyncFn() -> bool) {
    for _ in 0..6_000 {
        if happened().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited two minutes for {what}");
}

/// A webhook for everything; its id and its secret.
pub(crate) async fn webhook(client: &Client, url: &str, more: Value) -> (String, String) {
    let mut body = json!({ "name": "CI", "url": url });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = client.post("/api/v1/webhooks", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    (made.text("id"), made.text("secret"))
}

/// Deliveries of a webhook, newest first.
pub(crate) async fn deliveries(app: &TestApp, id: &str) -> Vec<Value> {
    let page = app.owner.get(&format!("/api/v1/webhooks/{id}/deliveries")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["items"].as_array().unwrap().clone()
}

/// Waits until a webhook has so many deliveries in a state.
pub(crate) async fn settled(app: &TestApp, id: &str, state: &str, count: usize) {
    until(&format!("{count} {state}"), async || {
        deliveries(app, id).await.iter().filter(|delivery| delivery["state"] == state).count() >= count
    })
    .await;
}
