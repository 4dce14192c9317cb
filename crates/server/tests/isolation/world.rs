//! Two tenants with the same things in them. `mine` belongs to Mallory, who asks; `acme` belongs to Ana.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_store::{
    Attribution, Commit, DocumentWrite, Membership, Passkey, RowWrite, Scope, ScopeKind, SignInRow, Tenant, User,
    UserKind,
};
use yardarm_testkit::{Client, TestApp};

use crate::examples::REQUESTS;
use crate::provider::Provider;

/// What each `{slot}` of a route, a query or a body is.
pub(crate) type Objects = BTreeMap<&'static str, String>;

/// Keys and names begin with who owns them. All are of one length, so that answers about them are, too.
pub(crate) const MINE: &str = "mine";
/// Mallory's other project.
pub(crate) const TWIN: &str = "twin";
/// Ana's.
pub(crate) const ACME: &str = "acme";
/// What Ana makes later.
const MORE: &str = "acm2";
/// Mallory's tenant.
const MALLORY: &str = "tnt_mallory";
/// Nobody's.
pub(crate) const NONE: &str = "none";

pub(crate) struct World {
    pub(crate) app: Arc<TestApp>,
    /// By who owns them; those of [`NONE`] look like Ana's.
    pub(crate) objects: BTreeMap<&'static str, Objects>,
    /// Mallory with each role, and in a browser; then others of her tenant.
    pub(crate) callers: Vec<(&'static str, Client)>,
    /// E-mail addresses of those callers that sit in front of a browser.
    pub(crate) browsers: BTreeMap<&'static str, &'static str>,
    /// Id of Ana's tenant.
    anas: String,
    /// Texts that only Ana's tenant has.
    canaries: Vec<String>,
}

impl World {
    pub(crate) async fn new(app: Arc<TestApp>) -> Self {
        let mallory = mallory(&app).await;
        let owner = token(&app, &mallory, json!({ "name": "owner", "role": "owner" })).await;
        let session = app.owner.get("/api/v1/session").await.body;
        let anas = session["tenant"]["id"].as_str().unwrap().to_owned();
        let mut objects = BTreeMap::new();
        objects.insert(MINE, fill(&app, &owner, MALLORY, MINE, 0).await);
        objects.insert(TWIN, fill(&app, &owner, MALLORY, TWIN, 5).await);
        objects.insert(ACME, fill(&app, &app.owner, &anas, ACME, 5).await);
        let nobodys = objects[ACME].iter().map(|(slot, value)| (*slot, nobodys(value))).collect();
        objects.insert(NONE, nobodys);
        let mut canaries = vec![ACME.to_owned(), "ana@".to_owned(), app.token.clone()];
        for pointer in ["/tenant/id", "/user/id"] {
            canaries.extend(session.pointer(pointer).and_then(Value::as_str).map(str::to_owned));
        }
        let ids = objects[ACME].values().filter(|value| value.contains('_'));
        canaries.extend(ids.cloned());
        let scopes = app.app.store.scopes().await.unwrap();
        let theirs = scopes.into_iter().filter(|scope| scope.key.starts_with(ACME));
        canaries.extend(theirs.flat_map(|scope| [scope.id, scope.epoch]));
        assert!(canaries.len() > 10, "{canaries:?}");
        let mut callers = vec![("nobody", app.anonymous())];
        for role in ["viewer", "editor", "admin"] {
            callers.push((role, token(&app, &mallory, json!({ "name": role, "role": role })).await));
        }
        callers.push(("owner", owner.clone()));
        callers.push(("session", mallory));
        callers.extend(others(&app, &owner).await);
        let callers = callers.into_iter().map(|(name, client)| (name, client.without_redirects())).collect();
        let browsers = BTreeMap::from([
            ("session", "mallory@example.org"),
            ("custom", "mine-custom@example.org"),
            ("operator", "mine-operator@example.org"),
        ]);
        Self { app, objects, callers, browsers, anas, canaries }
    }

