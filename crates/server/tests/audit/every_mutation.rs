//! Every mutating route of the table, once: exactly one entry, with the action that the table says and the trace that the
//! caller was told; and at the end the logs, replayed from nothing, are the live documents byte for byte.
//!
//! A new mutating route fails here until it has a line in [`steps`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_server::api::ROUTES;
use yardarm_store::{ScopeRef, User, UserKind};
use yardarm_testkit::{Client, OWNER_EMAIL, OWNER_PASSWORD, Reply, TestApp, template};

use crate::account::{Authenticator, after, cookies};
use crate::passkeys::{Algorithm, SecurityKey, addition};
use crate::provider::Provider;

const P: &str = "/api/v1/projects/shop";

/// Routes that are not GET and keep nothing in a log: why.
const NOT_IN_A_LOG: &[(&str, &str)] = &[
    ("POST /api/v1/session", "a session is no configuration; failures are in the security log"),
    ("POST /api/v1/session/link", "the same"),
    ("DELETE /api/v1/session", "the same"),
    ("POST /api/v1/session/tenant", "the same"),
    ("POST /api/v1/projects/{project}/environments/{environment}/evaluate", "asks, and changes nothing"),
    ("POST /api/v1/projects/{project}/environments/{environment}/promotion", "the same"),
    ("POST /api/v1/projects/{project}/plan", "the same"),
    ("POST /api/v1/projects/{project}/policies/check", "the same"),
    ("POST /api/v1/invitations/look", "the same"),
    ("POST /api/v1/session/second-factor", "a session is no configuration; failures are in the security log"),
    ("POST /api/v1/session/sso", "the same"),
    ("POST /scim/v2/.search", "asks, and changes nothing"),
    ("POST /scim/v2/Users/.search", "the same"),
    ("POST /scim/v2/Groups/.search", "the same"),
    ("POST /api/v1/account/totp/enrolment", "keeps nothing until it is confirmed"),
    ("POST /api/v1/account/passkeys/enrolment", "the same"),
    ("POST /api/v1/session/passkey/challenge", "the same"),
    ("POST /api/v1/session/second-factor/passkey/challenge", "the same"),
    ("POST /api/v1/session/passkey", "a session is no configuration; failures are in the security log"),
    ("POST /api/v1/session/second-factor/passkey", "the same"),
];

struct Step {
    method: &'static str,
    path: String,
    body: Value,
    /// Entries: one, and with a new project also the one in the tenant's log that it belongs to.
    entries: u64,
}

fn step(method: &'static str, path: impl Into<String>, body: Value) -> Step {
    Step { method, path: path.into(), body, entries: 1 }
}

