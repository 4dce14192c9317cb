//! Setting up, signing in and out.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::USER_AGENT as USER_AGENT_HEADER;
use http::request::Parts;
use yardarm_model::authority::{BuiltIn, MemberDocument, Permission, tenant_kind};
use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, LinkPurpose, Membership, OneTimeLink, RowWrite, Scope, ScopeKind,
    Session, SignInMethod, Tenant, User, UserKind,
};

use super::access::{OperatorAccess, TenantAccess, trace_id};
use super::authenticated::Via;
use super::client::ClientAddress;
use super::right::{Member, Right};
use super::route::{Access, Route};
use super::sign_in::{Entered, SignInRules};
use super::tenant_change::tenant_document;
use super::{cookie, csrf, fresh, password, refusal};
use crate::app::App;
use crate::audit::Caller;
use crate::keys;
use crate::problem::Problem;
use crate::rates::{Cost, Meter, Payer, Secret};

/// Sessions end after this, milliseconds: 30 days, however busy or idle they are. There is no shorter limit for idle ones:
/// the console's open stream would keep every forgotten tab busy, so a limit would promise what it cannot hold.
const LIFETIME: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Somebody without a credential yet.
pub(crate) struct Visitor {
    pub(super) gate: App,
    pub(super) action: &'static str,
    pub(super) trace_id: String,
    /// For the security log, when a sign-in fails.
    pub(super) caller: Option<Arc<Caller>>,
    pub(super) address: ClientAddress,
    pub(super) browser: Browser,
    /// Ticket of a sign-in that is under way in this browser.
    pub(super) step: Option<String>,
    /// Hash of the session that the browser has already.
    replaces: Option<String>,
}

/// Where somebody signs in, as far as it can be known: shown to them in the list of their sessions.
#[derive(Clone)]
pub(super) struct Browser {
    address: String,
    user_agent: String,
}

/// Longest name of a browser that is kept, characters.
const USER_AGENT: usize = 256;

impl Browser {
    fn of(parts: &Parts, ClientAddress(address): ClientAddress) -> Self {
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        let user_agent = parts.headers.get(USER_AGENT_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { address, user_agent: user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect() }
    }
}

/// What was shown to open a session.
#[derive(Clone)]
pub(super) struct Proof {
    pub(super) method: SignInMethod,
    /// More than one factor, by us or by the identity provider.
    pub(super) second_factor: bool,
    /// The SSO connection.
    pub(super) connection_id: Option<String>,
}

impl Proof {
    /// One factor: a password.
    fn of_password() -> Self {
        Self { method: SignInMethod::Password, second_factor: false, connection_id: None }
    }
    /// What opened a session.
    pub(super) fn of(session: &Session) -> Self {
        Self {
            method: session.method,
            second_factor: session.second_factor,
            connection_id: session.connection_id.clone(),
        }
    }
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
        let route = parts.extensions.get::<&'static Route>();
        let address = ClientAddress::of(parts, app);
        if let Some(address) = address.0 {
            let cost = route.map_or(Cost::Password, |route| route.cost);
            gate.limiter.take(cost, &[Payer::Address(address)], gate.now(), &Meter::of(parts))?;
        }
        let action = route.and_then(|route| route.action).unwrap_or("session");
        let trace_id = trace_id(parts);
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        let secure = gate.settings.secure();
        let replaces = cookie::read(&parts.headers, secure).map(keys::hash_hex);
        let step = cookie::read_step(&parts.headers, secure).map(str::to_owned);
        let browser = Browser::of(parts, address);
        Ok(Self { gate, action, trace_id, caller, address, browser, step, replaces })
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
    /// `Set-Cookie` that forgets the steps that led here, when there were any.
    pub(crate) step_over: Option<String>,
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
            tenant_id: None,
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
        self.open(user, &tenant.id, Proof::of_password()).await
    }

    /// E-mail and password: in, or on to the second factor.
    pub(crate) async fn sign_in(&self, email: &str, password: String) -> Result<Entered, Problem> {
        let email = email.to_lowercase();
        let (attempts, address) = (&self.gate.api.attempts, self.address.0);
        attempts.take(Secret::Password, &email, address, self.gate.now()).map_err(refusal::too_many_attempts)?;
        let user = self.gate.store.user_by_email(&email).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        if let (Some(user), Some(caller)) = (&user, &self.caller) {
            // Whose tenant that is, is found out later: an answer that waits for it would tell who exists.
            caller.is("", format!("user:{}", user.id));
        }
        let right = self.gate.verify_password(password, hash).await?;
        let Some(user) = user.filter(|_| right) else {
            tracing::info!(?address, "sign-in failed");
            return Err(refusal::sign_in_failed());
        };
        if self.gate.store.memberships(&user.id).await?.is_empty() {
            return Err(refusal::sign_in_failed());
        }
        attempts.right(Secret::Password, &email, address, self.gate.now());
        self.pass_first(user, SignInMethod::Password).await
    }

    /// A one-time link: in place of a password, not of a second factor.
    pub(crate) async fn use_link(&self, token: &str) -> Result<Entered, Problem> {
        let hash = keys::hash_hex(token);
        let now = self.gate.now();
        self.gate.api.attempts.take(Secret::Link, "", self.address.0, now).map_err(refusal::too_many_attempts)?;
        let link = self.gate.store.link(&hash, now).await?;
        let link = link.filter(|link| link.purpose == LinkPurpose::SignIn).ok_or_else(refusal::link_used)?;
        let user_id = link.user_id.ok_or_else(refusal::link_used)?;
        let user = self.gate.store.user(&user_id).await?.ok_or_else(refusal::link_used)?;
        if !self.gate.store.use_link(&hash, now).await? {
            return Err(refusal::link_used());
        }
        self.pass_first(user, SignInMethod::Link).await
    }

