//! Successful answers: JSON, the document's `ETag`, the project's version, never stored by anybody on the way.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use yardarm_hub::LiveProject;

use crate::auth::refusal;

/// Response header of writes: `epoch:rev` of the project after it.
const REVISION: HeaderName = HeaderName::from_static("x-yardarm-revision");

/// An answer in the making.
pub(crate) struct Answer {
    status: StatusCode,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
    headers: HeaderMap,
}

impl Answer {
    /// 200 with a body.
    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self { status: StatusCode::OK, body: Some(serde_json::to_vec(body)), headers: HeaderMap::new() }
    }
    /// 201 with a body.
    pub(crate) fn created(body: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }
    }
    /// 202 with a body.
    pub(crate) fn accepted(body: &impl Serialize) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(body) }
    }
    /// 303 to a path of this server.
    pub(crate) fn see_other(path: &str) -> Self {
        let mut headers = HeaderMap::new();
        let location = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
        headers.insert(LOCATION, location);
        Self { status: StatusCode::SEE_OTHER, body: None, headers }
    }
    /// 204.
    pub(crate) fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, headers: HeaderMap::new() }
    }
    /// Revision of the document in the body.
    pub(crate) fn etag(mut self, rev: u64) -> Self {
        let tag = HeaderValue::from_str(&format!("\"{rev}\"")).expect("digits in quotes are a valid header");
        self.headers.insert(ETAG, tag);
        self
    }
    /// Version of the project after a write.
    pub(crate) fn version(mut self, live: &LiveProject) -> Self {
        if let Ok(value) = HeaderValue::from_str(&version_text(live)) {
            self.headers.insert(REVISION, value);
        }
        self
    }
    /// `Set-Cookie`.
    pub(crate) fn cookie(mut self, cookie: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            self.headers.append(SET_COOKIE, value);
        }
        self
    }
}

/// `epoch:rev`.
pub(crate) fn version_text(live: &LiveProject) -> String {
    format!("{}:{}", live.scope.epoch, live.scope.rev)
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            None => self.status.into_response(),
            Some(Ok(bytes)) => (self.status, [(CONTENT_TYPE, "application/json")], bytes).into_response(),
            Some(Err(error)) => return refusal::internal(error).into_response(),
        };
        response.headers_mut().extend(self.headers);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
