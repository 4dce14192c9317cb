//! Groups of a tenant.

pub(crate) mod create;
pub(crate) mod edit_members;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::authority::GroupDocument;

use super::answer::Answer;
use crate::auth::GroupItem;

/// A group.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupAnswer {
    /// Unique in the tenant.
    pub(crate) key: String,
    /// For people.
    pub(crate) name: String,
    /// What it is for.
    description: String,
    /// Keys of the roles that everybody in it holds.
    roles: BTreeSet<String>,
    /// Ids of who is in it.
    members: Vec<String>,
    /// Whether the tenant's directory keeps it (SCIM): then only the directory says who is in it and what it is called.
    of_directory: bool,
}

impl From<GroupItem> for GroupAnswer {
    fn from(GroupItem { key, rev: _, document, members }: GroupItem) -> Self {
        let GroupDocument { name, description, roles, directory } = document;
        Self { key, name, description, roles, members, of_directory: directory.is_some() }
    }
}

/// A group with the `ETag` of its document.
pub(crate) fn answered(group: GroupItem, make: fn(&GroupAnswer) -> Answer) -> Answer {
    let rev = group.rev;
    make(&GroupAnswer::from(group)).etag(rev)
}
