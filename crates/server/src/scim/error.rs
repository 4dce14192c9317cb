//! Refusals in SCIM's words (RFC 7644, section 3.12): the same [`Problem`]s as everywhere, told in another form.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{ERROR, SCIM_JSON};
use crate::problem::Problem;

/// Our codes, and what SCIM calls them.
const TYPES: [(&str, &str); 12] = [
    ("invalid_filter", "invalidFilter"),
    ("scim_too_many", "tooMany"),
    ("uniqueness", "uniqueness"),
    ("mutability", "mutability"),
    ("invalid_syntax", "invalidSyntax"),
    ("malformed_json", "invalidSyntax"),
    ("duplicate_member", "invalidSyntax"),
    ("too_deep", "invalidSyntax"),
    ("invalid_path", "invalidPath"),
    ("no_target", "noTarget"),
    ("invalid_value", "invalidValue"),
    ("query_invalid", "invalidValue"),
];

fn bad(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

pub(super) fn invalid_filter(detail: impl Into<String>) -> Problem {
    bad("invalid_filter", detail)
}

pub(super) fn invalid_syntax(detail: impl Into<String>) -> Problem {
    bad("invalid_syntax", detail)
}

/// A path that leads to no attribute.
pub(crate) fn invalid_path(detail: impl Into<String>) -> Problem {
    bad("invalid_path", detail)
}

pub(super) fn no_target(detail: impl Into<String>) -> Problem {
    bad("no_target", detail)
}

/// A value that an attribute cannot have.
pub(crate) fn invalid_value(detail: impl Into<String>) -> Problem {
    bad("invalid_value", detail)
}

/// An attribute that is not the directory's to write, or that must be there.
pub(crate) fn mutability(detail: impl Into<String>) -> Problem {
    bad("mutability", detail)
}

/// More than one request may name.
pub(crate) fn too_many(what: &str, most: usize) -> Problem {
    bad("scim_too_many", format!("At most {most} {what} in one request; send several."))
}

/// Somebody or something else of the tenant has this already.
pub(crate) fn uniqueness(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "uniqueness", detail)
}

/// What only the directory changes.
pub(crate) fn managed_by_directory(what: &str) -> Problem {
    let detail =
        format!("{what} is kept by the tenant's directory (SCIM). Change it there; what it holds is said here.");
    Problem::new(StatusCode::CONFLICT, "managed_by_directory", detail)
}

fn body(problem: &Problem) -> Value {
    let mut detail = problem.detail.clone();
    for error in &problem.errors {
        detail = format!("{detail} {}{}", if error.pointer.is_empty() { "" } else { " at " }, error.pointer);
        detail = format!("{}: {}", detail.trim_end(), error.message);
    }
    let mut body = json!({ "schemas": [ERROR], "status": problem.status.as_str(), "detail": detail });
    if let Some((_, scim_type)) = TYPES.iter().find(|(code, _)| *code == problem.code) {
        body["scimType"] = Value::from(*scim_type);
    }
    body
}

/// Turns a refusal into SCIM's form. The trace id is in the response's headers, as always.
pub(crate) fn finish(mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>().or_else(|| plain(response.status())) else {
        return response;
    };
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    *response.body_mut() = Body::from(body(&problem).to_string());
    response
}

/// What refused without a problem: the router itself.
fn plain(status: StatusCode) -> Option<Problem> {
    let refused = status.is_client_error() || status.is_server_error();
    refused.then(|| Problem::new(status, "refused", status.canonical_reason().unwrap_or("Refused")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_in_scims_words() {
        let told = body(&uniqueness("taken"));
        assert_eq!(told, json!({ "schemas": [ERROR], "status": "409", "detail": "taken", "scimType": "uniqueness" }));
        let told = body(&Problem::invalid().error("/a", "b", "is wrong"));
        assert_eq!(told["status"], "422");
        assert!(told["scimType"].is_null(), "{told}");
        assert!(told["detail"].as_str().unwrap().ends_with("at /a: is wrong"), "{told}");
    }
}
