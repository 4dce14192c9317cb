//! Signing in and out.

pub(crate) mod link;
pub(crate) mod read;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod tenant;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Right, TenantAccess, Via};
use crate::problem::Problem;

/// Who is signed in, and where.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// Who.
    user: UserAnswer,
    /// The open tenant.
    tenant: TenantSummary,
    /// Role in the open tenant: `viewer`, `editor`, `admin` or `owner`.
    #[schema(value_type = crate::api::tenants::RoleName)]
    role: yardarm_store::Role,
    /// Everywhere they can go.
    tenants: Vec<TenantMembership>,
    /// `session` or `token`.
    via: &'static str,
    /// May make tenants.
    operator: bool,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    /// `usr_…`.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// Lower case.
    pub(crate) email: String,
}

/// A tenant in passing.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantSummary {
    /// `tnt_…`.
    id: String,
    /// Unique.
    key: String,
    /// For people.
    name: String,
}

/// A tenant one belongs to.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantMembership {
    /// `tnt_…`.
    pub(crate) id: String,
    /// Unique.
    pub(crate) key: String,
    /// For people.
    pub(crate) name: String,
    /// Role there.
    #[schema(value_type = crate::api::tenants::RoleName)]
    pub(crate) role: yardarm_store::Role,
}

impl SessionAnswer {
    /// As the access value knows it.
    pub(crate) async fn of<R: Right>(access: &TenantAccess<R>) -> Result<Self, Problem> {
        let tenants = access.tenants().await?;
        let (user, tenant) = (access.user(), access.tenant());
        Ok(Self {
            user: UserAnswer { id: user.id.clone(), name: user.name.clone(), email: user.email.clone() },
            tenant: TenantSummary { id: tenant.id.clone(), key: tenant.key.clone(), name: tenant.name.clone() },
            role: access.role(),
            tenants: tenants
                .into_iter()
                .map(|(tenant, role)| TenantMembership { id: tenant.id, key: tenant.key, name: tenant.name, role })
                .collect(),
            via: match access.via() {
                Via::Session(_) => "session",
                Via::Token(_) => "token",
            },
            operator: user.operator,
        })
    }
}
