//! W3C trace context: each request has a trace id, taken from `traceparent` or made here; it goes into the span, into
//! problems, into the change log and back to the caller.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

use crate::app::App;
use crate::audit::Source;
use crate::problem;
use crate::rates::Meter;
use crate::scim;
use crate::telemetry::Lane;

/// Response header: the request's own id (its span id), for support tickets.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Request and response header, <https://www.w3.org/TR/trace-context/>.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The ids of a request. An extractor: handlers pass `trace_id` on to `Attribution`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    span: u64,
    sampled: bool,
}

impl Trace {
    /// Continues a `traceparent`, or starts one when it is absent or not valid.
    pub fn of(header: Option<&HeaderValue>) -> Self {
        let span = random_u64().max(1);
        match header.and_then(|value| value.to_str().ok()).and_then(parse) {
            Some((id, sampled)) => Self { id, span, sampled },
            None => {
                Self { id: (u128::from(random_u64()) << 64 | u128::from(random_u64())).max(1), span, sampled: false }
            }
        }
    }

    /// 32 lower-case hex digits.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.id)
    }

    fn span_id(self) -> HeaderValue {
        HeaderValue::from_str(&format!("{:016x}", self.span)).expect("hex digits are a valid header")
    }

    fn traceparent(self) -> HeaderValue {
        let text = format!("00-{:032x}-{:016x}-{:02x}", self.id, self.span, u8::from(self.sampled));
        HeaderValue::from_str(&text).expect("hex digits and hyphens are a valid header")
    }
}

/// `version-traceid-parentid-flags`; later versions may have more fields, `ff` is forbidden.
fn parse(text: &str) -> Option<(u128, bool)> {
    let mut parts = text.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let shaped = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    if !shaped || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok()?;
    let parent = u64::from_str_radix(parent, 16).ok()?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    (trace != 0 && parent != 0).then_some((trace, flags & 1 == 1))
}

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_else(|| Self::of(parts.headers.get(TRACEPARENT))))
    }
}

/// Outermost layer of the management lane: trace id, span, one access line (no query string, no secret), problems
/// finished, response headers, counted.
pub async fn management(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let trace = Trace::of(request.headers().get(TRACEPARENT));
    request.extensions_mut().insert(trace);
    let meter = Meter::default();
    request.extensions_mut().insert(meter.clone());
    let trace_id = trace.trace_id();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = std::time::Instant::now();
    let span = tracing::info_span!("request", trace_id = %trace_id);
    let response = next.run(request).instrument(span).await;
    let mut response =
        if path.starts_with(scim::ROOT) { scim::finish(response) } else { problem::finish(response, &trace_id).await };
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    #[expect(clippy::cast_possible_truncation, reason = "microseconds of one request")]
    let took_us = elapsed.as_micros() as u64;
    tracing::info!(target: "yardarm::access", trace_id = %trace_id, %method, path, status, took_us);
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    app.telemetry.request(Lane::Management, route, response.status());
    app.telemetry.management_seconds.record(elapsed.as_secs_f64());
    meter.write(response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, trace.span_id());
    response.headers_mut().insert(TRACEPARENT, trace.traceparent());
    response
}

/// Outermost layer of everything else: the same ids, no log line; requests are only counted.
pub async fn delivery(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let trace = Trace::of(request.headers().get(TRACEPARENT));
    request.extensions_mut().insert(trace);
    let meter = Meter::default();
    request.extensions_mut().insert(meter.clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let source = Source::of(&app, &request);
    let of_scim = request.uri().path().starts_with(scim::ROOT);
    let mut response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        source.note(&app, &response, None);
        response = if of_scim { scim::finish(response) } else { problem::finish(response, &trace.trace_id()).await };
    }
    app.telemetry.request(Lane::Delivery, route.as_ref().map_or("none", MatchedPath::as_str), response.status());
    meter.write(response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, trace.span_id());
    response.headers_mut().insert(TRACEPARENT, trace.traceparent());
    response
}

/// Ids and jitter: unpredictable enough for both, never for secrets.
pub(crate) fn random_u64() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().build_hasher().finish());
    }
    STATE.with(|state| {
        // SplitMix64 (Steele, Lea, Flood 2014).
        let next = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        state.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}

/// A number between `low` and `high`, both included: jitter.
pub(crate) fn spread(low: u64, high: u64) -> u64 {
    low + random_u64() % (high.saturating_sub(low) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_traceparent_is_continued() {
        let header = HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let trace = Trace::of(Some(&header));
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let out = trace.traceparent();
        let out = out.to_str().unwrap();
        assert!(out.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && out.ends_with("-01"), "{out}");
        assert!(!out.contains("00f067aa0ba902b7"), "the parent's span id is not ours");
    }

    #[test]
    fn anything_else_starts_a_new_trace() {
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            let header = HeaderValue::from_str(bad).unwrap();
            assert_ne!(Trace::of(Some(&header)).trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736", "{bad}");
        }
        assert_ne!(Trace::of(None).trace_id(), Trace::of(None).trace_id());
    }

    #[test]
    fn spread_stays_inside() {
        assert!((0..1_000).map(|_| spread(3, 7)).all(|n| (3..=7).contains(&n)));
        assert_eq!(spread(5, 5), 5);
    }
}
