//! The OpenAPI document: what the handlers say about themselves, completed from the route table, so that nobody writes
//! the same security scheme, parameter or error answer fifty times, and none is forgotten.

use std::sync::LazyLock;

use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

use crate::api::change_requests::item::DraftedAnswer;
use crate::api::schema::Operator;
use crate::api::{Documented, ROUTES};
use crate::auth::{Cost, Route};
use crate::scim;

/// Any answer that is not a success (RFC 9457). Everything that is wrong is told at once.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
struct ProblemAnswer {
    /// `https://yardarm.dev/problems/<code>`.
    r#type: String,
    /// Of the status.
    title: String,
    /// HTTP status.
    status: u16,
    /// What happened and what to do.
    detail: String,
    /// Stable, `snake_case`.
    code: String,
    /// W3C trace id: the key to the server's log.
    trace_id: String,
    /// One for each thing that is wrong.
    errors: Vec<ProblemPart>,
}

/// One thing that is wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemError)]
struct ProblemPart {
    /// JSON pointer (RFC 6901) into the body, empty for the whole; `?name` for a query parameter.
    pointer: String,
    /// Stable, `snake_case`.
    code: String,
    /// For people.
    message: String,
}

#[derive(OpenApi)]
#[openapi(components(schemas(ProblemAnswer, ProblemPart, Operator, DraftedAnswer)))]
struct Problems;

/// The document. The same bytes for the same code.
pub fn document() -> Value {
    let mut documented = Documented::openapi();
    documented.merge(Problems::openapi());
    let mut document = serde_json::to_value(&documented).expect("a document made of derives is JSON");
    document["info"] = json!({
        "title": "Yardarm",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "The management API. Bodies are JSON; errors are problems (RFC 9457) that name everything that is \
            wrong at once. Documents carry an `ETag`; writes take `If-Match`. SDKs use /ofrep/v1 and /sdk/v1 instead.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["tags"] = json!([
        { "name": "session", "description": "Setting up, signing in and out." },
        { "name": "account", "description": "One's own account: how one signs in, and where one is signed in." },
        { "name": "tenants", "description": "Tenants, their people and access tokens." },
        { "name": "sso", "description": "Sign-in by a tenant's identity provider." },
        { "name": "scim", "description": "What a tenant's directory does (SCIM 2.0, RFC 7643 and RFC 7644)." },
        { "name": "people", "description": "Members, invitations, groups, roles and service accounts." },
        { "name": "webhooks", "description": "Telling others what happens." },
        { "name": "projects", "description": "Projects." },
        { "name": "environments", "description": "Environments, and evaluating in one." },
        { "name": "flags", "description": "Flags and what they serve." },
        { "name": "segments", "description": "Reusable sets of contexts." },
        { "name": "policies", "description": "What changes must keep to." },
        { "name": "keys", "description": "SDK keys." },
        { "name": "audit", "description": "The audit log of a tenant as evidence, and the security log." },
        { "name": "change requests", "description": "Changes that wait for others' consent or for their time." },
        { "name": "history", "description": "The audit log, undo, and the live stream." },
        { "name": "transfer", "description": "Export and import." },
        { "name": "counts", "description": "Evaluation counts." },
    ]);
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "An access token: `yd_pat_…`." },
        "session": { "type": "apiKey", "in": "cookie", "name": "__Host-yardarm",
            "description": "The console's session; `yardarm` over plain http. Writes must come from the console itself." },
    });
    for route in ROUTES {
        complete(&mut document["paths"][route.path][route.method.as_str().to_lowercase()], route);
    }
    document
}

