//! `DELETE /api/v1/account/totp`

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Takes the authenticator app away. Needs a sign-in within the last ten minutes. With the last second factor the recovery
/// codes and the other sessions go; while one of the caller's tenants asks for a second factor, the last one stays.
#[utoipa::path(delete, path = "/api/v1/account/totp", operation_id = "disableTotp", tag = "account",
    responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    Ok(Answer::empty().cookie(&access.disable_totp().await?.cookie))
}
