//! `GET /sdk/v1/ruleset`: the fallback beside a stream that does not deliver. It ends with the stream's first frame.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::time::{Instant, sleep};

use super::backoff::{Backoff, Failure, random};
use crate::Timing;
use crate::held::{Origin, Shared};
use crate::http::{Server, changed};

/// Runs until it is dropped. `streaming`: it stands in for a stream, else it is all there is.
pub(crate) async fn poll(shared: Arc<Shared>, server: Server, timing: Timing, streaming: bool) {
    let mut etag: Option<HeaderValue> = None;
    let mut backoff = Backoff::default();
    let mut keys = server.keys();
    let grace = if streaming { timing.poll_after } else { Duration::ZERO };
    loop {
        stream_is_away(&shared, grace).await;
        let wait = match once(&shared, &server, &mut etag).await {
            Ok(()) => {
                backoff.reset();
                shared.poll_succeeded();
                timing.poll_interval.mul_f64(0.9 + 0.2 * random())
            }
            Err(failure) => {
                shared.poll_failed(failure.message(), matches!(failure, Failure::Refused(_)));
                // A failing server is never asked more often than a healthy one.
                backoff.after(&failure, &timing, random()).max(timing.poll_interval.mul_f64(random()))
            }
        };
        tokio::select! {
            () = sleep(wait) => {},
            () = stream_is_back(&shared) => etag = None,
            () = changed(&mut keys) => (etag, backoff) = (None, Backoff::default()),
        }
    }
}

async fn once(shared: &Arc<Shared>, server: &Server, etag: &mut Option<HeaderValue>) -> Result<(), Failure> {
    let mut headers = HeaderMap::new();
    if let Some(etag) = &*etag {
        headers.insert(header::IF_NONE_MATCH, etag.clone());
    }
    let response = server.get("/sdk/v1/ruleset", headers).await?;
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(());
    }
    let new = response.headers().get(header::ETAG).cloned();
    let body = server.body(response).await?;
    super::put(shared, body, Origin::Poll).await?;
    *etag = new;
    Ok(())
}

/// Returns once no stream has delivered for this long.
async fn stream_is_away(shared: &Shared, grace: Duration) {
    let mut changes = shared.board.watch();
    let mut since = Instant::now();
    loop {
        if shared.is_streaming() {
            // A stream that breaks or cannot be opened again changes the status.
            if changes.changed().await.is_err() {
                return;
            }
            since = Instant::now();
        } else {
            let Some(left) = grace.checked_sub(since.elapsed()).filter(|left| !left.is_zero()) else { return };
            tokio::select! {
                () = sleep(left) => {},
                _ = changes.changed() => {},
            }
        }
    }
}

async fn stream_is_back(shared: &Shared) {
    let mut changes = shared.board.watch();
    while !shared.is_streaming() {
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
