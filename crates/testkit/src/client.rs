//! A client that keeps what it was answered.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::documented;

/// An HTTP client with a base address and headers.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// JSON, null for none.
    pub body: Value,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build().unwrap();
        Self { http, url: url.to_owned(), headers: HeaderMap::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        client
    }

    /// The same with the cookie of a `Set-Cookie`.
    #[must_use]
    pub fn with_cookie(&self, set_cookie: &str) -> Self {
        self.with_header("cookie", set_cookie.split(';').next().unwrap())
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }
    /// `POST`
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body.to_string().into_bytes())).await
    }
    /// `PUT`
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(body.to_string().into_bytes())).await
    }
    /// `PATCH`
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, Some(body.to_string().into_bytes())).await
    }
    /// `DELETE`
    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    /// Anything, with a body of bytes as JSON unless the client has another content type. A success of the management
    /// API must be as its OpenAPI document says.
    pub async fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Reply {
        let request = body.as_deref().map(|body| serde_json::from_slice(body).unwrap_or_default());
        let response = self.open(method, path, body).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
        };
        documented::check(method, path, request.as_ref(), status, &body);
        Reply { status, headers, body }
    }

    /// The same at another address: a credential is good on every node.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same, and a redirect is an answer.
    #[must_use]
    pub fn without_redirects(&self) -> Self {
        let timeout = std::time::Duration::from_secs(30);
        let none = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().timeout(timeout).redirect(none).build().unwrap();
        Self { http, ..self.clone() }
    }

    /// Anything without a body, and a redirect as it is.
    pub async fn open_without_redirects(&self, method: &str, path: &str) -> reqwest::Response {
        self.without_redirects().open(method, path, None).await
    }

    /// Anything, with the body still to be read: streams.
    pub async fn open(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> reqwest::Response {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone());
        if let Some(body) = body {
            if !self.headers.contains_key("content-type") {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        request.send().await.unwrap()
    }
}

impl Reply {
    /// Text of a member.
    pub fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no text {member} in {}", self.body)).to_owned()
    }

    /// A header's text, empty without one.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `Set-Cookie`.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").to_owned()
    }

    /// Pointers and codes of a problem.
    pub fn problems(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |error: &Value, member: &str| error[member].as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
    }
}
