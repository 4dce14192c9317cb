//! RFC 9457 problems: every answer that is not a success, whoever refused.
//!
//! `{type, title, status, detail, code, trace_id, errors: [{pointer, code, message}]}` — all errors at once: what, where,
//! the limit, what to do. `code` is stable; `type` is `https://yardarm.dev/problems/<code>`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;
use yardarm_model::command::{Refusal, RefusalCode};
use yardarm_store::{CommitError, Gone, StoreError};

use crate::trace;

/// Content type of every problem.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A refusal in the making. It is also the error type of every handler.
#[derive(Clone, Debug)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable, `snake_case`.
    pub code: Cow<'static, str>,
    /// In words: what happened, and what to do.
    pub detail: String,
    /// One for each thing that is wrong.
    pub errors: Vec<ProblemError>,
    /// Headers that belong to it (`Retry-After`, `ETag`, `Allow`, …).
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A member beside the others, with what helps to go on: the plan as it is now.
    pub member: Option<Box<(&'static str, Value)>>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemError {
    /// JSON pointer (RFC 6901) into the body; empty for the whole. Query parameters are `?name`.
    pub pointer: String,
    /// Stable, `snake_case`.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
}

impl ProblemError {
    /// Where, which, and in words.
    pub fn new(pointer: impl Into<String>, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into() }
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    errors: &'a [ProblemError],
    #[serde(flatten)]
    member: Option<BTreeMap<&'static str, &'a Value>>,
}

impl Problem {
    /// A problem with a stable code and words for people.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), errors: Vec::new(), headers: Vec::new(), member: None }
    }

    /// Adds one thing that is wrong.
    #[must_use]
    pub fn error(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.errors.push(ProblemError::new(pointer, code, message));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a member beside the others.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.member = Some(Box::new((name, value)));
        self
    }

    /// Adds `Retry-After`, in whole seconds between `low` and `high`, so that refused clients do not return together.
    #[must_use]
    pub fn retry_between(self, low: u64, high: u64) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(trace::spread(low, high)))
    }

    /// 404. Foreign and missing are the same answer.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such object, or it is not yours to see.")
    }

    /// 401. `detail` says which credential was expected, never what was wrong with a secret.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .header(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403. The object is visible, the right is missing.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 422 with nothing in `errors` yet.
    pub fn invalid() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request was understood and cannot be accepted.")
    }

    /// 500. What happened goes to the log under the trace id, not to the caller.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something failed here. The log has it under the trace id.",
        )
    }

    /// The body, with a trace id when one is known.
    pub fn render(&self, trace_id: Option<&str>) -> Vec<u8> {
        let wire = Wire {
            r#type: format!("https://yardarm.dev/problems/{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: &self.code,
            trace_id,
            errors: &self.errors,
            member: self.member.as_deref().map(|(name, value)| BTreeMap::from([(*name, value)])),
        };
        serde_json::to_vec(&wire).expect("strings and numbers always serialise")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.render(None)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        // `finish` renders it again with the trace id, which handlers do not know.
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts the trace id into problems, and turns what is left of axum's plain-text refusals into problems.
pub async fn finish(mut response: Response, trace_id: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let body = Body::from(problem.render(Some(trace_id)));
        response.headers_mut().remove(CONTENT_LENGTH);
        *response.body_mut() = body;
        return response;
    }
    let is_text = match response.headers().get(CONTENT_TYPE) {
        None => true,
        Some(value) => value.as_bytes().starts_with(b"text/plain"),
    };
    if !is_text {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let text =
        to_bytes(body, 4_096).await.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let problem = Problem::new(status, code_for(status), describe(status, text));
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    Response::from_parts(parts, Body::from(problem.render(Some(trace_id))))
}

fn code_for(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::REQUEST_TIMEOUT => "request_timeout",
        StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid",
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "internal",
        _ => "refused",
    }
}

fn describe(status: StatusCode, text: String) -> String {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            "This address exists, but not with this method; see the Allow header.".to_owned()
        }
        status if status.is_server_error() => "Something failed here. The log has it under the trace id.".to_owned(),
        _ if text.trim().is_empty() => status.canonical_reason().unwrap_or("Refused").to_owned(),
        _ => text,
    }
}

/// The answer to an address that does not exist.
pub async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", "There is nothing at this address. /docs lists what there is.")
}

