//! `DELETE /api/v1/account/sessions/{session}`

use crate::api::answer::Answer;
use crate::api::names::OfSession;
use crate::auth::{Member, TenantAccess};
use crate::json::Path;
use crate::problem::Problem;

/// Ends one of the caller's sessions, at once.
#[utoipa::path(delete, path = "/api/v1/account/sessions/{session}", operation_id = "endSession", tag = "account",
    params(OfSession), responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Path(name): Path<OfSession>) -> Result<Answer, Problem> {
    access.end_session(&name.session).await?;
    Ok(Answer::empty())
}
