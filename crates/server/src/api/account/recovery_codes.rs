//! `POST /api/v1/account/recovery-codes`

use super::enable_totp::RecoveryCodes;
use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Makes recovery codes; those before work no more. Needs a sign-in within the last ten minutes.
#[utoipa::path(post, path = "/api/v1/account/recovery-codes", operation_id = "renewRecoveryCodes", tag = "account",
    responses((status = 201, body = RecoveryCodes)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    Ok(Answer::created(&RecoveryCodes { recovery_codes: access.renew_recovery_codes().await? }))
}