/// One call of every mutating route, in an order in which each finds what it needs.
#[expect(clippy::too_many_lines, reason = "one call of every route")]
async fn steps(app: &TestApp) -> Vec<Step> {
    let flag = |key: &str| json!({ "key": key });
    app.flag("old").await;
    let token = app.owner.post("/api/v1/tokens", json!({ "name": "gone" })).await.text("id");
    let key = json!({ "name": "gone", "environment": "production", "audience": "client" });
    let key = app.owner.post(&format!("{P}/keys"), key).await.text("id");
    let turning = json!({ "name": "turning", "environment": "production", "audience": "server" });
    let turning = app.owner.post(&format!("{P}/keys"), turning).await.text("id");
    let account = json!({ "name": "gone", "roles": ["viewer"] });
    let account = app.owner.post("/api/v1/service-accounts", account).await.text("id");
    let account = format!("/api/v1/service-accounts/{account}");
    let invitation = app.owner.post("/api/v1/invitations", json!({ "email": "gone@example.com" })).await.text("id");
    let hook = json!({ "name": "gone", "url": "http://127.0.0.1:9/" });
    let hook = format!("/api/v1/webhooks/{}", app.owner.post("/api/v1/webhooks", hook).await.text("id"));
    let ping = app.owner.send("POST", &format!("{hook}/test"), None).await.text("id");
    let cy = app.owner.post("/scim/v2/Users", json!({ "userName": "fa@example.com" })).await.text("id");
    let team = app.owner.post("/scim/v2/Groups", json!({ "displayName": "Team" })).await.text("id");
    let (cy_path, team_path) = (format!("/scim/v2/Users/{cy}"), format!("/scim/v2/Groups/{team}"));
    let patch = |path: &str, value: Value| {
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": path, "value": value }] })
    };
    let owner = app.owner.get("/api/v1/session").await.body["user"]["id"].clone();
    let grants =
        json!([{ "permissions": ["configuration.update"], "projects": ["shop"], "environments": ["staging"] }]);
    let production = format!("{P}/flags/a/environments/production");
    let configuration = json!({ "on": false, "default": { "variant": "on" }, "off_variant": "off" });
    let own = json!({ "key": "own", "environments": ["development"], "approvals": { "required": 1, "author_may_approve": true } });
    assert_eq!(app.owner.post(&format!("{P}/policies"), own).await.status, 201);
    let drafting = app.owner.with_header("x-yardarm-change-request", "new");
    let request = async |place: &str, patch: Value| {
        let drafted = drafting.patch(&format!("{P}/flags/old{place}"), patch).await;
        format!("{P}/change-requests/{}", drafted.body["change_request"]["id"].as_str().unwrap())
    };
    let asked = request("/environments/development", json!({ "on": true })).await;
    let (done, taken_back) =
        (request("", json!({ "name": "Older" })).await, request("", json!({ "name": "Oldest" })).await);
    let hash = app.owner.get(&asked).await.text("hash");
    vec![
        step("POST", "/api/v1/tenants", json!({ "key": "other", "name": "Other" })),
        step("PATCH", "/api/v1/tenants/acme", json!({ "name": "Acme & Co" })),
        step("POST", "/api/v1/tokens", json!({ "name": "ci" })),
        step("DELETE", format!("/api/v1/tokens/{token}"), Value::Null),
        step("PUT", "/api/v1/quotas", json!({ "flags": 500 })),
        step("POST", "/api/v1/roles", json!({ "key": "team", "name": "Team", "grants": grants })),
        step("PATCH", "/api/v1/roles/team", json!({ "name": "Crew" })),
        step("POST", "/api/v1/groups", json!({ "key": "crew", "name": "Crew", "roles": ["team"] })),
        step("PATCH", "/api/v1/groups/crew", json!({ "name": "All hands", "roles": [] })),
        step("PATCH", "/api/v1/groups/crew/members", json!({ "add": [owner] })),
        step("PATCH", "/api/v1/groups/crew/members", json!({ "remove": [owner] })),
        step("DELETE", "/api/v1/groups/crew", Value::Null),
        step("DELETE", "/api/v1/roles/team", Value::Null),
        step("POST", "/api/v1/service-accounts", json!({ "name": "CI", "roles": ["viewer"] })),
        step("PATCH", account.clone(), json!({ "name": "CD" })),
        step("DELETE", account, Value::Null),
        step("POST", "/api/v1/invitations", json!({ "email": "bo@example.com" })),
        step("POST", format!("/api/v1/invitations/{invitation}/again"), Value::Null),
        step("DELETE", format!("/api/v1/invitations/{invitation}"), Value::Null),
        step("POST", "/api/v1/webhooks", json!({ "name": "more", "url": "http://127.0.0.1:9/" })),
        step("PATCH", hook.clone(), json!({ "name": "Other" })),
        step("POST", format!("{hook}/secret"), json!({ "overlap_hours": 0 })),
        step("POST", format!("{hook}/test"), Value::Null),
        step("POST", format!("{hook}/deliveries/{ping}/replay"), Value::Null),
        step("POST", format!("{hook}/replay"), json!({ "since": 0, "until": app.app.now() + 60_000 })),
        step("DELETE", hook, Value::Null),
        step("POST", "/scim/v2/Users", json!({ "userName": "di@example.com" })),
        step("PUT", cy_path.clone(), json!({ "userName": "fa@example.com", "displayName": "Cy" })),
        step("POST", "/scim/v2/Groups", json!({ "displayName": "Others", "members": [{ "value": cy }] })),
        step("PUT", team_path.clone(), json!({ "displayName": "Team", "members": [{ "value": cy }] })),
        step("PATCH", team_path.clone(), patch("displayName", json!("The team"))),
        step("PATCH", cy_path.clone(), patch("active", json!(false))),
        step("PATCH", cy_path.clone(), patch("active", json!("True"))),
        step("DELETE", team_path, Value::Null),
        step("DELETE", cy_path, Value::Null),
        step("POST", format!("{P}/keys/{turning}/rotate"), json!({ "overlap_seconds": 60 })),
        Step { entries: 2, ..step("POST", "/api/v1/projects", json!({ "key": "two", "name": "Two" })) },
        step("PATCH", P, json!({ "name": "The shop" })),
        step("POST", format!("{P}/environments"), json!({ "key": "canary", "name": "Canary" })),
        step("PATCH", format!("{P}/environments/canary"), json!({ "name": "Bird" })),
        step("DELETE", format!("{P}/environments/canary"), Value::Null),
        step("POST", format!("{P}/flags"), flag("a")),
        step("PATCH", format!("{P}/flags/a"), json!({ "name": "Alpha" })),
        step("PUT", production.clone(), configuration),
        step("PATCH", production, json!({ "on": true })),
        step("POST", format!("{P}/flags/a/copy"), json!({ "from": "production", "to": "staging" })),
        step("PATCH", format!("{P}/flags/a/environments/staging"), json!({ "on": false })),
        step(
            "POST",
            format!("{P}/environments/production/promote"),
            json!({ "from": "staging", "flags": ["a"], "with_state": true }),
        ),
        step("POST", format!("{P}/apply"), json!({ "format": 1, "flags": [flag("applied")] })),
        step("PATCH", asked.clone(), json!({ "title": "Turn it on" })),
        step("POST", format!("{asked}/submit"), Value::Null),
        step("POST", format!("{asked}/comments"), json!({ "text": "soon" })),
        step("POST", format!("{asked}/approve"), json!({ "hash": hash })),
        step("POST", format!("{asked}/reject"), json!({ "comment": "not so soon" })),
        step("PUT", format!("{asked}/schedule"), json!({ "at": "2026-06-01T12:00", "zone": "Europe/Berlin" })),
        step("DELETE", format!("{asked}/schedule"), Value::Null),
        step("POST", format!("{done}/apply"), Value::Null),
        step("POST", format!("{asked}/rebase"), json!({})),
        step("POST", format!("{taken_back}/withdraw"), Value::Null),
        step("POST", format!("{P}/flags/old/archive"), Value::Null),
        step("POST", format!("{P}/flags/old/restore"), Value::Null),
        step("POST", format!("{P}/segments"), json!({ "key": "beta", "name": "Beta", "included": ["u1"] })),
        step("PATCH", format!("{P}/segments/beta"), json!({ "name": "Testers" })),
        step("PATCH", format!("{P}/segments/beta/lists"), json!({ "included": { "add": ["u2"] } })),
        step("DELETE", format!("{P}/segments/beta"), Value::Null),
        step(
            "POST",
            format!("{P}/policies"),
            json!({ "key": "careful", "environments": ["staging"], "largest_step": 50 }),
        ),
        step("PATCH", format!("{P}/policies/careful"), json!({ "largest_step": 60 })),
        step("DELETE", format!("{P}/policies/careful"), Value::Null),
        step("POST", format!("{P}/keys"), json!({ "name": "web", "environment": "production", "audience": "server" })),
        step("PATCH", format!("{P}/keys/{key}"), json!({ "name": "Renamed" })),
        step("DELETE", format!("{P}/keys/{key}"), Value::Null),
        step("POST", format!("{P}/import"), json!({ "format": 1, "flags": [flag("imported")] })),
        step("POST", format!("{P}/history/{{last}}/undo"), Value::Null),
        step("POST", format!("{P}/revert"), json!({ "kind": "project", "key": "shop", "rev": 1 })),
        step("POST", "/api/v1/audit/retention", json!({ "days": 400 })),
        step("POST", "/api/v1/audit/redactions", json!({ "project": "shop", "rev": 2, "actor_name": true })),
    ]
}

