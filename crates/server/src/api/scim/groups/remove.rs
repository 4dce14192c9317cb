//! `DELETE /scim/v2/Groups/{scim_group}`

use crate::api::names::OfScimGroup;
use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Removes a group; whoever was in it no longer holds its roles.
#[utoipa::path(delete, path = "/scim/v2/Groups/{scim_group}", operation_id = "scimDeleteGroup", tag = "scim", params(OfScimGroup),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimGroup>,
) -> Result<ScimAnswer, Problem> {
    access.delete_scim_group(&path.scim_group).await?;
    Ok(ScimAnswer::empty())
}
