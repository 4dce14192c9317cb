//! Setting up, signing in and out.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::json;
use yardarm_store::{
    Commit, CommitError, DocumentWrite, LinkPurpose, Membership, OneTimeLink, Role, RowWrite, Scope, ScopeKind,
    Session, Tenant, User,
};

use super::access::{OperatorAccess, TenantAccess, trace_id};
use super::authenticated::{Authenticated, Via};
use super::client::ClientAddress;
use super::right::{Right, Viewer};
use super::route::{Permission, Route};
use super::{cookie, csrf, fresh, password, refusal};
use crate::app::App;
use crate::keys;
use crate::problem::Problem;
use crate::rates::{Cost, Meter, Payer, Secret};

/// Sessions end after this, milliseconds: 30 days, however busy or idle they are. There is no shorter limit for idle ones:
/// the console's open stream would keep every forgotten tab busy, so a limit would promise what it cannot hold.
const LIFETIME: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Somebody without a credential yet.
pub(crate) struct Visitor {
    gate: App,
    action: &'static str,
    trace_id: String,
    address: ClientAddress,
    /// Hash of the session that the browser has already.
    replaces: Option<String>,
}

impl Permission for Visitor {
    const NAME: &'static str = "public";
    const ROLE: Option<Role> = None;
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let gate = app.clone();
        // Signing somebody in from another site is an attack, too.
        csrf::check(parts, &gate.settings.base_url)?;
        let route = parts.extensions.get::<&'static Route>();
        let address = ClientAddress::of(parts, app);
        if let Some(address) = address.0 {
            let cost = route.map_or(Cost::Password, |route| route.cost);
            gate.limiter.take(cost, &[Payer::Address(address)], gate.now(), &Meter::of(parts))?;
        }
        let action = route.and_then(|route| route.action).unwrap_or("session");
        let trace_id = trace_id(parts);
        let replaces = cookie::read(&parts.headers, gate.settings.secure()).map(keys::hash_hex);
        Ok(Self { gate, action, trace_id, address, replaces })
    }
}

/// The body of the setup form.
pub(crate) struct SetupRequest {
    /// Secret of the link.
    pub(crate) token: String,
    /// First tenant.
    pub(crate) tenant_key: String,
    /// Its name.
    pub(crate) tenant_name: String,
    /// The first owner.
    pub(crate) name: String,
    /// Their address.
    pub(crate) email: String,
    /// Their password.
    pub(crate) password: String,
}

/// A session that was opened.
pub(crate) struct SignedIn {
    /// As its owner.
    pub(crate) access: TenantAccess<Viewer>,
    /// `Set-Cookie`.
    pub(crate) cookie: String,
}

impl Visitor {
    /// Whether nobody can sign in yet.
    pub(crate) async fn setup_needed(&self) -> Result<bool, Problem> {
        Ok(!self.gate.store.any_user().await?)
    }

    /// Makes the first tenant and its owner, once.
    pub(crate) async fn set_up(&self, request: SetupRequest) -> Result<SignedIn, Problem> {
        let gate = &self.gate;
        if let Some(complaint) = password::complaint(&request.password, &request.email) {
            return Err(refusal::invalid(vec![refusal::wrong("/password", "password_weak", complaint)]));
        }
        // Two different links at the same moment: the second finds a user.
        let _one_at_a_time = gate.api.setup.lock().await;
        if !self.setup_needed().await? {
            return Err(refusal::link_used());
        }
        let now = gate.now();
        let link_hash = keys::hash_hex(&request.token);
        let link = gate.store.link(&link_hash, now).await?;
        if link.is_none_or(|link| link.purpose != LinkPurpose::Setup) {
            return Err(refusal::link_used());
        }
        let user = User {
            id: fresh::id("usr"),
            email: request.email.to_lowercase(),
            name: request.name,
            password_hash: Some(gate.hash_password(request.password).await?),
            operator: true,
            created_at: now,
        };
        let tenant =
            Tenant { id: fresh::id("tnt"), key: request.tenant_key, name: request.tenant_name, created_at: now };
        let mut commit = new_tenant(gate, &tenant, &user, self.action, &self.trace_id, now);
        commit.rows.insert(0, RowWrite::UseLink { hash: link_hash, at: now });
        let position = commit.rows.iter().position(|row| matches!(row, RowWrite::UpsertMembership(_)));
        commit.rows.insert(position.unwrap_or(0), RowWrite::InsertUser(user.clone()));
        gate.store.commit(commit).await.map_err(|error| match error {
            CommitError::Taken(what) if what.starts_with("link") => refusal::link_used(),
            other => taken_tenant(other),
        })?;
        self.open(user, &tenant.id).await
    }