fn complete(operation: &mut Value, route: &Route) {
    let public = route.needs == "public";
    operation["security"] = if public { json!([]) } else { json!([{ "token": [] }, { "session": [] }]) };
    operation["x-yardarm-cost"] = Value::String(format!("{:?}", route.cost).to_lowercase());
    if let Some(permission) = route.permission {
        operation["x-yardarm-permission"] = Value::String(permission.as_str().to_owned());
    }
    let needs = match (public, route.action) {
        (true, _) => String::new(),
        (false, None) => format!("\n\nNeeds `{}`.", route.needs),
        (false, Some(action)) => format!("\n\nNeeds `{}`; in the audit log as `{action}`.", route.needs),
    };
    let description = operation["description"].as_str().or(operation["summary"].as_str()).unwrap_or_default();
    operation["description"] = Value::String(format!("{description}{needs}"));
    let parameters = parameters(operation["parameters"].take(), route);
    if parameters.is_empty() {
        operation.as_object_mut().map(|members| members.remove("parameters"));
    } else {
        operation["parameters"] = Value::Array(parameters);
    }
    let of_scim = route.path.starts_with(scim::ROOT);
    let problem = |text: &str| {
        // RFC 7644, section 3.12, for directories.
        let (media, schema) = if of_scim {
            (scim::SCIM_JSON, json!({ "type": "object" }))
        } else {
            ("application/problem+json", json!({ "$ref": "#/components/schemas/Problem" }))
        };
        json!({ "description": text, "content": { media: { "schema": schema } } })
    };
    if !public {
        operation["responses"]["401"] = problem("No credential, or none that is good now.");
    }
    if route.permission.is_some() || route.needs == "operator" {
        operation["responses"]["403"] = problem("The right is missing.");
    }
    if route.path.contains('{') {
        operation["responses"]["404"] = problem("There is no such object, or it is not yours to see.");
    }
    if route.action.is_some() && route.may_be_drafted() {
        operation["responses"]["202"] = json!({
            "description": "It waits in a change request, as `X-Yardarm-Change-Request` asked; `Location` is its address.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/DraftedAnswer" } } } });
    }
    operation["responses"]["default"] = problem("Anything else that is not a success.");
    if route.cost != Cost::Stream
        && let Some(body) = operation.get_mut("requestBody")
    {
        body["required"] = Value::Bool(true);
    }
}

fn parameters(given: Value, route: &Route) -> Vec<Value> {
    let mut parameters = match given {
        Value::Array(parameters) => parameters,
        _ => Vec::new(),
    };
    for name in route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        if !parameters.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name) {
            parameters.insert(
                0,
                json!({
                    "name": name, "in": "path", "required": true, "description": format!("Key of the {name}."),
                    "schema": { "type": "string" },
                }),
            );
        }
    }
    if route.action.is_some() && route.needs != "public" {
        parameters.push(json!({
            "name": "X-Yardarm-Reason", "in": "header", "schema": { "type": "string" },
            "description": "Why, for the audit log: percent-encoded UTF-8, at most 500 characters.",
        }));
        if route.may_be_drafted() {
            parameters.push(json!({
                "name": "X-Yardarm-Change-Request", "in": "header", "schema": { "type": "string" },
                "description": "`new`, or the id of a change request: what this leaves goes there and not into the project. Needs \
                    `change_request.create` instead.",
            }));
            parameters.push(json!({
                "name": "X-Yardarm-Change-Request-Title", "in": "header", "schema": { "type": "string" },
                "description": "What a new change request is called: percent-encoded UTF-8.",
            }));
        }
        if route.may_be_bypassed() {
            parameters.push(json!({
                "name": "X-Yardarm-Bypass", "in": "header", "schema": { "type": "boolean" },
                "description": "`true` in an emergency: passes over missing approvals and policies, with a reason and with \
                    `change_request.bypass`. The audit log has it as `change_request.bypass`.",
            }));
        }
        if matches!(route.method, Method::PUT | Method::PATCH | Method::DELETE) {
            parameters.push(json!({
                "name": "If-Match", "in": "header", "required": route.method == Method::PUT && !route.path.starts_with(scim::ROOT),
                "schema": { "type": "string" },
                "description": "The `ETag` that was read; another one is refused with 412.",
            }));
        }
    }
    parameters
}

static TEXT: LazyLock<String> = LazyLock::new(|| text(&document()));

/// The document as it is committed: indented, with a line feed at the end.
pub fn text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("JSON is always written");
    text.push('\n');
    text
}

/// `GET /openapi.json`
pub async fn serve() -> impl axum::response::IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], TEXT.as_str())
}
