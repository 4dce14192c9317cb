//! Quotas: what a tenant has of what it may have.

pub(crate) mod list;
pub(crate) mod replace;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Usages;
use crate::quotas::near;

/// Every quota of the open tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuotaList {
    /// In a fixed order.
    items: Vec<QuotaAnswer>,
    /// Characters of all documents of the tenant. Not limited.
    stored_characters: u64,
}

/// One quota.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuotaAnswer {
    /// `flags`, `projects`, `streams`, …
    name: &'static str,
    /// How many there are.
    used: u64,
    /// How many there may be. At the limit everything that is there goes on; one more is refused with `quota_reached`.
    limit: u64,
    /// How many a tenant of this installation may have usually.
    usual: u64,
    /// Four fifths or more are used.
    near: bool,
    /// Since when, milliseconds since 1970, as far as it is known.
    near_since: Option<i64>,
}

impl From<Usages> for QuotaList {
    fn from(usages: Usages) -> Self {
        let items = usages.quotas.into_iter().map(|usage| QuotaAnswer {
            name: usage.name,
            used: usage.used,
            limit: usage.limit,
            usual: usage.usual,
            near: near(usage.used, usage.limit),
            near_since: usage.near_since,
        });
        Self { items: items.collect(), stored_characters: usages.characters }
    }
}
