//! What the matrix puts into bodies and queries: a line of data for each. A route with a body, a query parameter or a name in
//! a path that is not here fails it. A name in a path is filled in `world.rs`.

use serde_json::Value;

/// Slots that belong to a tenant; all others belong to a project, or to what stands before them in the path.
pub(crate) const OF_A_TENANT: [&str; 17] = [
    "scim_user",
    "scim_group",
    "scim_name",
    "tenant",
    "quiet_tenant",
    "project",
    "token",
    "user",
    "member",
    "invitation",
    "role",
    "held_role",
    "group",
    "service_account",
    "session",
    "webhook",
    "connection",
];

/// Slots that are no object of anybody's.
pub(crate) const FIXED: [&str; 4] = ["list", "issuer", "resource_type", "schema"];

/// Query parameters that name an object: the slot, and what stands before it.
const NAMING: [(&str, &str, &str); 15] = [
    ("filter", "scim_name", "userName%20eq%20%22"),
    ("author", "user", ""),
    ("environment", "environment", ""),
    ("flag", "flag", ""),
    ("key", "flag", ""),
    ("project", "project", ""),
    // Which identity providers a tenant has is for everybody who signs in; that there is a tenant without one is not.
    ("tenant", "quiet_tenant", ""),
    ("actor", "user", "user:"),
    ("via", "token", "token:"),
    ("trace_id", "trace", ""),
    ("search", "flag", ""),
    ("tag", "tag", ""),
    ("owner", "owner", ""),
    ("cursor", "cursor", ""),
    ("plan", "trace", ""),
];

/// Query parameters that choose, sort and page, and name nothing.
const CHOOSING: [&str; 31] = [
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "attributes",
    "excludedAttributes",
    "unfinished",
    "waits_for_me",
    "at",
    "limit",
    "since",
    "until",
    "format",
    "type",
    "archived",
    "serves",
    "sort",
    "kind",
    "force",
    "replace",
    "dry_run",
    "prune",
    "action",
    "reason",
    "source",
    "installation",
    // What an identity provider says to a browser.
    "code",
    "state",
    "iss",
    "error",
    "explain",
];

/// The slot that a query parameter takes, with what stands before it; `None` for those that name nothing.
pub(crate) fn slot_of(parameter: &str) -> Option<(&'static str, &'static str)> {
    if let Some((_, slot, before)) = NAMING.iter().find(|(name, _, _)| *name == parameter) {
        return Some((slot, before));
    }
    assert!(CHOOSING.contains(&parameter), "the query parameter {parameter} has no example in {}", file!());
    None
}

/// Change requests by what is done with them: what ends one ends none of the others.
pub(crate) const REQUESTS: [&str; 6] =
    ["asked_request", "told_request", "rebased_request", "timely_request", "timed_request", "applied_request"];