/// Revision of every log, by tenant and scope.
async fn revisions(app: &TestApp) -> BTreeMap<(String, String), u64> {
    app.app.store.scopes().await.unwrap().into_iter().map(|scope| ((scope.tenant_id, scope.id), scope.rev)).collect()
}

/// The new entries of all logs: action and trace id.
async fn entries_since(app: &TestApp, before: &BTreeMap<(String, String), u64>) -> Vec<(String, String)> {
    let mut new = Vec::new();
    for log in revisions(app).await.into_keys() {
        let after = before.get(&log).copied().unwrap_or_default();
        let scope = ScopeRef { tenant_id: &log.0, id: &log.1 };
        let changes = app.app.store.changes(scope, after, 1_000).await.unwrap();
        new.extend(changes.into_iter().map(|change| (change.attribution.action, change.attribution.trace_id)));
    }
    new
}

/// Calls routes and looks each time what the logs have more.
struct Recorder<'a> {
    app: &'a TestApp,
    /// Routes that were seen to make their entries.
    seen: BTreeSet<String>,
}

impl Recorder<'_> {
    /// One call: as many new entries in all logs as it says, each with the action of the table and the trace of the answer.
    async fn call(&mut self, client: &Client, Step { method, path, body, entries }: Step) -> Reply {
        let client = client.with_header("if-match", "*").with_header("x-yardarm-reason", "because");
        let before = revisions(self.app).await;
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, &path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
        let name = format!("{method} {}", template(&path).unwrap());
        let route = ROUTES.iter().find(|route| format!("{} {}", route.method, route.path) == name).unwrap();
        let trace_id = reply.header("traceparent").split('-').nth(1).unwrap().to_owned();
        let expected = (route.action.unwrap().to_owned(), trace_id);
        let new = entries_since(self.app, &before).await;
        assert_eq!(new.len() as u64, entries, "{name}: {new:?}");
        assert!(new.iter().all(|entry| *entry == expected), "{name}: {new:?} instead of {expected:?}");
        self.seen.insert(name);
        reply
    }
}

