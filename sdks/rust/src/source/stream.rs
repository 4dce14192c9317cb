//! `GET /sdk/v1/stream`: connects, applies frames, reconnects for ever.

use std::sync::Arc;

use futures_util::StreamExt;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep, timeout};
use yardarm_eval::ruleset::Patch;

use super::backoff::{Backoff, Failure, random};
use super::sse::{Event, Parser};
use crate::Timing;
use crate::held::{Origin, Shared, Taken};
use crate::http::{Server, changed, text};

/// Runs until it is dropped.
pub(crate) async fn stream(shared: Arc<Shared>, server: Server, timing: Timing, max_payload: usize) {
    let mut backoff = Backoff::default();
    let mut keys = server.keys();
    loop {
        let mut connection = Connection { shared: &shared, server: &server, timing: &timing, max_payload, began: None };
        let failure = tokio::select! {
            failure = connection.run() => failure,
            () = changed(&mut keys) => {
                shared.stream_left();
                backoff.reset();
                continue;
            }
        };
        if connection.began.is_some_and(|began| began.elapsed() >= timing.healthy) {
            backoff.reset();
        }
        match &failure {
            Failure::Left(..) => shared.stream_left(),
            failure => shared.stream_failed(failure.message(), matches!(failure, Failure::Refused(_))),
        }
        let wait = backoff.after(&failure, &timing, random());
        tracing::debug!(error = failure.message(), ?wait, "the flag stream ended; reconnecting");
        tokio::select! {
            () = sleep(wait) => {},
            () = changed(&mut keys) => backoff.reset(),
        }
    }
}

struct Connection<'a> {
    shared: &'a Arc<Shared>,
    server: &'a Server,
    timing: &'a Timing,
    max_payload: usize,
    /// When the first frame arrived.
    began: Option<Instant>,
}

#[derive(Deserialize)]
struct Goodbye {
    #[serde(default)]
    retry_ms: u64,
}

impl Connection<'_> {
    async fn run(&mut self) -> Failure {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(version) = self.shared.version()
            && let Ok(id) = HeaderValue::try_from(format!("{}:{}", version.epoch, version.rev))
        {
            headers.insert(HeaderName::from_static("last-event-id"), id);
        }
        let response = match self.server.get("/sdk/v1/stream", headers).await {
            Ok(response) => response,
            Err(failure) => return failure,
        };
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        if !content_type.is_some_and(|t| t.starts_with("text/event-stream")) {
            return Failure::Lost("the answer is not an event stream".to_owned());
        }
        let mut parser = Parser::new(self.max_payload);
        let mut chunks = response.bytes_stream();
        let mut events = Vec::new();
        // A server that says nothing for two and a half heartbeats is gone, even if the socket does not know.
        let silence = self.timing.heartbeat.mul_f64(2.5);
        loop {
            let readable = match timeout(silence, chunks.next()).await {
                Err(_) => return Failure::Lost(format!("the stream was silent for {silence:?}")),
                Ok(None) => return Failure::Lost("the stream was closed".to_owned()),
                Ok(Some(Err(error))) => return Failure::Lost(text(&error)),
                Ok(Some(Ok(chunk))) => parser.push(&chunk, &mut events),
            };
            // What came before the damage is good.
            for event in events.drain(..) {
                if let Err(failure) = self.event(event).await {
                    return failure;
                }
            }
            if let Err(error) = readable {
                return Failure::Lost(error.to_string());
            }
        }
    }

    async fn event(&mut self, event: Event) -> Result<(), Failure> {
        let taken = match event.name.as_str() {
            "put" => super::put(self.shared, event.data.into_bytes(), Origin::Stream).await?,
            "patch" => {
                let patch: Patch<&RawValue> = serde_json::from_str(&event.data)
                    .map_err(|error| Failure::Lost(format!("unreadable patch: {error}")))?;
                self.shared.patch(&patch)
            }
            "resync" => Taken::NeedsWhole,
            "goodbye" => {
                let retry_ms = serde_json::from_str(&event.data).map_or(0, |Goodbye { retry_ms }| retry_ms);
                let wait = std::time::Duration::from_millis(retry_ms);
                return Err(Failure::Left("the server said goodbye".to_owned(), Some(wait)));
            }
            // `ping`, and events of later servers.
            _ => Taken::No,
        };
        if self.began.is_none() {
            self.began = Some(Instant::now());
            self.shared.stream_began();
        }
        if taken == Taken::NeedsWhole {
            let response = self.server.get("/sdk/v1/ruleset", HeaderMap::new()).await?;
            let body = self.server.body(response).await?;
            super::put(self.shared, body, Origin::Stream).await?;
            return Err(Failure::Left("resynchronised".to_owned(), None));
        }
        Ok(())
    }
}
