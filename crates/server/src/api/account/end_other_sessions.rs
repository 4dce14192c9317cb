//! `DELETE /api/v1/account/sessions`

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Ends all of the caller's sessions but the one that asks.
#[utoipa::path(delete, path = "/api/v1/account/sessions", operation_id = "endOtherSessions", tag = "account",
    responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    access.end_other_sessions().await?;
    Ok(Answer::empty())
}
