//! Service accounts of a tenant.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use crate::auth::ServiceAccountItem;

/// A program that holds roles. It has tokens and cannot sign in.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceAccountAnswer {
    /// `svc_…`.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// What it is for.
    description: String,
    /// Keys of the roles that it holds.
    roles: BTreeSet<String>,
    /// Milliseconds since 1970.
    created_at: i64,
}

impl From<ServiceAccountItem> for ServiceAccountAnswer {
    fn from(ServiceAccountItem { id, rev: _, document }: ServiceAccountItem) -> Self {
        let yardarm_model::authority::ServiceAccountDocument { name, description, roles, created_at } = document;
        Self { id, name, description, roles, created_at }
    }
}

/// A service account with the `ETag` of its document.
pub(crate) fn answered(account: ServiceAccountItem, make: fn(&ServiceAccountAnswer) -> Answer) -> Answer {
    let rev = account.rev;
    make(&ServiceAccountAnswer::from(account)).etag(rev)
}
