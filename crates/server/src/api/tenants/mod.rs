//! Tenants.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod update;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yardarm_store::Role;

use crate::auth::{Right, TenantAccess};

/// Built-in roles, each holding the rights of those before it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleName {
    /// Reads.
    Viewer,
    /// Changes flags and segments.
    Editor,
    /// Also projects, environments, keys.
    Admin,
    /// Also people and tokens of others.
    Owner,
}

/// A tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantAnswer {
    /// `tnt_…`.
    id: String,
    /// Unique.
    key: String,
    /// For people.
    name: String,
    /// The caller's role there.
    #[schema(value_type = RoleName)]
    role: Role,
    /// Members must have shown a second factor; those without one can only add one.
    requires_second_factor: bool,
    /// Members other than owners must come from the tenant's identity provider.
    requires_sso: bool,
    /// Milliseconds since 1970.
    created_at: i64,
}

impl TenantAnswer {
    pub(crate) fn of<R: Right>(access: &TenantAccess<R>) -> Self {
        Self::new(access.tenant(), access.role())
    }

    pub(crate) fn new(tenant: &yardarm_store::Tenant, role: Role) -> Self {
        Self {
            id: tenant.id.clone(),
            key: tenant.key.clone(),
            name: tenant.name.clone(),
            role,
            requires_second_factor: tenant.requires_second_factor,
            requires_sso: tenant.requires_sso,
            created_at: tenant.created_at,
        }
    }
}
