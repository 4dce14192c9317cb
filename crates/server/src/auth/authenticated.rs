//! The credential of a request: a session cookie or an access token, checked against the database each time, so that
//! what was revoked is refused at once.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use yardarm_model::authority::{AccessTokenDocument, Authority, tenant_kind};
use yardarm_store::{Membership, Session, Tenant, User, UserKind};

use super::tenant_state::TenantState;
use super::{cookie, csrf, refusal};
use crate::app::App;
use crate::keys;
use crate::problem::Problem;

/// What a request was authenticated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// A browser's session, by the hash of its cookie.
    Session(String),
    /// An access token, by its id.
    Token(String),
    /// A time that they chose, with the token that they came with then.
    Schedule(Option<String>),
}

/// Somebody, with the tenant that is open and what they hold there.
#[derive(Clone, Debug)]
pub(super) struct Authenticated {
    pub(super) user: User,
    pub(super) memberships: Vec<Membership>,
    pub(super) tenant: Tenant,
    pub(super) state: Arc<TenantState>,
    pub(super) authority: Authority,
    pub(super) via: Via,
    /// How a browser's owner signed in.
    pub(super) session: Option<Session>,
}

impl Authenticated {
    /// `user:usr_…`: who is answerable, whatever they came with.
    pub(super) fn actor(&self) -> String {
        format!("user:{}", self.user.id)
    }

    /// Id of the access token that they came with.
    pub(super) fn token(&self) -> Option<&str> {
        match &self.via {
            Via::Session(_) | Via::Schedule(None) => None,
            Via::Token(id) | Via::Schedule(Some(id)) => Some(id),
        }
    }

    /// When what they came with ends by itself, milliseconds since 1970: a session's time, or a token's if it has one.
    pub(super) fn ends_at(&self) -> Option<i64> {
        let token = self.token().and_then(|id| self.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id));
        self.session.as_ref().map(|session| session.expires_at).or(token.and_then(|token| token.expires_at))
    }

    /// `session`, `token:tok_…` or `schedule`. The id of a session is a secret's hash and stays out of the log.
    pub(super) fn came_with(&self) -> String {
        match &self.via {
            Via::Session(_) => "session".to_owned(),
            Via::Token(id) => format!("token:{id}"),
            Via::Schedule(_) => "schedule".to_owned(),
        }
    }
}

/// A credential as it was presented: enough to look again later (streams do).
#[derive(Clone, Debug)]
pub(super) enum Credential {
    Session(String),
    Token(String),
    /// None was shown: it was scheduled.
    Schedule,
}

impl Credential {
    /// A bearer token wins over a cookie, and an unsafe request with a cookie must come from the console itself.
    pub(super) fn of(parts: &Parts, gate: &App) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(AUTHORIZATION).iter();
        if let Some(header) = given.next() {
            // Whoever stands in front of the server may have looked at the other one.
            if given.next().is_some() {
                return Err(refusal::two_credentials());
            }
            let text = header.to_str().ok().and_then(|text| {
                let (scheme, rest) = text.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
            });
            // The checksum refuses typos and noise before the database is asked.
            return match text {
                Some(text) if keys::parse(text) == Some(keys::KeyKind::Access) => Ok(Self::Token(keys::hash_hex(text))),
                _ => Err(refusal::bad_token()),
            };
        }
        let Some(secret) = cookie::read(&parts.headers, gate.settings.secure()) else {
            return Err(refusal::unauthenticated());
        };
        csrf::check(parts, &gate.settings.base_url)?;
        Ok(Self::Session(keys::hash_hex(secret)))
    }
}

impl App {
    /// Looks a credential up.
    pub(super) async fn authenticate(&self, credential: &Credential) -> Result<Authenticated, Problem> {
        match credential {
            Credential::Session(hash) => self.by_session(hash).await,
            Credential::Token(hash) => self.by_token(hash).await,
            Credential::Schedule => Err(refusal::unauthenticated()),
        }
    }

    async fn by_session(&self, hash: &str) -> Result<Authenticated, Problem> {
        let session = self.store.session(hash, self.now()).await?;
        let session = session.ok_or_else(refusal::unauthenticated)?;
        let user = self.store.user(&session.user_id).await?.filter(|user| user.kind == UserKind::Person);
        let mut user = user.ok_or_else(refusal::unauthenticated)?;
        let mut memberships = self.store.memberships(&user.id).await?;
        if session.connection_id.is_some() {
            // A tenant's identity provider speaks for that tenant: not for another one, and not for the installation.
            memberships.retain(|membership| membership.tenant_id == session.tenant_id);
            user.operator = false;
        }
        // Somebody who was taken out of the open tenant goes on in another one of theirs.
        let open = memberships.iter().find(|membership| membership.tenant_id == session.tenant_id);
        let tenant_id = open.or(memberships.first()).ok_or_else(refusal::unauthenticated)?.tenant_id.clone();
        let via = Via::Session(session.hash.clone());
        let found = self.as_member(user, memberships, &tenant_id, via, Some(session)).await?;
        found.ok_or_else(refusal::unauthenticated)
    }

    /// Somebody in a tenant of theirs, with everything that they hold there at this moment.
    pub(super) async fn as_member(
        &self,
        user: User,
        memberships: Vec<Membership>,
        tenant_id: &str,
        via: Via,
        session: Option<Session>,
    ) -> Result<Option<Authenticated>, Problem> {
        let Some(tenant) = self.store.tenant(tenant_id).await? else { return Ok(None) };
        let Some(state) = self.tenant_state(tenant_id).await? else { return Ok(None) };
        let limits = match &via {
            Via::Session(_) | Via::Schedule(None) => None,
            Via::Token(id) | Via::Schedule(Some(id)) => Some(state.limits_of(id)),
        };
        let authority = Authority { grants: state.grants_of(&user.id), limits };
        Ok(Some(Authenticated { user, memberships, tenant, state, authority, via, session }))
    }

    async fn by_token(&self, hash: &str) -> Result<Authenticated, Problem> {
        let now = self.now();
        // The store looks whether its user is a member still.
        let token = self.store.access_token(hash, now).await?;
        let token = token.ok_or_else(refusal::bad_token)?;
        let user = self.store.user(&token.user_id).await?.ok_or_else(refusal::bad_token)?;
        let memberships = vec![Membership { tenant_id: token.tenant_id.clone(), user_id: user.id.clone() }];
        if self.api.touch_due(&token.id, now) {
            let gate = self.clone();
            let (tenant, id) = (token.tenant_id.clone(), token.id.clone());
            tokio::spawn(async move {
                if let Err(error) = gate.store.touch_access_token(&tenant, &id, now).await {
                    tracing::debug!(%error, token = id, "last use of an access token was not written");
                }
            });
        }
        let found = self.as_member(user, memberships, &token.tenant_id, Via::Token(token.id), None).await?;
        found.ok_or_else(refusal::bad_token)
    }
}
