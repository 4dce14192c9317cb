//! Two tenants with the same things in them. `mine` belongs to Mallory, who asks; `acme` belongs to Ana.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_store::{
    Attribution, Commit, DocumentWrite, Membership, RowWrite, Scope, ScopeKind, Tenant, User, UserKind,
};
use yardarm_testkit::{Client, TestApp};

/// What each `{slot}` of a route, a query or a body is.
pub(crate) type Objects = BTreeMap<&'static str, String>;

/// Keys and names begin with who owns them. All are of one length, so that answers about them are, too.
pub(crate) const MINE: &str = "mine";
/// Mallory's other project.
pub(crate) const TWIN: &str = "twin";
/// Ana's.
pub(crate) const ACME: &str = "acme";
/// Mallory's tenant.
const MALLORY: &str = "tnt_mallory";
/// Nobody's.
pub(crate) const NONE: &str = "none";

pub(crate) struct World {
    pub(crate) app: Arc<TestApp>,
    /// By who owns them; those of [`NONE`] look like Ana's.
    pub(crate) objects: BTreeMap<&'static str, Objects>,
    /// Mallory with each role, and in a browser.
    pub(crate) callers: Vec<(&'static str, Client)>,
    /// Texts that only Ana's tenant has.
    canaries: Vec<String>,
}

impl World {
    pub(crate) async fn new(app: Arc<TestApp>) -> Self {
        let mallory = mallory(&app).await;
        let owner = token(&app, &mallory, "owner").await;
        let mut objects = BTreeMap::new();
        objects.insert(MINE, fill(&owner, MINE, 0).await);
        objects.insert(TWIN, fill(&owner, TWIN, 5).await);
        objects.insert(ACME, fill(&app.owner, ACME, 5).await);
        let nobodys = objects[ACME].iter().map(|(slot, value)| (*slot, nobodys(value))).collect();
        objects.insert(NONE, nobodys);
        let session = app.owner.get("/api/v1/session").await.body;
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
            callers.push((role, token(&app, &mallory, role).await));
        }
        callers.push(("owner", owner));
        callers.push(("session", mallory));
        Self { app, objects, callers, canaries }
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

    /// Everything that Ana has, as she sees it and as it is stored.
    pub(crate) async fn theirs(&self) -> Vec<Value> {
        let project = &self.objects[ACME]["project"];
        let mut all = Vec::new();
        for path in ["members".into(), "tokens".into(), "projects".into(), format!("projects/{project}/keys")] {
            let mut page = self.app.owner.get(&format!("/api/v1/{path}?limit=100")).await.body;
            // Asking is a use.
            for token in page["items"].as_array_mut().into_iter().flatten() {
                token["last_used_at"] = Value::Null;
            }
            all.push(page);
        }
        let mut scopes = self.app.app.store.scopes().await.unwrap();
        scopes.retain(|scope| scope.tenant_id != MALLORY);
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
async fn fill(client: &Client, who: &str, changes: usize) -> Objects {
    let name = |what: &str| format!("{who}-{what}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
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
    let key = json!({ "name": name("key"), "environment": name("live"), "audience": "server" });
    let key = made(client, &format!("{project}/keys"), key).await;
    let drafting = client.with_header("x-yardarm-change-request", "new");
    let rename = json!({ "name": name("draft") });
    let draft = drafting.patch(&format!("{project}/flags/{}", name("flag")), rename).await;
    assert_eq!(draft.status, 202, "{}", draft.body);
    let token = made(client, "/api/v1/tokens", json!({ "name": name("token"), "role": "viewer" })).await;
    for change in 0..changes {
        let flag = format!("{project}/flags/{}", name("flag"));
        let reply = client.patch(&flag, json!({ "description": format!("{who} {change}") })).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let session = client.get("/api/v1/session").await.body;
    let rev = client.get(&project).await.body["version"]["rev"].as_u64().unwrap();
    let last = client.get(&format!("{project}/history?limit=1")).await.body;
    BTreeMap::from([
        ("tenant", text(&session["tenant"]["key"])),
        ("project", name("shop")),
        ("environment", name("live")),
        ("flag", name("flag")),
        ("prerequisite", name("base")),
        ("segment", name("beta")),
        ("policy", name("rule")),
        ("key", text(&key["id"])),
        ("change_request", text(&draft.body["change_request"]["id"])),
        ("token", text(&token["id"])),
        ("rev", rev.to_string()),
        ("user", text(&session["user"]["id"])),
        ("owner", name("owner")),
        ("tag", name("tag")),
        ("trace", text(&last["items"][0]["trace_id"])),
        ("cursor", last["next"].as_str().unwrap_or("none").to_owned()),
        ("list", "included".to_owned()),
    ])
}

/// A second person with a tenant of their own, signed in. Nobody signs up by themselves, so the rows are made here.
async fn mallory(app: &TestApp) -> Client {
    let (tenant_id, user_id) = (String::from(MALLORY), String::from("usr_mallory"));
    let at = app.now();
    let scope = Scope {
        id: tenant_id.clone(),
        kind: ScopeKind::Tenant,
        tenant_id: tenant_id.clone(),
        key: MINE.to_owned(),
        epoch: "mallory".to_owned(),
        rev: 0,
    };
    let email = "mallory@example.org";
    let user = User {
        id: user_id.clone(),
        kind: UserKind::Person,
        email: email.to_owned(),
        name: "Mallory".to_owned(),
        password_hash: None,
        operator: false,
        created_at: at,
    };
    let tenant = Tenant { id: tenant_id.clone(), key: MINE.to_owned(), name: "Mine".to_owned(), created_at: at };
    let rows = vec![
        RowWrite::InsertTenant(tenant),
        RowWrite::InsertScope(scope),
        RowWrite::InsertUser(user),
        RowWrite::UpsertMembership(Membership { tenant_id: tenant_id.clone(), user_id: user_id.clone() }),
    ];
    let document = |kind: &str, key: &str, body: Value| DocumentWrite {
        kind: kind.to_owned(),
        key: key.to_owned(),
        body: Some(body.to_string()),
    };
    let documents = vec![
        document("tenant", MINE, json!({ "name": "Mine" })),
        document("member", &user_id, json!({ "name": "Mallory", "roles": ["owner"] })),
    ];
    let attribution = Attribution {
        actor: format!("user:{user_id}"),
        actor_name: "Mallory".to_owned(),
        action: "tenant.create".to_owned(),
        reason: String::new(),
        trace_id: "0".repeat(32),
        via: "session".to_owned(),
        at,
    };
    let commit = Commit { scope_id: tenant_id.clone(), tenant_id, expected: None, attribution, documents, rows };
    app.app.store.commit(commit).await.unwrap();
    let link = app.app.sign_in_link(email).await.unwrap().unwrap();
    let visitor = app.anonymous();
    let signed_in = visitor.post("/api/v1/session/link", json!({ "token": link })).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    visitor.with_cookie(&signed_in.cookie())
}

async fn token(app: &TestApp, browser: &Client, role: &str) -> Client {
    let token = made(browser, "/api/v1/tokens", json!({ "name": role, "role": role })).await;
    app.with_token(token["token"].as_str().unwrap())
}
