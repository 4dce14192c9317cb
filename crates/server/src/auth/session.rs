//! Setting up, signing in and out.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::json;
use yardarm_model::authority::{BuiltIn, MemberDocument, Permission, tenant_kind};
use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, LinkPurpose, Membership, OneTimeLink, RowWrite, Scope, ScopeKind,
    Session, Tenant, User, UserKind,
};

use super::access::{OperatorAccess, TenantAccess, trace_id};
use super::authenticated::Via;
use super::right::{Member, Right};
use super::route::{Access, Route};
use super::{cookie, csrf, fresh, password, refusal};
use crate::app::App;
use crate::audit::Caller;
use crate::keys;
use crate::problem::Problem;

/// Sessions end after this, milliseconds: 30 days, however busy or idle they are. There is no shorter limit for idle ones:
/// the console's open stream would keep every forgotten tab busy, so a limit would promise what it cannot hold.
const LIFETIME: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Somebody without a credential yet.
pub(crate) struct Visitor {
    pub(super) gate: App,
    action: &'static str,
    trace_id: String,
    /// For the security log, when a sign-in fails.
    caller: Option<Arc<Caller>>,
    /// Hash of the session that the browser has already.
    replaces: Option<String>,
}

impl Access for Visitor {
    const NAME: &'static str = "public";
    const PERMISSION: Option<Permission> = None;
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let gate = app.clone();
        // Signing somebody in from another site is an attack, too.
        csrf::check(parts, &gate.settings.base_url)?;
        let action = parts.extensions.get::<&'static Route>().and_then(|route| route.action).unwrap_or("session");
        let trace_id = trace_id(parts);
        let replaces = cookie::read(&parts.headers, gate.settings.secure()).map(keys::hash_hex);
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        Ok(Self { gate, action, trace_id, caller, replaces })
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
    pub(crate) access: TenantAccess<Member>,
    /// `Set-Cookie`.
    pub(crate) cookie: String,
}

impl Visitor {
    /// A change that somebody makes who is not signed in.
    pub(super) fn attribution(&self, user: &User) -> Attribution {
        Attribution {
            actor: format!("user:{}", user.id),
            actor_name: user.name.clone(),
            via: "session".to_owned(),
            action: self.action.to_owned(),
            reason: String::new(),
            trace_id: self.trace_id.clone(),
            at: self.gate.now(),
        }
    }

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
            kind: UserKind::Person,
            email: request.email.to_lowercase(),
            name: request.name,
            password_hash: Some(gate.hash_password(request.password).await?),
            operator: true,
            created_at: now,
        };
        let tenant =
            Tenant { id: fresh::id("tnt"), key: request.tenant_key, name: request.tenant_name, created_at: now };
        let mut commit = new_tenant(gate, &tenant, &user, self.action, &self.trace_id, now)?;
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
    pub(crate) async fn sign_in(&self, email: &str, password: String, address: &str) -> Result<SignedIn, Problem> {
        let email = email.to_lowercase();
        self.gate.api.attempts.take(&email, address, self.gate.now()).map_err(refusal::too_many_attempts)?;
        let user = self.gate.store.user_by_email(&email).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        if let (Some(user), Some(caller)) = (&user, &self.caller) {
            // Whose tenant that is, is found out later: an answer that waits for it would tell who exists.
            caller.is("", format!("user:{}", user.id));
        }
        let right = self.gate.verify_password(password, hash).await?;
        let Some(user) = user.filter(|_| right) else {
            tracing::info!(address, "sign-in failed");
            return Err(refusal::sign_in_failed());
        };
        let memberships = self.gate.store.memberships(&user.id).await?;
        let Some(membership) = memberships.first() else { return Err(refusal::sign_in_failed()) };
        self.gate.api.attempts.clear(&email, address);
        let tenant_id = membership.tenant_id.clone();
        self.open(user, &tenant_id).await
    }

    /// A one-time link.
    pub(crate) async fn use_link(&self, token: &str) -> Result<SignedIn, Problem> {
        let hash = keys::hash_hex(token);
        let now = self.gate.now();
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
) -> Result<(Session, String, TenantAccess<Member>), Problem> {
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
    memberships.iter().find(|there| there.tenant_id == tenant_id).ok_or_else(refusal::sign_in_failed)?;
    let who = gate.as_member(user, memberships, tenant_id, Via::Session(session.hash.clone())).await?;
    let who = who.ok_or_else(refusal::sign_in_failed)?;
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
        for there in self.tenants().await? {
            let tenant = there.tenant;
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
    pub(crate) async fn create_tenant(self, key: String, name: String) -> Result<TenantAccess<Member>, Problem> {
        let gate = &self.request.gate;
        let now = gate.now();
        let tenant = Tenant { id: fresh::id("tnt"), key, name, created_at: now };
        let action = self.request.action.ok_or_else(refusal::no_action)?;
        let mut commit = new_tenant(gate, &tenant, &self.request.who.user, action, &self.request.trace_id, now)?;
        commit.attribution.actor = self.request.who.actor();
        commit.attribution.via = self.request.who.came_with();
        commit.attribution.reason.clone_from(&self.request.reason);
        gate.store.commit(commit).await.map_err(taken_tenant)?;
        self.into_owner_of(&tenant.id).await
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
fn new_tenant(
    gate: &App,
    tenant: &Tenant,
    owner: &User,
    action: &str,
    trace_id: &str,
    now: i64,
) -> Result<Commit, Problem> {
    let scope = Scope {
        id: tenant.id.clone(),
        kind: ScopeKind::Tenant,
        tenant_id: tenant.id.clone(),
        key: tenant.key.clone(),
        epoch: fresh::epoch(gate),
        rev: 0,
    };
    let membership = Membership { tenant_id: tenant.id.clone(), user_id: owner.id.clone() };
    let roles = [BuiltIn::Owner.as_str().to_owned()].into();
    let member = MemberDocument { name: owner.name.clone(), roles, groups: [].into() };
    Ok(Commit {
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
                kind: tenant_kind::TENANT.to_owned(),
                key: tenant.key.clone(),
                body: Some(json!({ "name": tenant.name }).to_string()),
            },
            DocumentWrite {
                kind: tenant_kind::MEMBER.to_owned(),
                key: owner.id.clone(),
                body: Some(serde_json::to_string(&member).map_err(refusal::internal)?),
            },
        ],
        rows: vec![
            RowWrite::InsertTenant(tenant.clone()),
            RowWrite::InsertScope(scope),
            RowWrite::UpsertMembership(membership),
        ],
    })
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
        let link = OneTimeLink { hash, purpose, user_id, tenant_id, invitation_id: None, expires_at };
        self.store.insert_link(&link).await?;
        Ok(secret)
    }
}
