//! Streams: `GET /sdk/v1/stream` and what it shares with OFREP's. The protocol is `spec/stream.md`.
//!
//! A connection is a cursor over frames that the hub serialised once for everybody. Nobody waits for a slow reader: one
//! that falls behind is told to fetch the whole.

mod admission;
mod body;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use yardarm_eval::ruleset::Version;
use yardarm_hub::Frame;

pub(super) use admission::Admission;
pub(super) use body::Protocol;

use super::LAST_EVENT_ID;
use super::caller::{Caller, ServerCaller};
use crate::app::App;
use crate::auth::ClientAddress;

/// `GET /sdk/v1/stream`. The first frame always comes at once.
pub(super) async fn open(
    State(app): State<App>,
    ServerCaller(caller): ServerCaller,
    address: ClientAddress,
    headers: HeaderMap,
) -> Response {
    let last = last_event_id(&headers);
    let (mut first, frames) = caller.grant.live.resume(last.as_ref());
    if first.is_empty() {
        first.push(body::PING);
    }
    start(&app, &caller, address, Protocol::Sdk, first, frames)
}

/// Answers with a stream, when there is room for one.
pub(super) fn start(
    app: &App,
    caller: &Caller,
    address: ClientAddress,
    protocol: Protocol,
    first: Vec<Bytes>,
    frames: tokio::sync::broadcast::Receiver<Frame>,
) -> Response {
    let grant = &caller.grant;
    let permit = match app.delivery.admission.admit(&grant.id, &grant.tenant_id, address.0, protocol) {
        Ok(permit) => permit,
        Err(problem) => return problem.into_response(),
    };
    event_stream(Body::new(body::StreamBody::new(app, caller, protocol, first, frames, permit)))
}

/// The answer that carries server-sent events: not cached, not buffered by proxies, not compressed.
pub(super) fn event_stream(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// `Last-Event-ID: epoch:rev`. Anything else is as good as none.
pub(super) fn last_event_id(headers: &HeaderMap) -> Option<Version> {
    let (epoch, rev) = headers.get(LAST_EVENT_ID)?.to_str().ok()?.trim().split_once(':')?;
    Some(Version { epoch: epoch.to_owned(), rev: rev.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_event_ids() {
        for (given, expected) in [
            ("e1:7", Some(("e1", 7))),
            (" e1:7 ", Some(("e1", 7))),
            ("e1", None),
            ("e1:x", None),
            ("e1:-1", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LAST_EVENT_ID, given.parse().unwrap());
            let expected = expected.map(|(epoch, rev)| Version { epoch: epoch.to_owned(), rev });
            assert_eq!(last_event_id(&headers), expected, "{given}");
        }
    }
}
