//! The tenants of one person, and what they are there.

use yardarm_model::authority::{Authority, BuiltIn};
use yardarm_store::{StoreError, Tenant, User};

use super::access::TenantAccess;
use super::authenticated::Via;
use super::right::Right;
use super::sign_in::SignInRules;
use crate::app::App;
use crate::problem::Problem;

/// A tenant somebody belongs to, and what they are there.
pub(crate) struct Belonging {
    pub(crate) tenant: Tenant,
    pub(crate) standing: Standing,
    pub(crate) rules: SignInRules,
}

/// What somebody is in a tenant, in the words of its roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The greatest built-in role that they hold all of.
    pub(crate) role: Option<BuiltIn>,
    /// Keys of their own roles; not those of groups.
    pub(crate) roles: Vec<String>,
}

/// The greatest built-in role that an authority holds all of.
pub(crate) fn greatest_role(authority: &Authority) -> Option<BuiltIn> {
    BuiltIn::ALL.into_iter().rev().find(|role| authority.covers(&role.grants()))
}

impl App {
    /// Accounts with an address, seen from a tenant: the one that it made, and whoever has it for themselves, who may be a
    /// member.
    pub(super) async fn accounts(&self, tenant_id: &str, address: &str) -> Result<Vec<User>, StoreError> {
        let of_tenant = self.store.user_of_tenant(tenant_id, address).await?;
        Ok(of_tenant.into_iter().chain(self.store.user_by_email(address).await?).collect())
    }
}

impl<R: Right> TenantAccess<R> {
    /// What the caller is here, as far as this credential goes.
    pub(crate) fn standing(&self) -> Standing {
        let roles = self.state().roles_of(&self.user().id);
        Standing { role: greatest_role(self.authority()), roles }
    }

    /// Tenants the caller belongs to, as far as this credential goes.
    pub(crate) async fn tenants(&self) -> Result<Vec<Belonging>, Problem> {
        let who = &self.request.who;
        if matches!(who.via, Via::Token(_)) {
            return Ok(vec![Belonging {
                tenant: who.tenant.clone(),
                standing: self.standing(),
                rules: SignInRules::of(self.state()),
            }]);
        }
        let gate = &self.request.gate;
        let mut tenants = Vec::new();
        for membership in &who.memberships {
            let id = &membership.tenant_id;
            let (Some(tenant), Some(state)) = (gate.store.tenant(id).await?, gate.tenant_state(id).await?) else {
                continue;
            };
            let authority = Authority { grants: state.grants_of(&who.user.id), limits: None };
            let standing = Standing { role: greatest_role(&authority), roles: state.roles_of(&who.user.id) };
            tenants.push(Belonging { tenant, standing, rules: SignInRules::of(&state) });
        }
        tenants.sort_by(|a, b| a.tenant.key.cmp(&b.tenant.key));
        Ok(tenants)
    }
}
