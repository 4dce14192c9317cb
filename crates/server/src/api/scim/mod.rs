//! SCIM 2.0: a tenant's directory (an identity provider) makes, changes and removes people and groups. What the bodies
//! mean is in [`crate::scim`].

pub(crate) mod discovery;
pub(crate) mod groups;
mod query;
pub(crate) mod users;

use std::collections::HashMap;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use query::ScimQuery;

use crate::problem::Problem;
use crate::scim::{Projection, SCIM_JSON, versioned};

/// An answer of SCIM in the making.
pub(crate) struct ScimAnswer {
    status: StatusCode,
    body: Option<Value>,
    headers: HeaderMap,
}

impl ScimAnswer {
    /// 200 with what has no version: lists, schemas.
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), headers: HeaderMap::new() }
    }

    /// 204.
    pub(crate) fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, headers: HeaderMap::new() }
    }

    /// 200 with a resource and its version, as much of it as was asked for.
    pub(crate) fn resource(resource: Value, query: &HashMap<String, String>) -> Result<Self, Problem> {
        let projection = projection(query)?;
        let resource = versioned(resource);
        let mut headers = HeaderMap::new();
        for (name, pointer) in [(ETAG, "/meta/version"), (LOCATION, "/meta/location")] {
            let text = resource.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        }
        Ok(Self { status: StatusCode::OK, body: Some(projection.of(resource)), headers })
    }

    /// The same as 201.
    pub(crate) fn created(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }
}

/// Which attributes a request asks for. Looked at before anything is changed.
pub(crate) fn projection(query: &HashMap<String, String>) -> Result<Projection, Problem> {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    Projection::parse(given("attributes"), given("excludedAttributes"))
}

/// All of a few things, which are never so many that there are pages.
fn all(resources: &[Value]) -> ScimAnswer {
    ScimAnswer::ok(json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources }))
}

impl IntoResponse for ScimAnswer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            None => self.status.into_response(),
            Some(body) => (self.status, [(CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response(),
        };
        response.headers_mut().extend(self.headers);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
