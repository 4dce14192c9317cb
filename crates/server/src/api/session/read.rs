//! `GET /api/v1/session`

use super::SessionAnswer;
use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Who the credential belongs to.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "getSession", tag = "session",
    responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&SessionAnswer::of(&access).await?))
}
