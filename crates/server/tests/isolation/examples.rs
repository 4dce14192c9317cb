//! What the matrix puts into bodies and queries. A route or a query parameter that is not here fails it.

use serde_json::{Value, json};

/// Slots that belong to a tenant; all others belong to a project.
pub(crate) const OF_A_TENANT: [&str; 4] = ["tenant", "project", "token", "user"];

/// Slots that are no object of anybody's.
pub(crate) const FIXED: [&str; 1] = ["list"];

/// Query parameters that name an object, and which.
const NAMING: [(&str, &str); 10] = [
    ("author", "user"),
    ("environment", "environment"),
    ("flag", "flag"),
    ("key", "flag"),
    ("actor", "user"),
    ("trace_id", "trace"),
    ("search", "flag"),
    ("tag", "tag"),
    ("owner", "owner"),
    ("cursor", "cursor"),
];

/// Query parameters that choose, sort and page, and name nothing.
const CHOOSING: [&str; 16] = [
    "state",
    "unfinished",
    "waits_for_me",
    "at",
    "limit",
    "since",
    "format",
    "type",
    "archived",
    "serves",
    "sort",
    "kind",
    "force",
    "replace",
    "dry_run",
    "until",
];

/// The slot that a query parameter takes; `None` for those that name nothing.
pub(crate) fn slot_of(parameter: &str) -> Option<&'static str> {
    if let Some((_, slot)) = NAMING.iter().find(|(name, _)| *name == parameter) {
        return Some(slot);
    }
    assert!(CHOOSING.contains(&parameter), "the query parameter {parameter} has no example in {}", file!());
    None
}

/// Beginnings of routes without examples here yet, and where a foreign object is tried instead.
const ELSEWHERE: [(&str, &str); 14] = [
    ("/api/v1/session/second-factor", "api_second_factor.rs"),
    ("/api/v1/session/sso", "api_sso.rs"),
    ("/api/v1/sso", "api_sso.rs"),
    ("/api/v1/account", "api_second_factor.rs"),
    ("/api/v1/members/", "api_people.rs"),
    ("/api/v1/invitations", "api_people.rs"),
    ("/api/v1/roles", "api_people.rs"),
    ("/api/v1/groups", "api_people.rs"),
    ("/api/v1/permissions", "the same for everybody"),
    ("/api/v1/service-accounts", "api_people.rs"),
    ("/api/v1/webhooks", "webhooks/managing.rs"),
    ("/api/v1/quotas", "api_quotas.rs"),
    ("/api/v1/audit", "audit/search.rs"),
    ("/api/v1/security-log", "audit/security.rs"),
];
/// The same, by their ends: below a project, which the matrix tries with all other routes.
const BELOW_A_PROJECT: [&str; 5] = ["/plan", "/apply", "/promotion", "/promote", "/rotate"];

/// Whether a route is tried elsewhere.
pub(crate) fn has_tests_of_its_own(path: &str) -> bool {
    ELSEWHERE.iter().any(|(beginning, _)| path.starts_with(beginning))
        || BELOW_A_PROJECT.iter().any(|end| path.ends_with(end))
}

/// The body of a request, with `{slots}`. `None`: the route takes none.
pub(crate) fn body(method: &str, path: &str) -> Option<Value> {
    let inside = path.strip_prefix("/api/v1").unwrap_or(path);
    let inside =
        inside.strip_prefix("/projects/{project}").map_or(inside, |rest| if rest.is_empty() { "." } else { rest });
    Some(match (method, inside) {
        ("POST", "/setup") => json!({ "token": "guess", "tenant": { "key": "more", "name": "More" }, "name": "M",
            "email": "m@example.org", "password": "correct horse battery" }),
        ("POST", "/session") => json!({ "email": "mallory@example.org", "password": "a wrong password" }),
        ("POST", "/session/link") => json!({ "token": "guess" }),
        ("POST", "/session/tenant") => json!({ "tenant": "{tenant}" }),
        ("POST", "/tenants" | "/projects" | "/environments" | "/segments") => json!({ "key": "more", "name": "More" }),
        ("PATCH", "/tenants/{tenant}") => json!({ "name": "Renamed" }),
        ("POST", "/tokens") => json!({ "name": "more", "role": "viewer" }),
        ("PATCH", "." | "/flags/{flag}") => json!({ "description": "Changed" }),
        ("PATCH", "/environments/{environment}") => json!({ "color": 3 }),
        ("POST", "/environments/{environment}/evaluate") => json!({ "context": { "targetingKey": "u" } }),
        ("POST", "/flags") => json!({ "key": "more" }),
        ("POST", "/flags/{flag}/copy") => json!({ "from": "production", "to": "{environment}" }),
        ("PUT", "/flags/{flag}/environments/{environment}") => json!({
            "on": true,
            "prerequisites": [{ "flag": "{prerequisite}", "variants": ["on"] }],
            "rules": [{ "if": { "segment": "{segment}" }, "serve": { "variant": "on" } }],
            "default": { "variant": "on" },
        }),
        ("PATCH", "/flags/{flag}/environments/{environment}") => {
            json!({ "prerequisites": [{ "flag": "{prerequisite}", "variants": ["on"] }] })
        }
        ("PATCH", "/change-requests/{change_request}") => json!({ "title": "Changed" }),
        ("POST", "/change-requests/{change_request}/approve") => json!({ "hash": "{change_request}" }),
        ("POST", "/change-requests/{change_request}/reject") => json!({ "comment": "no" }),
        ("POST", "/change-requests/{change_request}/comments") => json!({ "text": "hello" }),
        ("POST", "/change-requests/{change_request}/rebase") => json!({}),
        ("PUT", "/change-requests/{change_request}/schedule") => json!({ "at": "2026-06-01T12:00", "zone": "UTC" }),
        ("POST", "/policies") => json!({ "key": "more", "environments": ["{environment}"], "require_reason": true }),
        ("PATCH", "/policies/{policy}") => json!({ "environments": ["{environment}"] }),
        ("POST", "/policies/check") => {
            json!({ "policy": { "key": "more", "environments": ["{environment}"], "require_reason": true } })
        }
        ("PATCH", "/segments/{segment}") => json!({ "name": "Changed" }),
        ("PATCH", "/segments/{segment}/lists") => json!({ "included": { "add": ["u3"] } }),
        ("POST", "/keys") => json!({ "name": "more", "environment": "{environment}", "audience": "server" }),
        ("POST", "/revert") => json!({ "kind": "flag", "key": "{flag}", "rev": 3 }),
        ("POST", "/import") => json!({ "format": 1, "flags": [] }),
        _ => return None,
    })
}
