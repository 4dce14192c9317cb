//! Signing in and out.

pub(crate) mod ask_passkey;
pub(crate) mod ask_second_passkey;
pub(crate) mod link;
pub(crate) mod passkey;
pub(crate) mod read;
pub(crate) mod second_factor;
pub(crate) mod second_passkey;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sso_callback;
pub(crate) mod sso_choices;
pub(crate) mod sso_leave;
pub(crate) mod tenant;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::authority::Permission;

use crate::api::answer::Answer;
use crate::api::grants::StandingAnswer;
use crate::auth::{Belonging, Entered, Right, SignedIn, TenantAccess, Via};
use crate::problem::Problem;

/// Who is signed in, and where.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// Who.
    user: UserAnswer,
    /// The open tenant.
    tenant: TenantSummary,
    /// What they are in the open tenant.
    #[serde(flatten)]
    standing: StandingAnswer,
    /// Names of the permissions that they hold somewhere in the open tenant.
    permissions: Vec<&'static str>,
    /// Everywhere they can go.
    tenants: Vec<TenantMembership>,
    /// `session` or `token`.
    via: &'static str,
    /// May make tenants.
    operator: bool,
    /// What the open tenant demands and this session has not shown: `second_factor` or `sso`. Until then only the account
    /// and the session can be used.
    unmet: Option<&'static str>,
}

/// The first step of signing in is done, a second one is needed.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactorAnswer {
    /// What the account has: `totp`, `recovery_code`, `passkey`.
    second_factor: Vec<&'static str>,
}

/// Where a first step led.
pub(super) async fn entered(entered: Entered) -> Result<Answer, Problem> {
    let needed = match entered {
        Entered::In(signed_in) => return signed_in_answer(&signed_in).await,
        Entered::Needs(needed) => needed,
    };
    let factors = needed.factors;
    let all =
        [(factors.totp, "totp"), (factors.recovery_codes > 0, "recovery_code"), (factors.passkeys > 0, "passkey")];
    let second_factor = all.into_iter().filter_map(|(there, word)| there.then_some(word)).collect();
    Ok(Answer::accepted(&SecondFactorAnswer { second_factor }).cookie(&needed.cookie))
}

/// A new session, and the end of the steps that led to it.
pub(in crate::api) async fn signed_in_answer(signed_in: &SignedIn) -> Result<Answer, Problem> {
    let answer = Answer::ok(&SessionAnswer::of(&signed_in.access).await?).cookie(&signed_in.cookie);
    Ok(match &signed_in.step_over {
        Some(cookie) => answer.cookie(cookie),
        None => answer,
    })
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    /// `usr_…`.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// Lower case; empty for service accounts.
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
    /// What they are there.
    #[serde(flatten)]
    pub(crate) standing: StandingAnswer,
}

impl SessionAnswer {
    /// As the access value knows it.
    pub(crate) async fn of<R: Right>(access: &TenantAccess<R>) -> Result<Self, Problem> {
        let tenants = access.tenants().await?;
        let (user, tenant) = (access.user(), access.tenant());
        Ok(Self {
            user: UserAnswer { id: user.id.clone(), name: user.name.clone(), email: user.email.clone() },
            tenant: TenantSummary { id: tenant.id.clone(), key: tenant.key.clone(), name: tenant.name.clone() },
            standing: access.standing().into(),
            permissions: Permission::ALL
                .iter()
                .filter(|permission| access.authority().allows_somewhere(**permission, None))
                .map(|permission| permission.as_str())
                .collect(),
            tenants: tenants
                .into_iter()
                .map(|Belonging { tenant, standing, .. }| TenantMembership {
                    id: tenant.id,
                    key: tenant.key,
                    name: tenant.name,
                    standing: standing.into(),
                })
                .collect(),
            via: match access.via() {
                Via::Session(_) => "session",
                Via::Token(_) | Via::Schedule(_) => "token",
            },
            operator: user.operator,
            unmet: access.unmet().await?,
        })
    }
}
