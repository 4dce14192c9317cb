//! Single sign-on by a tenant's identity provider (`OpenID` Connect).
//!
//! A provider speaks for its tenant and for nothing else: its sessions are good in that tenant only, never make an
//! operator, and may not touch the account. Nobody becomes anybody because two e-mail addresses are equal, unless that
//! somebody is a member of the same tenant already and the provider has verified the address.

mod connection;
mod flow;
mod manage;
mod member;
mod person;
mod provider;

use std::collections::BTreeMap;

use yardarm_store::ScopeRef;

use crate::app::App;
use crate::auth::refusal::internal;
use crate::problem::Problem;

pub(in crate::auth) use connection::KIND;
pub(crate) use connection::{Connection, Mapped};
pub(crate) use flow::{Returned, is_local};
pub(crate) use manage::Listed;
pub(in crate::auth) use provider::Providers;

/// Why somebody did not come in. The word goes to the sign-in page, the rest to the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SsoFailure {
    #[error("the sign-in took too long, was taken already, or was begun in another browser")]
    Over,
    #[error("the answer is not to the question that this browser asked")]
    State,
    #[error("the answer is of another issuer")]
    OtherIssuer,
    #[error("the identity provider refused: {0}")]
    Denied(String),
    #[error("the identity provider did not take the code: {0}")]
    Code(String),
    #[error("the ID token is not acceptable: {0}")]
    IdToken(String),
    #[error("the identity provider cannot be used: {0}")]
    Provider(String),
    #[error("{0}")]
    NotAMember(&'static str),
    #[error("something of ours failed")]
    Ours(Box<Problem>),
}

impl From<Problem> for SsoFailure {
    fn from(problem: Problem) -> Self {
        Self::Ours(Box::new(problem))
    }
}

impl From<yardarm_store::StoreError> for SsoFailure {
    fn from(error: yardarm_store::StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl SsoFailure {
    fn provider(error: &dyn std::error::Error) -> Self {
        Self::Provider(with_causes(error))
    }

    fn code(error: &dyn std::error::Error) -> Self {
        Self::Code(with_causes(error))
    }

    /// The word for the sign-in page.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::State | Self::OtherIssuer => "state",
            Self::Denied(_) => "denied",
            Self::Code(_) | Self::IdToken(_) => "token",
            Self::Provider(_) => "provider",
            Self::NotAMember(_) => "not_a_member",
            Self::Ours(_) => "failed",
        }
    }

    /// As an answer of the API.
    fn problem(self) -> Problem {
        match self {
            Self::Ours(problem) => *problem,
            other => super::refusal::sso_unavailable(&other.to_string()),
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A connection and its revision.
type Kept = (u64, Connection);

/// One connection of a tenant.
async fn connection_of(app: &App, tenant_id: &str, id: &str) -> Result<Option<Kept>, Problem> {
    let Some(document) = app.store.document(ScopeRef::tenant(tenant_id), connection::KIND, id).await? else {
        return Ok(None);
    };
    Ok(Some((document.rev, serde_json::from_str(&document.body).map_err(internal)?)))
}

/// All connections of a tenant, by id.
async fn connections_of(app: &App, tenant_id: &str) -> Result<BTreeMap<String, Kept>, Problem> {
    let Some((_, documents)) = app.store.load(ScopeRef::tenant(tenant_id)).await? else { return Ok(BTreeMap::new()) };
    let of_kind = documents.into_iter().filter(|document| document.kind == connection::KIND);
    of_kind
        .map(|document| {
            let connection = serde_json::from_str(&document.body).map_err(internal)?;
            Ok((document.key, (document.rev, connection)))
        })
        .collect()
}