/// Bodies, with `{slots}`; of a route with several lines each is tried. `~` is `/projects/{project}`; no body is empty.
#[rustfmt::skip]
const BODIES: &[(&str, &str, &str)] = &[
    ("POST", "/setup", r#"{"token": "guess", "tenant": {"key": "more", "name": "More"}, "name": "M",
        "email": "m@example.org", "password": "correct horse battery"}"#),
    ("POST", "/session", r#"{"email": "mallory@example.org", "password": "a wrong password"}"#),
    ("POST", "/session/link", r#"{"token": "guess"}"#),
    ("POST", "/session/tenant", r#"{"tenant": "{tenant}"}"#),
    ("POST", "/session/second-factor", r#"{"code": "123456"}"#),
    ("POST", "/session/sso", r#"{"tenant": "{quiet_tenant}"}"#),
    ("POST", "/session/sso", r#"{"tenant": "{tenant}", "connection": "{connection}"}"#),
    ("POST", "/session/passkey", r#"{"ticket": "guess", "credential": {}}"#),
    ("POST", "/session/second-factor/passkey", r#"{"ticket": "guess", "credential": {}}"#),
    ("POST", "/account/passkeys", r#"{"ticket": "guess", "name": "More", "credential": {}}"#),
    ("PATCH", "/account/passkeys/{passkey}", r#"{"name": "Changed"}"#),
    ("PUT", "/account/password", r#"{"password": "correct horse battery"}"#),
    ("PUT", "/account/totp", r#"{"ticket": "guess", "code": "123456"}"#),

    ("POST", "/tenants", r#"{"key": "more", "name": "More"}"#),
    ("PATCH", "/tenants/{tenant}", r#"{"name": "Renamed"}"#),
    ("PUT", "/quotas", r#"{"flags": 500}"#),
    ("PATCH", "/members/{member}", r#"{"roles": ["viewer"]}"#),
    ("PATCH", "/members/{member}", r#"{"roles": ["{held_role}"]}"#),
    ("PATCH", "/members/{member}", r#"{"groups": ["{group}"]}"#),
    ("POST", "/invitations", r#"{"email": "more@example.org"}"#),
    ("POST", "/invitations", r#"{"email": "role@example.org", "roles": ["{held_role}"]}"#),
    ("POST", "/invitations", r#"{"email": "group@example.org", "groups": ["{group}"]}"#),
    ("POST", "/invitations/look", r#"{"token": "guess"}"#),
    ("POST", "/invitations/accept", r#"{"token": "guess", "name": "M", "password": "correct horse battery"}"#),
    ("POST", "/invitations/join", r#"{"token": "guess"}"#),
    ("POST", "/roles", r#"{"key": "more", "name": "More",
        "grants": [{"permissions": ["flag.update"], "projects": "*", "environments": "*"}]}"#),
    ("PATCH", "/roles/{role}", r#"{"name": "Changed"}"#),
    ("POST", "/groups", r#"{"key": "more", "name": "More", "roles": ["{held_role}"]}"#),
    ("PATCH", "/groups/{group}", r#"{"name": "Changed"}"#),
    ("PATCH", "/groups/{group}", r#"{"roles": ["{held_role}"]}"#),
    ("PATCH", "/groups/{group}/members", r#"{"add": ["{member}"]}"#),
    ("PATCH", "/groups/{group}/members", r#"{"remove": ["{member}"]}"#),
    ("POST", "/service-accounts", r#"{"name": "More", "roles": ["{held_role}"]}"#),
    ("PATCH", "/service-accounts/{service_account}", r#"{"roles": ["{held_role}"]}"#),
    ("POST", "/tokens", r#"{"name": "more", "role": "viewer"}"#),
    ("POST", "/tokens", r#"{"name": "more", "role": "{held_role}"}"#),
    ("POST", "/tokens", r#"{"name": "more", "service_account": "{service_account}"}"#),
    ("POST", "/webhooks", r#"{"name": "More", "url": "http://127.0.0.1:9/"}"#),
    ("PATCH", "/webhooks/{webhook}", r#"{"name": "Changed"}"#),
    ("POST", "/webhooks/{webhook}/secret", r#"{"overlap_hours": 1}"#),
    ("POST", "/webhooks/{webhook}/replay", r#"{"since": 1767225600000}"#),
    ("POST", "/sso-connections", r#"{"name": "More", "issuer": "{issuer}", "client_id": "more",
        "default_roles": ["{held_role}"]}"#),
    ("PATCH", "/sso-connections/{connection}", r#"{"name": "Changed"}"#),
    ("PATCH", "/sso-connections/{connection}", r#"{"groups": {"devs": {"roles": [], "groups": ["{group}"]}}}"#),
    ("PATCH", "/sso-connections/{connection}", r#"{"default_roles": ["{held_role}"]}"#),
    ("POST", "/audit/retention", r#"{"days": 400}"#),
    ("POST", "/audit/redactions", r#"{"project": "{project}", "rev": 2, "actor_name": true}"#),

    ("POST", "/scim/v2/Users", r#"{"userName": "more-cy@example.org"}"#),
    ("POST", "/scim/v2/.search", r#"{"filter": "id eq \"{scim_user}\""}"#),
    ("POST", "/scim/v2/Users/.search", r#"{"filter": "id eq \"{scim_user}\""}"#),
    ("PUT", "/scim/v2/Users/{scim_user}", r#"{"userName": "changed@example.org"}"#),
    ("PATCH", "/scim/v2/Users/{scim_user}", r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "path": "displayName", "value": "Changed"}]}"#),
    ("POST", "/scim/v2/Groups", r#"{"displayName": "More", "members": [{"value": "{scim_user}"}]}"#),
    ("POST", "/scim/v2/Groups/.search", r#"{"filter": "members.value eq \"{scim_user}\""}"#),
    ("PUT", "/scim/v2/Groups/{scim_group}", r#"{"displayName": "Changed", "members": [{"value": "{scim_user}"}]}"#),
    ("PATCH", "/scim/v2/Groups/{scim_group}", r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "path": "members", "value": [{"value": "{scim_user}"}]}]}"#),

    ("POST", "/projects", r#"{"key": "more", "name": "More"}"#),
    ("PATCH", "~", r#"{"description": "Changed"}"#),
    ("POST", "~/environments", r#"{"key": "more", "name": "More"}"#),
    ("PATCH", "~/environments/{environment}", r#"{"color": 3}"#),
    ("POST", "~/environments/{environment}/evaluate", r#"{"context": {"targetingKey": "u"}}"#),
    ("POST", "~/environments/{environment}/evaluate", r#"{"context": {"targetingKey": "u"}, "flag": "{flag}"}"#),
    ("POST", "~/environments/{environment}/promotion", r#"{"from": "production"}"#),
    ("POST", "~/environments/{environment}/promotion", r#"{"from": "production", "flags": ["{flag}"]}"#),
    ("POST", "~/environments/production/promotion", r#"{"from": "{environment}"}"#),
    ("POST", "~/environments/{environment}/promote", r#"{"from": "production"}"#),
    ("POST", "~/environments/{environment}/promote", r#"{"from": "production", "flags": ["{flag}"]}"#),
    ("POST", "~/flags", r#"{"key": "more"}"#),
    ("PATCH", "~/flags/{flag}", r#"{"description": "Changed"}"#),
    ("POST", "~/flags/{flag}/copy", r#"{"from": "production", "to": "{environment}"}"#),
    ("POST", "~/flags/{flag}/copy", r#"{"from": "{environment}", "to": "production"}"#),
    ("PUT", "~/flags/{flag}/environments/{environment}", r#"{"on": true,
        "prerequisites": [{"flag": "{prerequisite}", "variants": ["on"]}],
        "rules": [{"if": {"segment": "{used_segment}"}, "serve": {"variant": "on"}}], "default": {"variant": "on"},
        "off_variant": "off"}"#),
    ("PATCH", "~/flags/{flag}/environments/{environment}",
        r#"{"prerequisites": [{"flag": "{prerequisite}", "variants": ["on"]}]}"#),
    ("PATCH", "~/change-requests/{change_request}", r#"{"title": "Changed"}"#),
    ("POST", "~/change-requests/{asked_request}/approve", r#"{"hash": "{asked_hash}"}"#),
    ("POST", "~/change-requests/{change_request}/reject", r#"{"comment": "no"}"#),
    ("POST", "~/change-requests/{told_request}/comments", r#"{"text": "hello"}"#),
    ("POST", "~/change-requests/{rebased_request}/rebase", "{}"),
    ("PUT", "~/change-requests/{timely_request}/schedule", r#"{"at": "2026-06-01T12:00", "zone": "UTC"}"#),
    ("DELETE", "~/change-requests/{timed_request}/schedule", ""),
    ("POST", "~/change-requests/{applied_request}/apply", ""),
    ("POST", "~/policies", r#"{"key": "more", "environments": ["production"], "require_reason": true}"#),
    ("PATCH", "~/policies/{policy}", r#"{"environments": ["{environment}"]}"#),
    ("POST", "~/policies/check",
        r#"{"policy": {"key": "more", "environments": ["{environment}"], "require_reason": true}}"#),
    ("POST", "~/segments", r#"{"key": "more", "name": "More"}"#),
    ("PATCH", "~/segments/{segment}", r#"{"name": "Changed"}"#),
    ("PATCH", "~/segments/{segment}/lists", r#"{"included": {"add": ["u3"]}}"#),
    ("POST", "~/keys", r#"{"name": "more", "environment": "{environment}", "audience": "server"}"#),
    ("PATCH", "~/keys/{key}", r#"{"name": "Changed"}"#),
    ("POST", "~/keys/{key}/rotate", r#"{"overlap_seconds": 60}"#),
    ("POST", "~/revert", r#"{"kind": "flag", "key": "{flag}", "rev": 3}"#),
    ("POST", "~/import", r#"{"format": 1, "flags": []}"#),
    ("POST", "~/plan", r#"{"format": 1, "flags": []}"#),
    ("POST", "~/apply", r#"{"format": 1, "flags": []}"#),
];

/// Requests that nobody succeeds with here, not even with what is their own, and why.
const HOPELESS: &[(&str, &str, &str)] = &[
    ("guess", "", "a secret that is a guess"),
    ("wrong password", "", "the same"),
    ("123456", "", "the same"),
    ("{quiet_tenant}", "", "it has no single sign-on"),
    ("", "DELETE /api/v1/account/totp", "nobody has an authenticator app"),
    ("", "POST /api/v1/session/second-factor/passkey/challenge", "nobody has shown a password only"),
    ("", "PATCH /api/v1/account/passkeys/{passkey}", "the passkey is somebody else's of the tenant"),
    ("", "DELETE /api/v1/account/passkeys/{passkey}", "the same"),
    ("", "POST /api/v1/account/recovery-codes", "the same"),
];

/// Whether it is one of them.
pub(crate) fn is_hopeless(method: &str, path: &str, body: Option<&Value>) -> bool {
    let (request, body) = (format!("{method} {path}"), body.map(Value::to_string).unwrap_or_default());
    HOPELESS.iter().any(|(text, of, _)| if of.is_empty() { body.contains(text) } else { request == *of })
}

/// A line's path as the table of routes has it. Names in it that are written out are of the caller's own.
fn route_of(path: &str) -> String {
    let path = whole(path).replace("/environments/production/", "/environments/{environment}/");
    REQUESTS.iter().fold(path, |path, slot| path.replace(&format!("{{{slot}}}"), "{change_request}"))
}

fn whole(path: &str) -> String {
    let path = path.replace('~', "/projects/{project}");
    if path.starts_with("/scim/") { path } else { format!("/api/v1{path}") }
}

/// The path and body of every request that a route is tried with. No body where it takes none.
pub(crate) fn requests(method: &str, route: &str) -> Vec<(String, Option<Value>)> {
    let lines = BODIES.iter().filter(|(of, path, _)| *of == method && route_of(path) == route);
    let requests: Vec<_> = lines
        .map(|(_, path, body)| {
            let read = || serde_json::from_str(body).unwrap_or_else(|error| panic!("{method} {route}: {error}"));
            (whole(path), (!body.is_empty()).then(read))
        })
        .collect();
    if requests.is_empty() { vec![(route.to_owned(), None)] } else { requests }
}

/// Lines that belong to no route.
pub(crate) fn of_no_route(is_route: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let lost = BODIES.iter().filter(|(method, path, _)| !is_route(method, &route_of(path)));
    lost.map(|(method, path, _)| format!("{method} {path}")).collect()
}
