//! What a tenant demands of whoever is in it, beyond a role.

use super::refusal;
use crate::app::App;
use crate::auth::authenticated::{Authenticated, Via};
use crate::problem::Problem;
use yardarm_store::{Role, SignInMethod};

/// Where somebody who does not meet the demands can still go: to meet them.
const ALWAYS: [&str; 2] = ["/api/v1/session", "/api/v1/account"];

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
        let tenant = &who.tenant;
        let by_sso = who.session.as_ref().is_some_and(|session| session.method == SignInMethod::Sso);
        if tenant.requires_sso && who.session.is_some() && !by_sso && who.role < Role::Owner {
            // Owners keep a way in for the day on which the identity provider is broken.
            return Ok(Some(Unmet::Sso));
        }
        if !tenant.requires_second_factor {
            return Ok(None);
        }
        let met = match &who.via {
            Via::Session(_) => who.session.as_ref().is_some_and(|session| session.second_factor),
            // A token shows no factor; it is as good as its maker's account.
            Via::Token(_) => {
                self.store.sign_in().second_factors(&who.user.id).await?.any()
                    || self.store.sign_in().is_linked(&tenant.id, &who.user.id).await?
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
