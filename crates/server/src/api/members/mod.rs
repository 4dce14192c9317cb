//! People of a tenant.

pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::session::UserAnswer;
use crate::auth::MemberItem;

/// Somebody in the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    /// Who.
    user: UserAnswer,
    /// Keys of the roles that they were given.
    roles: BTreeSet<String>,
    /// Keys of the groups that they are in, whose roles they hold, too.
    groups: BTreeSet<String>,
    /// Whether the tenant's directory keeps them (SCIM).
    of_directory: bool,
}

impl From<MemberItem> for Member {
    fn from(MemberItem { user, rev: _, document, of_directory }: MemberItem) -> Self {
        let user = UserAnswer { id: user.id, name: user.name, email: user.email };
        Self { user, roles: document.roles, groups: document.groups, of_directory }
    }
}
