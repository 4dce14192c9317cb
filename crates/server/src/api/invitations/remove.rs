//! `DELETE /api/v1/invitations/{invitation}`

use crate::api::answer::Answer;
use crate::api::names::OfInvitation;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Takes an invitation back: its link works no more.
#[utoipa::path(delete, path = "/api/v1/invitations/{invitation}", operation_id = "revokeInvitation", tag = "people", params(OfInvitation),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberManage>,
    Path(path): Path<OfInvitation>,
) -> Result<Answer, Problem> {
    access.revoke_invitation(&path.invitation).await?;
    Ok(Answer::empty())
}