    /// E-mail and password.
    pub(crate) async fn sign_in(&self, email: &str, password: String) -> Result<SignedIn, Problem> {
        let email = email.to_lowercase();
        let (attempts, address) = (&self.gate.api.attempts, self.address.0);
        attempts.take(Secret::Password, &email, address, self.gate.now()).map_err(refusal::too_many_attempts)?;
        let user = self.gate.store.user_by_email(&email).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.gate.verify_password(password, hash).await?;
        let Some(user) = user.filter(|_| right) else {
            tracing::info!(?address, "sign-in failed");
            return Err(refusal::sign_in_failed());
        };
        let memberships = self.gate.store.memberships(&user.id).await?;
        let Some(membership) = memberships.first() else { return Err(refusal::sign_in_failed()) };
        attempts.right(Secret::Password, &email, address, self.gate.now());
        let tenant_id = membership.tenant_id.clone();
        self.open(user, &tenant_id).await
    }

    /// A one-time link.
    pub(crate) async fn use_link(&self, token: &str) -> Result<SignedIn, Problem> {
        let hash = keys::hash_hex(token);
        let now = self.gate.now();
        self.gate.api.attempts.take(Secret::Link, "", self.address.0, now).map_err(refusal::too_many_attempts)?;
        let link = self.gate.store.link(&hash, now).await?;
        let link = link.filter(|link| link.purpose == LinkPurpose::SignIn).ok_or_else(refusal::link_used)?;
        let (Some(user_id), Some(tenant_id)) = (link.user_id, link.tenant_id) else {
            return Err(refusal::link_used());
        };
        let user = self.gate.store.user(&user_id).await?.ok_or_else(refusal::link_used)?;
        if !self.gate.store.use_link(&hash, now).await? {
            return Err(refusal::link_used());
        }
        self.open(user, &tenant_id).await
    }

    /// Opens a session under a new id. The one that the browser had ends: its cookie is overwritten, so nobody could end
    /// it any more, and whoever planted or copied it must not stay.
    async fn open(&self, user: User, tenant_id: &str) -> Result<SignedIn, Problem> {
        let (_, cookie, access) = open_session(&self.gate, user, tenant_id, &self.trace_id).await?;
        if let Some(old) = &self.replaces {
            self.gate.store.delete_session(old).await?;
        }
        Ok(SignedIn { access, cookie })
    }
}

async fn open_session(
    gate: &App,
    user: User,
    tenant_id: &str,
    trace_id: &str,
) -> Result<(Session, String, TenantAccess<Viewer>), Problem> {
    let now = gate.now();
    let (secret, hash) = fresh::secret(gate);
    let session = Session {
        hash,
        user_id: user.id.clone(),
        tenant_id: tenant_id.to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
    };
    gate.store.insert_session(&session).await?;
    let memberships = gate.store.memberships(&user.id).await?;
    let membership = memberships.iter().find(|membership| membership.tenant_id == tenant_id);
    let role = membership.ok_or_else(refusal::sign_in_failed)?.role;
    let tenant = gate.store.tenant(tenant_id).await?.ok_or_else(refusal::sign_in_failed)?;
    let who = Authenticated { user, memberships, tenant, role, via: Via::Session(session.hash.clone()) };
    let access = TenantAccess::opened(gate, who, trace_id);
    let cookie = cookie::open(&secret, LIFETIME / 1_000, gate.settings.secure());
    Ok((session, cookie, access))
}

impl<R: Right> TenantAccess<R> {
    /// Ends the session; gives the `Set-Cookie` that forgets it. A token has no session to end.
    pub(crate) async fn sign_out(&self) -> Result<String, Problem> {
        let gate = &self.request.gate;
        match &self.request.who.via {
            Via::Session(hash) => gate.store.delete_session(hash).await?,
            Via::Token(_) => return Err(refusal::not_a_session()),
        }
        Ok(cookie::close(gate.settings.secure()))
    }