/// What people do for themselves: come by an invitation, join another tenant, care for their account, and are let go.
async fn people(recorder: &mut Recorder<'_>) {
    let app = recorder.app;
    let visitor = app.anonymous();
    let invite = |client: Client| async move {
        let invitation = client.post("/api/v1/invitations", json!({ "email": "cy@example.com" })).await;
        assert_eq!(invitation.status, 201, "{}", invitation.body);
        invitation.text("token")
    };
    let token = invite(app.owner.clone()).await;
    let body = json!({ "token": token, "name": "Cy", "password": OWNER_PASSWORD });
    recorder.call(&visitor, step("POST", "/api/v1/invitations/accept", body)).await;
    let sign_in = json!({ "email": "cy@example.com", "password": OWNER_PASSWORD });
    let first = visitor.post("/api/v1/session", sign_in.clone()).await;
    let cy = first.body["user"]["id"].as_str().unwrap().to_owned();
    let browser = after(app, &first);

    // One tenant so far: what Cy does to the account is one entry.
    let enrolment = browser.send("POST", "/api/v1/account/totp/enrolment", None).await;
    let phone = Authenticator::new(&enrolment.text("secret"));
    let body = json!({ "ticket": enrolment.text("ticket"), "code": phone.code(app.now()) });
    let enabled = recorder.call(&browser, step("PUT", "/api/v1/account/totp", body)).await;
    let browser = after(app, &enabled);
    recorder.call(&browser, step("POST", "/api/v1/account/recovery-codes", Value::Null)).await;
    let disabled = recorder.call(&browser, step("DELETE", "/api/v1/account/totp", Value::Null)).await;
    let browser = if cookies(&disabled).is_empty() { browser } else { after(app, &disabled) };
    let body = addition(app, &browser, &mut SecurityKey::new(Algorithm::Es256)).await;
    let added = recorder.call(&browser, step("POST", "/api/v1/account/passkeys", body)).await;
    let browser = after(app, &added);
    let passkey = format!("/api/v1/account/passkeys/{}", added.body["passkey"]["id"].as_str().unwrap());
    recorder.call(&browser, step("PATCH", passkey.clone(), json!({ "name": "Work laptop" }))).await;
    let removed = recorder.call(&browser, step("DELETE", passkey, Value::Null)).await;
    let browser = if cookies(&removed).is_empty() { browser } else { after(app, &removed) };
    let elsewhere = after(app, &visitor.post("/api/v1/session", sign_in.clone()).await);
    let sessions = elsewhere.get("/api/v1/account/sessions").await.body;
    let current = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let path = format!("/api/v1/account/sessions/{}", current["id"].as_str().unwrap());
    recorder.call(&browser, step("DELETE", path, Value::Null)).await;
    recorder.call(&browser, step("DELETE", "/api/v1/account/sessions", Value::Null)).await;
    let password = json!({ "password": "another fine password" });
    let changed = recorder.call(&browser, step("PUT", "/api/v1/account/password", password)).await;
    let browser = after(app, &changed);

    let token = invite(app.second_tenant("elsewhere").await).await;
    recorder.call(&browser, step("POST", "/api/v1/invitations/join", json!({ "token": token }))).await;
    let member = format!("/api/v1/members/{cy}");
    recorder.call(&app.owner, step("PATCH", member.clone(), json!({ "roles": ["viewer"] }))).await;
    recorder.call(&app.owner, step("DELETE", member, Value::Null)).await;
}

