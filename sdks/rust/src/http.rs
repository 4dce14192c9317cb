//! Requests with a deadline, an upper bound and a verdict.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use tokio::sync::watch;

use crate::source::backoff::{Failure, retry_after};
use crate::{ConfigError, Timing};

const BEARER: &str = "Bearer ";

/// The server as this client reaches it.
#[derive(Clone)]
pub(crate) struct Server {
    client: reqwest::Client,
    base: String,
    response: Duration,
    limit: usize,
    key: watch::Sender<HeaderValue>,
}

impl Server {
    pub(crate) fn new(url: &str, sdk_key: &str, timing: &Timing, limit: usize) -> Result<Self, ConfigError> {
        let base = url.trim().trim_end_matches('/').to_owned();
        let parsed = Url::parse(&base).map_err(|error| ConfigError::Url(base.clone(), error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(ConfigError::Url(base, "not http or https".to_owned()));
        }
        let key = watch::Sender::new(authorization(sdk_key)?);
        let client = reqwest::Client::builder()
            .user_agent(concat!("yardarm-rust/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timing.connect)
            .build()
            .map_err(|error| ConfigError::Http(text(&error)))?;
        Ok(Self { client, base, response: timing.response, limit, key })
    }

    /// From now on, requests carry this key.
    pub(crate) fn set_key(&self, sdk_key: &str) -> Result<(), ConfigError> {
        self.key.send_replace(authorization(sdk_key)?);
        Ok(())
    }

    /// The key.
    pub(crate) fn sdk_key(&self) -> String {
        let key = self.key.borrow();
        key.to_str().ok().and_then(|key| key.strip_prefix(BEARER)).unwrap_or_default().to_owned()
    }

    /// Follows changes of the key.
    pub(crate) fn keys(&self) -> watch::Receiver<HeaderValue> {
        self.key.subscribe()
    }

    /// GET; answers with success or 304, everything else is a failure.
    pub(crate) async fn get(&self, path: &str, headers: HeaderMap) -> Result<Response, Failure> {
        judged(self.answer(self.client.get(format!("{}{path}", self.base)).headers(headers)).await?)
    }

    /// POST of a JSON body.
    pub(crate) async fn post(&self, path: &str, body: Bytes) -> Result<Response, Failure> {
        let request = self.client.post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, "application/json");
        match self.answer(request.body(body)).await? {
            response if about_the_batch(response.status()) => {
                Err(Failure::Rejected(format!("the server answers {}", response.status())))
            }
            response => judged(response),
        }
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        let key = self.key.borrow().clone();
        match tokio::time::timeout(self.response, request.header(header::AUTHORIZATION, key).send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Failure::Lost(text(&error))),
            Err(_) => Err(Failure::Lost(format!("no answer within {:?}", self.response))),
        }
    }

    /// The whole body, unless it is too large or stalls.
    pub(crate) async fn body(&self, response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        loop {
            match tokio::time::timeout(self.response, chunks.next()).await {
                Ok(None) => return Ok(body),
                Ok(Some(Ok(chunk))) if body.len() + chunk.len() <= self.limit => body.extend_from_slice(&chunk),
                Ok(Some(Ok(_))) => return Err(Failure::Lost(format!("an answer is larger than {} bytes", self.limit))),
                Ok(Some(Err(error))) => return Err(Failure::Lost(text(&error))),
                Err(_) => return Err(Failure::Lost(format!("an answer stalled for {:?}", self.response))),
            }
        }
    }
}

fn authorization(sdk_key: &str) -> Result<HeaderValue, ConfigError> {
    let mut key = HeaderValue::try_from(format!("{BEARER}{}", sdk_key.trim())).map_err(|_| ConfigError::SdkKey)?;
    key.set_sensitive(true);
    Ok(key)
}

/// Waits until the key changes; for ever when it never will.
pub(crate) async fn changed(keys: &mut watch::Receiver<HeaderValue>) {
    if keys.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// `spec/stream.md` 6.3: other refusals are about the key, or pass.
fn about_the_batch(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 408 | 429)
}

fn judged(response: Response) -> Result<Response, Failure> {
    verdict(response.status(), response.headers()).map_or(Ok(response), Err)
}

fn verdict(status: StatusCode, headers: &HeaderMap) -> Option<Failure> {
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return None;
    }
    let message = format!("the server answers {status}");
    let passing = status.is_server_error() || matches!(status.as_u16(), 400 | 408 | 429);
    Some(match retry_after(headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok())) {
        Some(wait) if passing => Failure::RetryAfter(message, wait),
        None if passing => Failure::Lost(message),
        _ => Failure::Refused(message),
    })
}

/// An error with its causes, without the URL.
pub(crate) fn text(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
