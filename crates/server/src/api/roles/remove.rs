//! `DELETE /api/v1/roles/{role}`

use crate::api::answer::Answer;
use crate::api::names::OfRole;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Removes a role that nobody holds; otherwise the answer says who does.
#[utoipa::path(delete, path = "/api/v1/roles/{role}", operation_id = "deleteRole", tag = "people", params(OfRole),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::RoleManage>,
    Path(path): Path<OfRole>,
) -> Result<Answer, Problem> {
    access.delete_role(&path.role).await?;
    Ok(Answer::empty())
}
