//! What the matrix puts into bodies and queries. A route or a query parameter that is not here fails it.

use serde_json::{Value, json};

/// Slots that belong to a tenant; all others belong to a project.
pub(crate) const OF_A_TENANT: [&str; 4] = ["tenant", "project", "token", "user"];

/// Slots that are no object of anybody's.
pub(crate) const FIXED: [&str; 1] = ["list"];

/// Query parameters that name an object, and which.
const NAMING: [(&str, &str); 9] = [
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
const CHOOSING: [&str; 12] =
    ["limit", "since", "format", "type", "archived", "serves", "sort", "kind", "force", "replace", "dry_run", "until"];

/// The slot that a query parameter takes; `None` for those that name nothing.
pub(crate) fn slot_of(parameter: &str) -> Option<&'static str> {
    if let Some((_, slot)) = NAMING.iter().find(|(name, _)| *name == parameter) {
        return Some(slot);
    }
    assert!(CHOOSING.contains(&parameter), "the query parameter {parameter} has no example in {}", file!());
    None
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
        ("PATCH", "/segments/{segment}") => json!({ "name": "Changed" }),
        ("PATCH", "/segments/{segment}/lists") => json!({ "included": { "add": ["u3"] } }),
        ("POST", "/keys") => json!({ "name": "more", "environment": "{environment}", "audience": "server" }),
        ("POST", "/revert") => json!({ "kind": "flag", "key": "{flag}", "rev": 3 }),
        ("POST", "/import") => json!({ "format": 1, "flags": [] }),
        _ => return None,
    })
}
