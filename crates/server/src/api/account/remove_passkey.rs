//! `DELETE /api/v1/account/passkeys/{passkey}`

use crate::api::answer::Answer;
use crate::api::names::OfPasskey;
use crate::auth::{Member, TenantAccess};
use crate::json::Path;
use crate::problem::Problem;

/// Takes a passkey away. Needs a sign-in within the last ten minutes. With the last second factor the recovery codes and the
/// other sessions go; while one of the caller's tenants asks for a second factor, the last one stays.
#[utoipa::path(delete, path = "/api/v1/account/passkeys/{passkey}", operation_id = "removePasskey", tag = "account",
    params(OfPasskey), responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Path(of): Path<OfPasskey>) -> Result<Answer, Problem> {
    Ok(Answer::empty().cookie(&access.remove_passkey(&of.passkey).await?.cookie))
}
