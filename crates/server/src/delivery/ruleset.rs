//! `GET /sdk/v1/ruleset`: the whole environment for SDKs that evaluate locally. Serialised and compressed once for each
//! version, by the hub; answered from that buffer.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::caller::{Caller, ServerCaller};
use crate::app::App;
use crate::conditional::already_has;
use crate::problem::Problem;

/// 200 with `Ruleset` as JSON, or 304.
pub(super) async fn get(
    State(_): State<App>,
    ServerCaller(Caller { grant, .. }): ServerCaller,
    headers: HeaderMap,
) -> Response {
    let published = grant.live.published();
    let Ok(etag) = HeaderValue::from_str(&published.etag) else {
        return Problem::internal().into_response();
    };
    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    out.insert(ETAG, etag);
    out.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    out.insert(VARY, HeaderValue::from_static("authorization, x-api-key, accept-encoding"));
    if already_has(&headers, &published.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if !takes_gzip(&headers) {
        *response.body_mut() = Body::from(published.json());
        return response;
    }
    let gzip = match published.gzip_made() {
        Some(gzip) => gzip,
        // The first of each version: too long for a thread that others wait for.
        None => match tokio::task::spawn_blocking(move || published.gzip()).await {
            Ok(gzip) => gzip,
            Err(_) => return Problem::internal().into_response(),
        },
    };
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    *response.body_mut() = Body::from(gzip);
    response
}

/// Whether the caller accepts gzip: named (or `*`) and not with `q=0`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut star = false;
    for coding in accepted.flat_map(|value| value.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused =
            parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0));
        if name.eq_ignore_ascii_case("gzip") {
            return !refused;
        }
        star |= name == "*" && !refused;
    }
    star
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        for (given, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("identity", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, given.parse().unwrap());
            assert_eq!(takes_gzip(&headers), expected, "{given}");
        }
    }
}
