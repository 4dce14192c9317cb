//! `DELETE /api/v1/session`

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Signs out: the session ends on the server.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "signOut", tag = "session", responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    Ok(Answer::empty().cookie(&access.sign_out().await?))
}