    /// Mallory with a role.
    pub(crate) fn caller(&self, role: &str) -> &Client {
        let found = self.callers.iter().find(|(name, _)| *name == role);
        &found.unwrap_or_else(|| panic!("{role} is no caller")).1
    }

    /// A text of Ana's in what Mallory was told.
    pub(crate) fn leak(&self, told: &str) -> Option<&str> {
        let told = told.to_lowercase();
        self.canaries.iter().find(|canary| told.contains(&canary.to_lowercase())).map(String::as_str)
    }

    /// Makes one more of everything at Ana's, and uses it.
    pub(crate) async fn more_of_theirs(&self) {
        fill(&self.app, &self.app.owner, &self.anas, MORE, 3).await;
        let wrong = json!({ "email": "ana@example.com", "password": "not the one" });
        assert_eq!(self.app.anonymous().post("/api/v1/session", wrong).await.status, 401);
        let key = self.app.sdk_key("production", "client").await;
        let body = json!({ "context": { "targetingKey": "u" } });
        assert_eq!(self.app.with_token(&key).post("/ofrep/v1/evaluate/flags", body).await.status, 200);
        assert_eq!(self.app.owner.get("/api/v1/projects/nowhere").await.status, 404);
    }

    /// Everything that Ana has, as she sees it and as it is stored.
    pub(crate) async fn theirs(&self) -> Vec<Value> {
        let project = format!("projects/{}", self.objects[ACME]["project"]);
        let mut all = Vec::new();
        for list in [
            "members",
            "invitations",
            "roles",
            "groups",
            "service-accounts",
            "tokens",
            "webhooks",
            "sso-connections",
            "audit/retention",
            "quotas",
            "projects",
            &format!("{project}/keys"),
            &format!("webhooks/{}/deliveries", self.objects[ACME]["webhook"]),
        ] {
            let mut page = self.app.owner.get(&format!("/api/v1/{list}")).await.body;
            assert!(page.is_object(), "{list}");
            // Asking is a use.
            for token in page["items"].as_array_mut().into_iter().flatten() {
                token["last_used_at"] = Value::Null;
            }
            all.push(page);
        }
        let mut scopes = self.app.app.store.scopes().await.unwrap();
        scopes.retain(|scope| scope.tenant_id == self.anas);
        scopes.sort_by(|a, b| a.id.cmp(&b.id));
        all.extend(scopes.into_iter().map(|scope| json!([scope.id, scope.key, scope.epoch, scope.rev])));
        all
    }
}

/// A value of the same shape and length that nothing has.
fn nobodys(value: &str) -> String {
    if let Some(rest) = value.strip_prefix(ACME) {
        return format!("{NONE}{rest}");
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return "9".repeat(value.len());
    }
    // Trace ids and hashes.
    if value.len() >= 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return "e".repeat(value.len());
    }
    match value.split_once('_') {
        Some((kind, id)) => format!("{kind}_{}", "z".repeat(id.len())),
        None => value.to_owned(),
    }
}

async fn made(client: &Client, path: &str, body: Value) -> Value {
    let reply = client.post(path, body.clone()).await;
    assert_eq!(reply.status, 201, "{path} {body}: {}", reply.body);
    reply.body
}