/// An identity provider comes, changes and goes.
async fn single_sign_on(recorder: &mut Recorder<'_>) {
    let owner = recorder.app.owner.clone();
    let provider = Provider::start().await;
    let body = json!({ "name": "Login", "issuer": provider.issuer, "client_id": "yardarm" });
    let made = recorder.call(&owner, step("POST", "/api/v1/sso-connections", body)).await;
    let one = format!("/api/v1/sso-connections/{}", made.text("id"));
    recorder.call(&owner, step("PATCH", one.clone(), json!({ "name": "Log in" }))).await;
    recorder.call(&owner, step("DELETE", one, Value::Null)).await;
}

async fn every_mutation_is_one_entry(app: Arc<TestApp>) {
    let made: Vec<String> = entries_since(&app, &BTreeMap::new()).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(made.iter().filter(|action| *action == "tenant.setup").count(), 1, "{made:?}");
    let mut recorder = Recorder { app: &app, seen: BTreeSet::from(["POST /api/v1/setup".to_owned()]) };
    for mut step in steps(&app).await {
        step.path = step.path.replace("{last}", &app.rev().await.to_string());
        recorder.call(&app.owner, step).await;
    }
    people(&mut recorder).await;
    single_sign_on(&mut recorder).await;
    let seen = recorder.seen;

    // What keeps nothing in a log really does not.
    let before = revisions(&app).await;
    let browser = app.browser().await;
    let link = app.app.sign_in_link(OWNER_EMAIL).await.unwrap().unwrap();
    let evaluate = json!({ "context": { "targetingKey": "u1" } });
    for (client, method, path, body) in [
        (app.anonymous(), "POST", "/api/v1/session", json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD })),
        (app.anonymous(), "POST", "/api/v1/session/link", json!({ "token": link })),
        (browser.clone(), "POST", "/api/v1/session/tenant", json!({ "tenant": "acme" })),
        (app.browser().await, "DELETE", "/api/v1/session", Value::Null),
        (app.owner.clone(), "POST", &format!("{P}/environments/production/evaluate"), evaluate),
        (app.owner.clone(), "POST", &format!("{P}/environments/production/promotion"), json!({ "from": "staging" })),
        (app.owner.clone(), "POST", &format!("{P}/plan"), json!({ "format": 1, "flags": [] })),
        (app.browser().await, "POST", "/api/v1/account/totp/enrolment", Value::Null),
        (app.browser().await, "POST", "/api/v1/account/passkeys/enrolment", Value::Null),
        (app.anonymous(), "POST", "/api/v1/session/passkey/challenge", Value::Null),
    ] {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = client.send(method, path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {:#}", reply.status, reply.body);
    }
    assert_eq!(revisions(&app).await, before);

    let known: BTreeSet<&str> = NOT_IN_A_LOG.iter().map(|(route, _)| *route).collect();
    for route in ROUTES.iter().filter(|route| route.method != http::Method::GET) {
        let name = format!("{} {}", route.method, route.path);
        if route.action.is_some() {
            assert!(seen.contains(&name), "{name} changes something and has no line in `steps`");
        } else {
            assert!(known.contains(name.as_str()), "{name} has no audit action and no reason in `NOT_IN_A_LOG`");
        }
    }
    replayed_from_nothing(&app).await;
    rows_are_as_the_log_says(&app).await;
}

/// Rows stand beside the log: what is secret (hashes, sealed secrets) or a person's in all their tenants is in rows only.
/// Who is a member, which tokens and which projects there are is in both, and both say the same.
async fn rows_are_as_the_log_says(app: &TestApp) {
    let store = &app.app.store;
    let scopes = store.scopes().await.unwrap();
    for tenant in scopes.iter().filter(|scope| scope.id == scope.tenant_id) {
        let (_, documents) = store.load(ScopeRef::tenant(&tenant.id)).await.unwrap().unwrap();
        let said = |kind: &str| -> BTreeSet<String> {
            documents.iter().filter(|document| document.kind == kind).map(|document| document.key.clone()).collect()
        };
        let members = store.members(&tenant.id).await.unwrap().into_iter();
        let (people, machines): (Vec<_>, Vec<_>) = members.partition(|user| user.kind == UserKind::Person);
        let ids = |users: Vec<User>| users.into_iter().map(|user| user.id).collect::<BTreeSet<_>>();
        assert_eq!(ids(people), said("member"), "{}", tenant.key);
        assert_eq!(ids(machines), said("service_account"), "{}", tenant.key);
        let tokens = store.access_tokens(&tenant.id).await.unwrap();
        assert_eq!(tokens.into_iter().map(|token| token.id).collect::<BTreeSet<_>>(), said("access_token"));
        let projects = scopes.iter().filter(|scope| scope.tenant_id == tenant.id && scope.id != tenant.id);
        assert_eq!(projects.map(|scope| scope.key.clone()).collect::<BTreeSet<_>>(), said("project"));
    }
}

/// The fold of every log is its live documents, byte for byte.
async fn replayed_from_nothing(app: &TestApp) {
    for ((tenant_id, scope_id), rev) in revisions(app).await {
        let scope = ScopeRef { tenant_id: &tenant_id, id: &scope_id };
        let mut folded: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
        let changes = app.app.store.changes(scope, 0, 100_000).await.unwrap();
        assert_eq!(changes.last().map(|change| change.rev), Some(rev), "{scope_id}");
        for change in changes {
            for document in change.documents {
                let place = (document.kind, document.key);
                match document.body {
                    Some(body) => drop(folded.insert(place, (change.rev, body))),
                    None => drop(folded.remove(&place)),
                }
            }
        }
        let (_, live) = app.app.store.load(scope).await.unwrap().unwrap();
        let live: BTreeMap<_, _> = live.into_iter().map(|d| ((d.kind, d.key), (d.rev, d.body))).collect();
        assert_eq!(folded, live, "{scope_id}");
        assert!(!live.is_empty(), "{scope_id}");
    }
}

yardarm_testkit::on_both_stores![every_mutation_is_one_entry];
