//! Rows of a tenant: its people, its tokens, and the tenants of one person.

use yardarm_store::{AccessToken, Membership, Role, Tenant, User};

use super::access::TenantAccess;
use super::authenticated::Via;
use super::right::Right;
use crate::problem::Problem;

/// The body of a new access token.
pub(crate) struct NewToken {
    /// For people.
    pub(crate) name: String,
    /// Without one, the maker's.
    pub(crate) role: Option<Role>,
    /// Milliseconds since 1970.
    pub(crate) expires_at: Option<i64>,
}

impl<R: Right> TenantAccess<R> {
    /// People of the tenant.
    pub(crate) async fn members(&self) -> Result<Vec<(Membership, User)>, Problem> {
        self.request.gate.store.members(&self.tenant().id).await.map_err(Problem::from)
    }

    /// Tenants the caller belongs to, as far as this credential goes, with their role there.
    pub(crate) async fn tenants(&self) -> Result<Vec<(Tenant, Role)>, Problem> {
        let who = &self.request.who;
        if matches!(who.via, Via::Token(_)) {
            return Ok(vec![(who.tenant.clone(), who.role)]);
        }
        let mut tenants = Vec::new();
        for membership in &who.memberships {
            let tenant = self.request.gate.store.tenant(&membership.tenant_id).await?;
            tenants.extend(tenant.map(|tenant| (tenant, membership.role)));
        }
        tenants.sort_by(|(a, _), (b, _)| a.key.cmp(&b.key));
        Ok(tenants)
    }

    /// Access tokens that the caller may see: their own, and for an owner everybody's. Newest first.
    pub(crate) async fn tokens(&self) -> Result<Vec<AccessToken>, Problem> {
        let mut tokens = self.request.gate.store.access_tokens(&self.tenant().id).await?;
        if self.role() < Role::Owner {
            tokens.retain(|token| token.user_id == self.user().id);
        }
        Ok(tokens)
    }
}
