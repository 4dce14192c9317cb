//! Invitations to a tenant.

pub(crate) mod accept;
pub(crate) mod again;
pub(crate) mod create;
pub(crate) mod join;
pub(crate) mod list;
pub(crate) mod look;
pub(crate) mod remove;

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::InvitationItem;

/// An invitation that nobody accepted yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationAnswer {
    /// `inv_…`.
    pub(crate) id: String,
    /// Lower case. Only who has this address can accept.
    pub(crate) email: String,
    /// Keys of the roles that they will hold.
    roles: BTreeSet<String>,
    /// Keys of the groups that they will be in.
    groups: BTreeSet<String>,
    /// Who asked: `user:usr_…` or `token:tok_…`.
    invited_by: String,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    /// When the newest link ends.
    expires_at: i64,
}

impl From<InvitationItem> for InvitationAnswer {
    fn from(InvitationItem { id, document }: InvitationItem) -> Self {
        let yardarm_model::authority::InvitationDocument { email, roles, groups, invited_by, created_at, expires_at } =
            document;
        Self { id, email, roles, groups, invited_by, created_at, expires_at }
    }
}

/// An invitation and the secret of its link, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationLink {
    #[serde(flatten)]
    pub(crate) meta: InvitationAnswer,
    /// Send them this: `{base}/invitation?token=…`. Only its hash is stored.
    pub(crate) token: String,
}

/// The tenant that was joined.
#[derive(Serialize, ToSchema)]
pub(crate) struct Joined {
    /// Its key.
    pub(crate) tenant: String,
    /// Address to sign in with.
    pub(crate) email: String,
}
