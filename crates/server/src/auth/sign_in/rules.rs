//! What a tenant demands of whoever is in it, beyond a role.

use yardarm_model::authority::{BuiltIn, tenant_kind};
use yardarm_store::{SignInMethod, UserKind};

use super::refusal;
use crate::app::App;
use crate::auth::authenticated::{Authenticated, Via};
use crate::auth::tenant_state::TenantState;
use crate::problem::Problem;

/// Where somebody who does not meet the demands can still go: to meet them.
const ALWAYS: [&str; 2] = ["/api/v1/session", "/api/v1/account"];

/// What a tenant demands, as its document says; a tenant that says nothing demands nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignInRules {
    /// A second factor.
    pub(crate) second_factor: bool,
    /// Coming by the tenant's identity provider.
    pub(crate) sso: bool,
}

impl SignInRules {
    pub(crate) fn of(state: &TenantState) -> Self {
        let Some((_, document)) = state.all(tenant_kind::TENANT).next() else { return Self::default() };
        let says = |name: &str| document.body[name].as_bool().unwrap_or_default();
        Self { second_factor: says("requires_second_factor"), sso: says("requires_sso") }
    }
}

/// Owners keep a way in for the day on which the identity provider is broken.
fn is_owner(who: &Authenticated) -> bool {
    who.authority.covers(&BuiltIn::Owner.grants())
}

impl App {
    /// Refuses who does not meet the open tenant's demands, unless the path is one where they can be met.
    pub(in crate::auth) async fn keep_sign_in_rules(&self, who: &Authenticated, path: &str) -> Result<(), Problem> {
        if ALWAYS.iter().any(|open| path.starts_with(open)) {
            return Ok(());
        }
        match self.unmet_rule(who).await? {
            None => Ok(()),
            Some(Unmet::SecondFactor) => Err(refusal::second_factor_required()),
            Some(Unmet::Sso) => Err(refusal::sso_required(&who.tenant.name)),
        }
    }

    /// What is missing.
    pub(in crate::auth) async fn unmet_rule(&self, who: &Authenticated) -> Result<Option<Unmet>, Problem> {
        let rules = SignInRules::of(&who.state);
        let by_sso = who.session.as_ref().is_some_and(|session| session.method == SignInMethod::Sso);
        if rules.sso && who.session.is_some() && !by_sso && !is_owner(who) {
            return Ok(Some(Unmet::Sso));
        }
        if !rules.second_factor {
            return Ok(None);
        }
        let met = match &who.via {
            Via::Session(_) => who.session.as_ref().is_some_and(|session| session.second_factor),
            // A token shows no factor; it is as good as its maker's account.
            Via::Token(_) | Via::Schedule(_) => {
                self.store.sign_in().second_factors(&who.user.id).await?.any()
                    || who.user.kind == UserKind::ServiceAccount
                    || self.store.sign_in().is_linked(&who.tenant.id, &who.user.id).await?
            }
        };
        Ok((!met).then_some(Unmet::SecondFactor))
    }
}

/// A demand that is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A second factor.
    SecondFactor,
    /// The tenant's identity provider.
    Sso,
}

impl Unmet {
    /// The word for it in answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Sso => "sso",
        }
    }
}
