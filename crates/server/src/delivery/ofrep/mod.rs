//! OpenFeature's remote evaluation protocol, version 0.3.0 (<https://github.com/open-feature/protocol>).
//!
//! Server and client keys both work here: what leaves is answers, never rules. Where published clients are stricter than
//! the protocol we do what they need: `variant`, `reason` and `errorDetails` are always there, `{}` is a body, and a
//! number is written as it was authored (`42` for an integer, `42.0` for a float: the Python client tells them apart).

mod answer;
pub(super) mod bulk;
pub(super) mod single;
pub(super) mod stream;
mod ticket;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::app::App;
use crate::json;
use crate::problem::Problem;

/// Why a whole request is refused.
enum Refused {
    /// In the protocol's words.
    Said { status: StatusCode, code: &'static str, details: String },
    /// It may not be asked, which the protocol has no words for.
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Refused {
    /// `{key?, errorCode, errorDetails}`, or the problem.
    fn answer(self, key: Option<&str>) -> Response {
        let (status, code, details) = match self {
            Self::Said { status, code, details } => (status, code, details),
            Self::Problem(problem) => return problem.into_response(),
        };
        let mut out = Vec::with_capacity(192);
        out.push(b'{');
        if let Some(key) = key {
            answer::member(&mut out, "key", key);
            out.push(b',');
        }
        answer::member(&mut out, "errorCode", code);
        out.push(b',');
        answer::member(&mut out, "errorDetails", &details);
        out.push(b'}');
        json_answer(status, out)
    }
}

fn json_answer(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn read(app: &App, request: Request) -> Result<Bytes, Refused> {
    let (limit, deadline) = (app.settings.limits.evaluation_body, app.settings.timeouts.request_body);
    json::bytes(request, limit, deadline).await.map_err(|problem| Refused::Said {
        status: problem.status,
        code: "INVALID_CONTEXT",
        details: problem.detail,
    })
}

/// The context of a body; an empty body and `{}` are an empty context.
fn context_of(body: &[u8]) -> Result<Value, Refused> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    // Members not known here are ignored: the protocol may grow.
    let mut members: Map<String, Value> = serde_json::from_slice(body).map_err(|error| Refused::Said {
        status: StatusCode::BAD_REQUEST,
        code: "PARSE_ERROR",
        details: format!("The body is not a JSON object with a context: {error}."),
    })?;
    match members.remove("context").unwrap_or_default() {
        context @ (Value::Null | Value::Object(_)) => Ok(context),
        _ => Err(Refused::Said {
            status: StatusCode::BAD_REQUEST,
            code: "INVALID_CONTEXT",
            details: "The context is a JSON object.".to_owned(),
        }),
    }
}

/// As the evaluator reads it.
fn prepare(context: &Value) -> Result<yardarm_eval::Context<'_>, Refused> {
    match context {
        Value::Null => Ok(yardarm_eval::Context::new()),
        context => yardarm_eval::Context::from_json(context).map_err(|error| Refused::Said {
            status: StatusCode::BAD_REQUEST,
            code: "INVALID_CONTEXT",
            details: format!("/context{}: {}", error.pointer, error.message),
        }),
    }
}
