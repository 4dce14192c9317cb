//! Tenants.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod update;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::grants::StandingAnswer;
use crate::auth::{Right, SignInRules, Standing, TenantAccess};

/// A tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantAnswer {
    /// `tnt_…`.
    id: String,
    /// Unique.
    key: String,
    /// For people.
    name: String,
    /// What the caller is there.
    #[serde(flatten)]
    standing: StandingAnswer,
    /// Members must have shown a second factor; those without one can only add one.
    requires_second_factor: bool,
    /// Members other than owners must come from the tenant's identity provider.
    requires_sso: bool,
    /// Milliseconds since 1970.
    created_at: i64,
}

impl TenantAnswer {
    pub(crate) fn of<R: Right>(access: &TenantAccess<R>) -> Self {
        Self::new(access.tenant(), access.standing(), SignInRules::of(access.state()))
    }

    pub(crate) fn new(tenant: &yardarm_store::Tenant, standing: Standing, rules: SignInRules) -> Self {
        Self {
            id: tenant.id.clone(),
            key: tenant.key.clone(),
            name: tenant.name.clone(),
            standing: standing.into(),
            requires_second_factor: rules.second_factor,
            requires_sso: rules.sso,
            created_at: tenant.created_at,
        }
    }
}
