//! The credential of a request: a session cookie or an access token, checked against the database each time, so that
//! what was revoked is refused at once.

use http::header::AUTHORIZATION;
use http::request::Parts;
use yardarm_store::{Membership, Role, Tenant, User};

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
}

/// Somebody, with the tenant that is open and the role there.
#[derive(Clone, Debug)]
pub(super) struct Authenticated {
    pub(super) user: User,
    pub(super) memberships: Vec<Membership>,
    pub(super) tenant: Tenant,
    pub(super) role: Role,
    pub(super) via: Via,
}

impl Authenticated {
    /// `user:usr_…`: who is answerable, whatever they came with.
    pub(super) fn actor(&self) -> String {
        format!("user:{}", self.user.id)
    }

    /// `session` or `token:tok_…`. The id of a session is a secret's hash and stays out of the log.
    pub(super) fn came_with(&self) -> String {
        match &self.via {
            Via::Session(_) => "session".to_owned(),
            Via::Token(id) => format!("token:{id}"),
        }
    }
}

/// A credential as it was presented: enough to look again later (streams do).
#[derive(Clone, Debug)]
pub(super) enum Credential {
    Session(String),
    Token(String),
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
        }
    }

    async fn by_session(&self, hash: &str) -> Result<Authenticated, Problem> {
        let session = self.store.session(hash, self.now()).await?;
        let session = session.ok_or_else(refusal::unauthenticated)?;
        let user = self.store.user(&session.user_id).await?;
        let user = user.ok_or_else(refusal::unauthenticated)?;
        let memberships = self.store.memberships(&user.id).await?;
        // Somebody who was taken out of the open tenant goes on in another one of theirs.
        let open = memberships.iter().find(|membership| membership.tenant_id == session.tenant_id);
        let membership = open.or(memberships.first()).cloned().ok_or_else(refusal::unauthenticated)?;
        let tenant = self.store.tenant(&membership.tenant_id).await?;
        let tenant = tenant.ok_or_else(refusal::unauthenticated)?;
        Ok(Authenticated { user, memberships, tenant, role: membership.role, via: Via::Session(session.hash) })
    }

    async fn by_token(&self, hash: &str) -> Result<Authenticated, Problem> {
        let now = self.now();
        let token = self.store.access_token(hash, now).await?;
        let token = token.ok_or_else(refusal::bad_token)?;
        let user = self.store.user(&token.user_id).await?.ok_or_else(refusal::bad_token)?;
        let mut memberships = self.store.memberships(&user.id).await?;
        memberships.retain(|membership| membership.tenant_id == token.tenant_id);
        let tenant = self.store.tenant(&token.tenant_id).await?;
        let tenant = tenant.ok_or_else(refusal::bad_token)?;
        if self.api.touch_due(&token.id, now) {
            let gate = self.clone();
            let (tenant, id) = (tenant.id.clone(), token.id.clone());
            tokio::spawn(async move {
                if let Err(error) = gate.store.touch_access_token(&tenant, &id, now).await {
                    tracing::debug!(%error, token = id, "last use of an access token was not written");
                }
            });
        }
        // The store has looked: the maker is a member still, and the token holds no more than they do now.
        Ok(Authenticated { user, memberships, tenant, role: token.role, via: Via::Token(token.id) })
    }
}
