//! `DELETE /api/v1/members/{member}`

use crate::api::answer::Answer;
use crate::api::names::OfMember;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Takes somebody out of the tenant: their sessions here end, their tokens are revoked. Never the last owner.
#[utoipa::path(delete, path = "/api/v1/members/{member}", operation_id = "removeMember", tag = "people", params(OfMember),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberManage>,
    Path(path): Path<OfMember>,
) -> Result<Answer, Problem> {
    access.remove_member(&path.member).await?;
    Ok(Answer::empty())
}
