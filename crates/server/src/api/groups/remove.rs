//! `DELETE /api/v1/groups/{group}`

use crate::api::answer::Answer;
use crate::api::names::OfGroup;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Removes a group; whoever was in it no longer holds its roles.
#[utoipa::path(delete, path = "/api/v1/groups/{group}", operation_id = "deleteGroup", tag = "people", params(OfGroup),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::GroupManage>,
    Path(path): Path<OfGroup>,
) -> Result<Answer, Problem> {
    access.delete_group(&path.group).await?;
    Ok(Answer::empty())
}