/// The answer to a panic in a handler: a problem, and the next request is served as if nothing had happened.
#[expect(clippy::needless_pass_by_value, reason = "the shape that CatchPanicLayer asks for")]
pub fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("not text");
    tracing::error!(what, "a handler panicked");
    Problem::internal().into_response()
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut problem = match refusal.code {
            RefusalCode::Invalid => Self::invalid(),
            RefusalCode::NotFound => Self::not_found(),
            RefusalCode::Conflict => {
                Self::new(StatusCode::CONFLICT, "conflict", "The present state of the project forbids this.")
            }
        };
        for one in refusal.problems {
            problem = problem.error(one.pointer, one.code, one.message);
        }
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => {
                tracing::warn!(why, "the database is unavailable");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database_unavailable",
                    "The database does not answer, so nothing can be managed now. Flags are still served. Try again later.",
                )
                .retry_between(2, 8)
            }
            StoreError::Gone(gone) => Self::new(
                StatusCode::GONE,
                match gone {
                    Gone::Redacted => "redacted",
                    Gone::Pruned(_) => "pruned",
                },
                format!("It is not known any more: {gone}. See the audit log for who did that and why."),
            ),
            StoreError::Database(_) | StoreError::Damaged { .. } => {
                tracing::error!(%error, "the database failed");
                Self::internal()
            }
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale { epoch, rev } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                format!(
                    "It changed in the meantime; the project is at {epoch}:{rev} now. Read it again and repeat the change."
                ),
            ),
            CommitError::NoScope => Self::not_found(),
            CommitError::Taken(what) => {
                Self::new(StatusCode::CONFLICT, "taken", format!("{what} is taken. Choose another one."))
            }
            CommitError::Full { name, used, adding, most } => {
                let words = name.replace('_', " ");
                let detail = format!(
                    "This tenant has {used} of {most} {words}; {adding} more do not fit. Everything that is there goes on. Remove \
                     what is not needed, or ask the operator for a larger quota (GET /api/v1/quotas shows all of them)."
                );
                Self::new(StatusCode::CONFLICT, "quota_reached", detail.clone()).error("", name, detail)
            }
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text).to_owned();
        let (pointer, text) = match text.split_once(": ") {
            Some((name, rest)) if !name.contains(' ') => (format!("?{name}"), rest.to_owned()),
            _ => ("?".to_owned(), text),
        };
        let message = crate::json::with_suggestion(&text);
        Self::new(StatusCode::BAD_REQUEST, "query_invalid", "The query string cannot be read.").error(
            pointer,
            "query_invalid",
            message,
        )
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        // A path that cannot be read names nothing, so it is the same 404 as any other name of nothing.
        match rejection.status() {
            status if status.is_server_error() => Self::internal(),
            _ => Self::not_found(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn json(response: Response) -> serde_json::Value {
        let bytes = to_bytes(response.into_body(), 65_536).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_problem_gets_its_trace_id_and_keeps_its_headers() {
        let problem = Problem::invalid().error("/percent", "percent_range", "0 to 100").retry_between(3, 3);
        let response = finish(problem.into_response(), "0af7").await;
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[RETRY_AFTER], "3");
        let body = json(response).await;
        assert_eq!(body["type"], "https://yardarm.dev/problems/invalid");
        assert_eq!(body["trace_id"], "0af7");
        assert_eq!(body["errors"][0]["pointer"], "/percent");
    }

    #[tokio::test]
    async fn plain_text_refusals_become_problems() {
        for (status, code) in
            [(405, "method_not_allowed"), (413, "body_too_large"), (400, "bad_request"), (500, "internal")]
        {
            let mut plain = "some words".into_response();
            *plain.status_mut() = StatusCode::from_u16(status).unwrap();
            plain.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static("GET"));
            let response = finish(plain, "0af7").await;
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert_eq!(response.headers()[http::header::ALLOW], "GET");
            let body = json(response).await;
            assert_eq!((body["code"].as_str(), body["status"].as_u64()), (Some(code), Some(u64::from(status))));
        }
    }

    #[tokio::test]
    async fn other_bodies_are_left_alone() {
        let mut own = axum::Json(serde_json::json!({"errorCode": "FLAG_NOT_FOUND"})).into_response();
        *own.status_mut() = StatusCode::NOT_FOUND;
        assert_eq!(json(finish(own, "0af7").await).await["errorCode"], "FLAG_NOT_FOUND");
    }

    #[test]
    fn store_failures_do_not_leak() {
        let problem = Problem::from(StoreError::Database("relation \"user\" does not exist".into()));
        assert_eq!(problem.status, 500);
        assert!(!String::from_utf8(problem.render(None)).unwrap().contains("relation"));
        assert_eq!(Problem::from(StoreError::Unavailable("refused".into())).status, 503);
        assert_eq!(Problem::from(CommitError::Stale { epoch: "e".into(), rev: 7 }).status, 412);
    }
}