/// One of everything. `changes`: how many more there are in the project's log, so that a revision of it is one that other
/// logs do not have.
async fn fill(app: &TestApp, client: &Client, tenant_id: &str, who: &str, changes: usize) -> Objects {
    let name = |what: &str| format!("{who}-{what}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let id = |value: &Value| text(&value["id"]);
    let project = format!("/api/v1/projects/{}", name("shop"));
    made(client, "/api/v1/projects", json!({ "key": name("shop"), "name": name("shop") })).await;
    made(client, &format!("{project}/environments"), json!({ "key": name("live"), "name": name("live") })).await;
    for flag in ["flag", "base"] {
        let body = json!({ "key": name(flag), "name": name(flag), "owner": name("owner"), "tags": [name("tag")] });
        made(client, &format!("{project}/flags"), body).await;
    }
    let segment = json!({ "key": name("beta"), "name": name("beta"), "included": [name("user")] });
    made(client, &format!("{project}/segments"), segment).await;
    let policy = json!({ "key": name("rule"), "name": name("rule"), "largest_step": 100 });
    made(client, &format!("{project}/policies"), policy).await;
    let drafting = client.with_header("x-yardarm-change-request", "new");
    let rename = json!({ "name": name("draft") });
    let draft = drafting.patch(&format!("{project}/flags/{}", name("flag")), rename).await;
    assert_eq!(draft.status, 202, "{}", draft.body);
    let requests = requests(client, &project, &name).await;
    let key = json!({ "name": name("key"), "environment": name("live"), "audience": "server" });
    let key = made(client, &format!("{project}/keys"), key).await;
    let token = made(client, "/api/v1/tokens", json!({ "name": name("token"), "role": "viewer" })).await;
    for change in 0..changes {
        let flag = format!("{project}/flags/{}", name("flag"));
        let reply = client.patch(&flag, json!({ "description": format!("{who} {change}") })).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    made(client, &format!("{project}/segments"), json!({ "key": name("used"), "name": name("used") })).await;
    // The last change is one that nothing else depends on, so that it can be undone.
    made(client, &format!("{project}/segments"), json!({ "key": name("last"), "name": name("last") })).await;
    let member = person(app, tenant_id, &name("member"), false, &["viewer"]).await;
    let passkey = passkey(app, tenant_id, &member, who).await;
    let guest = json!({ "email": format!("{}@example.org", name("guest")) });
    let invitation = made(client, "/api/v1/invitations", guest).await;
    let grants = json!([{ "permissions": ["flag.update"], "projects": [name("shop")], "environments": "*" }]);
    for role in ["role", "held"] {
        made(client, "/api/v1/roles", json!({ "key": name(role), "name": name(role), "grants": grants })).await;
    }
    made(client, "/api/v1/groups", json!({ "key": name("group"), "name": name("group"), "roles": ["viewer"] })).await;
    let account = json!({ "name": name("robot"), "roles": ["viewer"] });
    let account = made(client, "/api/v1/service-accounts", account).await;
    let webhook = json!({ "name": name("hook"), "url": "http://127.0.0.1:9/", "actions": [] });
    let webhook = made(client, "/api/v1/webhooks", webhook).await;
    let delivery = client.send("POST", &format!("/api/v1/webhooks/{}/test", id(&webhook)), None).await;
    assert_eq!(delivery.status, 200, "{}", delivery.body);
    let provider = Provider::start().await;
    let connection = json!({ "name": name("login"), "issuer": provider.issuer, "client_id": name("client") });
    let connection = made(client, "/api/v1/sso-connections", connection).await;
    quiet_tenant(app, &name("quiet")).await;
    let session = client.get("/api/v1/session").await.body;
    let directed = json!({ "userName": format!("{who}-cy@example.org"), "displayName": name("cy") });
    let directed = made(client, "/scim/v2/Users", directed).await;
    let team = json!({ "displayName": name("team"), "members": [{ "value": directed["id"] }] });
    let team = made(client, "/scim/v2/Groups", team).await;
    let browser = signed_in(app, session["user"]["email"].as_str().unwrap()).await;
    let sessions = browser.get("/api/v1/account/sessions").await.body;
    let current = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let rev = client.get(&project).await.body["version"]["rev"].as_u64().unwrap();
    let last = client.get(&format!("{project}/history?limit=1")).await.body;
    let mut objects = BTreeMap::from([
        ("tenant", text(&session["tenant"]["key"])),
        ("project", name("shop")),
        ("environment", name("live")),
        ("flag", name("flag")),
        ("prerequisite", name("base")),
        ("segment", name("beta")),
        ("used_segment", name("used")),
        ("policy", name("rule")),
        ("change_request", text(&draft.body["change_request"]["id"])),
        ("key", text(&key["id"])),
        ("token", text(&token["id"])),
        ("rev", rev.to_string()),
        ("user", text(&session["user"]["id"])),
        ("owner", name("owner")),
        ("tag", name("tag")),
        ("trace", text(&last["items"][0]["trace_id"])),
        ("cursor", last["next"].as_str().unwrap_or("none").to_owned()),
        ("list", "included".to_owned()),
        ("scim_user", text(&directed["id"])),
        ("scim_group", text(&team["id"])),
        // The end of a filter, with its quote.
        ("scim_name", format!("{who}-cy@example.org%22")),
        ("resource_type", "User".to_owned()),
        ("schema", "urn:ietf:params:scim:schemas:core:2.0:User".to_owned()),
        ("member", member),
        ("passkey", passkey),
        ("invitation", id(&invitation)),
        ("role", name("role")),
        ("held_role", name("held")),
        ("group", name("group")),
        ("service_account", id(&account)),
        ("webhook", id(&webhook)),
        ("delivery", text(&delivery.body["id"])),
        ("connection", id(&connection)),
        ("session", id(current)),
        ("quiet_tenant", name("quiet")),
        ("issuer", provider.issuer),
    ]);
    objects.extend(requests);
    objects
}

/// A change request for everything that is done with one, each about a flag that nothing else touches: one that others are
/// asked about, with its hash, one that waits for its time, and others.
async fn requests(client: &Client, project: &str, name: &impl Fn(&str) -> String) -> Objects {
    let drafting = client.with_header("x-yardarm-change-request", "new");
    let mut requests = Objects::new();
    for slot in REQUESTS {
        let flag = name(slot);
        made(client, &format!("{project}/flags"), json!({ "key": flag, "name": flag })).await;
        let drafted = drafting.patch(&format!("{project}/flags/{flag}"), json!({ "description": "Asked for" })).await;
        assert_eq!(drafted.status, 202, "{}", drafted.body);
        requests.insert(slot, drafted.body["change_request"]["id"].as_str().unwrap().to_owned());
    }
    let at = |slot: &str, verb: &str| format!("{project}/change-requests/{}{verb}", requests[slot]);
    let submitted = client.send("POST", &at("asked_request", "/submit"), None).await;
    assert_eq!(submitted.status, 200, "{}", submitted.body);
    let noon = json!({ "at": "2026-06-01T12:00", "zone": "UTC" });
    let timed = client.put(&at("timed_request", "/schedule"), noon).await;
    assert_eq!(timed.status, 200, "{}", timed.body);
    let hash = client.get(&at("asked_request", "")).await.text("hash");
    requests.insert("asked_hash", hash);
    requests
}

/// Rows and documents of a tenant, written as the server writes them. For what nobody does by themselves.
async fn written(
    app: &TestApp,
    tenant_id: &str,
    action: &str,
    rows: Vec<RowWrite>,
    documents: Vec<(&str, &str, Value)>,
) {
    let documents = documents.into_iter().map(|(kind, key, body)| DocumentWrite {
        kind: kind.to_owned(),
        key: key.to_owned(),
        body: Some(body.to_string()),
    });
    let attribution = Attribution {
        actor: "system".to_owned(),
        actor_name: "Test".to_owned(),
        action: action.to_owned(),
        reason: String::new(),
        trace_id: "0".repeat(32),
        via: "session".to_owned(),
        at: app.now(),
    };
    let (scope_id, tenant_id) = (tenant_id.to_owned(), tenant_id.to_owned());
    let documents = documents.collect();
    app.app.store.commit(Commit { scope_id, tenant_id, expected: None, attribution, documents, rows }).await.unwrap();
}

async fn tenant(app: &TestApp, id: &str, key: &str, name: &str, more: Vec<RowWrite>) {
    let scope = Scope {
        id: id.to_owned(),
        kind: ScopeKind::Tenant,
        tenant_id: id.to_owned(),
        key: key.to_owned(),
        epoch: format!("epoch-{key}"),
        rev: 0,
    };
    let row = Tenant { id: id.to_owned(), key: key.to_owned(), name: name.to_owned(), created_at: app.now() };
    let mut rows = vec![RowWrite::InsertTenant(row), RowWrite::InsertScope(scope)];
    rows.extend(more);
    written(app, id, "tenant.create", rows, vec![("tenant", key, json!({ "name": name }))]).await;
}

/// A tenant with nobody and nothing in it.
async fn quiet_tenant(app: &TestApp, key: &str) {
    tenant(app, &format!("tnt_{key}"), key, key, Vec::new()).await;
}

/// Somebody in a tenant, as `KEY@example.org`; their id.
async fn person(app: &TestApp, tenant_id: &str, key: &str, operator: bool, roles: &[&str]) -> String {
    let id = format!("usr_{key}");
    let user = User {
        id: id.clone(),
        kind: UserKind::Person,
        tenant_id: None,
        email: format!("{key}@example.org"),
        name: key.to_owned(),
        password_hash: None,
        operator,
        created_at: app.now(),
    };
    let membership = Membership { tenant_id: tenant_id.to_owned(), user_id: id.clone() };
    let rows = vec![RowWrite::InsertUser(user), RowWrite::UpsertMembership(membership)];
    let member = json!({ "name": key, "roles": roles });
    written(app, tenant_id, "invitation.accept", rows, vec![("member", &id, member)]).await;
    id
}

/// A passkey of somebody who is not there; its id.
async fn passkey(app: &TestApp, tenant_id: &str, user_id: &str, who: &str) -> String {
    let id = format!("pky_{who}");
    let row = Passkey {
        id: id.clone(),
        user_id: user_id.to_owned(),
        credential_id: format!("credential-{who}"),
        public_key: String::new(),
        sign_count: 0,
        name: who.to_owned(),
        created_at: app.now(),
        last_used_at: None,
    };
    let rows = vec![RowWrite::SignIn(SignInRow::InsertPasskey(row))];
    written(app, tenant_id, "passkey.add", rows, Vec::new()).await;
    id
}

/// Somebody in a browser of theirs.
pub(crate) async fn signed_in(app: &TestApp, email: &str) -> Client {
    let link = app.app.sign_in_link(email).await.unwrap().unwrap();
    let visitor = app.anonymous();
    let signed_in = visitor.post("/api/v1/session/link", json!({ "token": link })).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    visitor.with_cookie(&signed_in.cookie())
}

/// A second person with a tenant of their own, in a browser.
async fn mallory(app: &TestApp) -> Client {
    tenant(app, MALLORY, MINE, "Mine", Vec::new()).await;
    person(app, MALLORY, "mallory", false, &["owner"]).await;
    signed_in(app, "mallory@example.org").await
}

async fn token(app: &TestApp, client: &Client, body: Value) -> Client {
    let token = made(client, "/api/v1/tokens", body).await;
    app.with_token(token["token"].as_str().unwrap())
}

/// Who else there is in Mallory's tenant: somebody with a role that the tenant made, a service account, a token that is good
/// for one thing in one place, and an operator of the installation.
async fn others(app: &TestApp, owner: &Client) -> Vec<(&'static str, Client)> {
    let grants = json!([{ "permissions": ["project.read", "flag.update", "sdk_key.manage", "member.manage"],
        "projects": "*", "environments": "*" }]);
    made(owner, "/api/v1/roles", json!({ "key": "mine-some", "name": "Some", "grants": grants })).await;
    person(app, MALLORY, "mine-custom", false, &["mine-some"]).await;
    let custom = signed_in(app, "mine-custom@example.org").await;
    let account = json!({ "name": "mine-machine", "roles": ["owner"] });
    let account = made(owner, "/api/v1/service-accounts", account).await["id"].clone();
    let machine = token(app, owner, json!({ "name": "machine", "service_account": account })).await;
    let grants = json!([{ "permissions": ["configuration.update"], "projects": ["mine-shop"],
        "environments": ["mine-live"] }]);
    let narrow = token(app, owner, json!({ "name": "narrow", "grants": grants })).await;
    person(app, MALLORY, "mine-operator", true, &["owner"]).await;
    let operator = signed_in(app, "mine-operator@example.org").await;
    vec![("custom", custom), ("service account", machine), ("narrow", narrow), ("operator", operator)]
}