    /// Opens a session in the tenant where this browser was as the same person, or else in one that takes this proof.
    pub(super) async fn enter(&self, user: User, proof: Proof) -> Result<SignedIn, Problem> {
        let store = &self.gate.store;
        let memberships = store.memberships(&user.id).await?;
        let mut chosen = None;
        if let Some(old) = &self.replaces {
            let old = store.session(old, self.gate.now()).await?.filter(|session| session.user_id == user.id);
            chosen = old.map(|session| session.tenant_id);
        }
        let mut tenant_id = memberships.first().ok_or_else(refusal::sign_in_failed)?.tenant_id.clone();
        for membership in memberships.iter().rev() {
            let here = chosen.as_ref() == Some(&membership.tenant_id);
            let state = self.gate.tenant_state(&membership.tenant_id).await?;
            let open = state.is_some_and(|state| !SignInRules::of(&state).sso);
            if here || (open && chosen.is_none()) {
                tenant_id.clone_from(&membership.tenant_id);
            }
        }
        self.open(user, &tenant_id, proof).await
    }

    /// Opens a session under a new id. The one that the browser had ends: its cookie is overwritten, so nobody could end
    /// it any more, and whoever planted or copied it must not stay.
    pub(super) async fn open(&self, user: User, tenant_id: &str, proof: Proof) -> Result<SignedIn, Problem> {
        let now = self.gate.now();
        let session = new_session(user.id.clone(), tenant_id, proof, &self.browser, now);
        let mut opened = open_session(&self.gate, user, session, &self.trace_id).await?;
        opened.step_over = self.step.as_ref().map(|_| cookie::close_step(self.gate.settings.secure()));
        if let Some(old) = &self.replaces {
            self.gate.store.delete_session(old).await?;
        }
        Ok(opened)
    }
}

fn new_session(user_id: String, tenant_id: &str, proof: Proof, browser: &Browser, now: i64) -> Session {
    let Proof { method, second_factor, connection_id } = proof;
    Session {
        hash: String::new(),
        user_id,
        tenant_id: tenant_id.to_owned(),
        id: fresh::id("ses"),
        method,
        second_factor,
        connection_id,
        address: browser.address.clone(),
        user_agent: browser.user_agent.clone(),
        created_at: now,
        authenticated_at: now,
        expires_at: now + LIFETIME,
    }
}

/// The session of somebody whose proof has changed, under a new id: whoever knew the old one is out. When they proved who
/// they are, and when it ends, stays.
pub(super) async fn reopen<R: Right>(
    access: &TenantAccess<R>,
    old: &Session,
    proof: Proof,
) -> Result<SignedIn, Problem> {
    let Proof { method, second_factor, connection_id } = proof;
    let session = Session { id: fresh::id("ses"), method, second_factor, connection_id, ..old.clone() };
    let request = &access.request;
    let opened = open_session(&request.gate, request.who.user.clone(), session, &request.trace_id).await?;
    request.gate.store.delete_session(&old.hash).await?;
    Ok(opened)
}

/// Draws the session's secret and opens it.
async fn open_session(gate: &App, user: User, mut session: Session, trace_id: &str) -> Result<SignedIn, Problem> {
    let (secret, hash) = fresh::secret(gate);
    session.hash = hash;
    let mut memberships = gate.store.memberships(&user.id).await?;
    if session.connection_id.is_some() {
        memberships.retain(|membership| membership.tenant_id == session.tenant_id);
    }
    memberships.iter().find(|there| there.tenant_id == session.tenant_id).ok_or_else(refusal::sign_in_failed)?;
    gate.store.insert_session(&session).await?;
    let via = Via::Session(session.hash.clone());
    let seconds = (session.expires_at - gate.now()) / 1_000;
    let tenant_id = session.tenant_id.clone();
    let who = gate.as_member(user, memberships, &tenant_id, via, Some(session)).await?;
    let who = who.ok_or_else(refusal::sign_in_failed)?;
    let cookie = cookie::open(&secret, seconds, gate.settings.secure());
    Ok(SignedIn { access: TenantAccess::opened(gate, who, trace_id), cookie, step_over: None })
}

impl<R: Right> TenantAccess<R> {
    /// Ends the session; gives the `Set-Cookie` that forgets it, and where one signs out of the identity provider, for
    /// somebody who came by one. A token has no session to end.
    pub(crate) async fn sign_out(&self) -> Result<(String, Option<String>), Problem> {
        let gate = &self.request.gate;
        let session = self.session()?;
        gate.store.delete_session(&session.hash).await?;
        let location = gate.sign_out_of_provider(session).await;
        Ok((cookie::close(gate.settings.secure()), location))
    }

    /// Opens another tenant of the same person in a fresh session; the old one ends.
    pub(crate) async fn switch_tenant(&self, key: &str) -> Result<SignedIn, Problem> {
        let old = self.session()?;
        for there in self.tenants().await? {
            let tenant = there.tenant;
            if tenant.key == key {
                return reopen(self, &Session { tenant_id: tenant.id, ..old.clone() }, Proof::of(old)).await;
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
        // Case does not count. Who takes the very same key at the same moment is refused by the store.
        let mut scopes = gate.store.scopes().await?.into_iter();
        if scopes.any(|scope| scope.kind == ScopeKind::Tenant && scope.key.eq_ignore_ascii_case(&key)) {
            return Err(refusal::taken("/key", "key"));
        }
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
    let member = MemberDocument { name: owner.name.clone(), roles, groups: [].into(), given: [].into() };
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
                body: Some(tenant_document(&tenant.name, SignInRules::default()).to_string()),
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