    /// Opens another tenant of the same person in a fresh session; the old one ends.
    pub(crate) async fn switch_tenant(&self, key: &str) -> Result<SignedIn, Problem> {
        let gate = &self.request.gate;
        let Via::Session(old) = &self.request.who.via else { return Err(refusal::not_a_session()) };
        for (tenant, _) in self.tenants().await? {
            if tenant.key == key {
                let user = self.request.who.user.clone();
                let (_, cookie, access) = open_session(gate, user, &tenant.id, &self.request.trace_id).await?;
                gate.store.delete_session(old).await?;
                return Ok(SignedIn { access, cookie });
            }
        }
        Err(refusal::not_found())
    }
}

impl OperatorAccess {
    /// Makes a tenant; the operator becomes its owner.
    pub(crate) async fn create_tenant(self, key: String, name: String) -> Result<TenantAccess<Viewer>, Problem> {
        let gate = &self.request.gate;
        let now = gate.now();
        let tenant = Tenant { id: fresh::id("tnt"), key, name, created_at: now };
        let action = self.request.action.ok_or_else(refusal::no_action)?;
        let mut commit = new_tenant(gate, &tenant, &self.request.who.user, action, &self.request.trace_id, now);
        commit.attribution.actor = self.request.who.actor();
        commit.attribution.via = self.request.who.came_with();
        commit.attribution.reason.clone_from(&self.request.reason);
        gate.store.commit(commit).await.map_err(taken_tenant)?;
        Ok(self.into_owner_of(tenant))
    }
}

fn taken_tenant(error: CommitError) -> Problem {
    match error {
        CommitError::Taken(what) if what.contains("email") => refusal::taken("/email", "e-mail address"),
        CommitError::Taken(_) => refusal::taken("/key", "key"),
        other => refusal::commit(other),
    }
}

/// The first change of a tenant's log.
fn new_tenant(gate: &App, tenant: &Tenant, owner: &User, action: &str, trace_id: &str, now: i64) -> Commit {
    let scope = Scope {
        id: tenant.id.clone(),
        kind: ScopeKind::Tenant,
        tenant_id: tenant.id.clone(),
        key: tenant.key.clone(),
        epoch: fresh::epoch(gate),
        rev: 0,
    };
    let membership = Membership { tenant_id: tenant.id.clone(), user_id: owner.id.clone(), role: Role::Owner };
    Commit {
        tenant_id: tenant.id.clone(),
        scope_id: tenant.id.clone(),
        expected: None,
        attribution: yardarm_store::Attribution {
            actor: format!("user:{}", owner.id),
            actor_name: owner.name.clone(),
            via: "session".to_owned(),
            action: action.to_owned(),
            reason: String::new(),
            trace_id: trace_id.to_owned(),
            at: now,
        },
        documents: vec![
            DocumentWrite {
                kind: "tenant".to_owned(),
                key: tenant.key.clone(),
                body: Some(json!({ "name": tenant.name }).to_string()),
            },
            DocumentWrite {
                kind: "member".to_owned(),
                key: owner.id.clone(),
                body: Some(json!({ "name": owner.name, "role": Role::Owner }).to_string()),
            },
        ],
        rows: vec![
            RowWrite::InsertTenant(tenant.clone()),
            RowWrite::InsertScope(scope),
            RowWrite::UpsertMembership(membership),
        ],
    }
}

impl App {
    /// Secret for `{base}/setup?token=…` while nobody can sign in; `None` once somebody can. Valid for a day.
    pub async fn setup_link(&self) -> Result<Option<String>, yardarm_store::StoreError> {
        if self.store.any_user().await? {
            return Ok(None);
        }
        self.link(LinkPurpose::Setup, None, None).await.map(Some)
    }

    /// Secret for `{base}/sign-in?token=…` for one person. Valid for a day, once. `None`: no such person.
    pub async fn sign_in_link(&self, email: &str) -> Result<Option<String>, yardarm_store::StoreError> {
        let Some(user) = self.store.user_by_email(&email.to_lowercase()).await? else { return Ok(None) };
        let memberships = self.store.memberships(&user.id).await?;
        let Some(membership) = memberships.into_iter().next() else { return Ok(None) };
        self.link(LinkPurpose::SignIn, Some(user.id), Some(membership.tenant_id)).await.map(Some)
    }

    async fn link(
        &self,
        purpose: LinkPurpose,
        user_id: Option<String>,
        tenant_id: Option<String>,
    ) -> Result<String, yardarm_store::StoreError> {
        let (secret, hash) = fresh::secret(self);
        let expires_at = self.now() + 24 * 60 * 60 * 1_000;
        let link = OneTimeLink { hash, purpose, user_id, tenant_id, expires_at };
        self.store.insert_link(&link).await?;
        Ok(secret)
    }
}
