//! `DELETE /scim/v2/Users/{scim_user}`

use crate::api::names::OfScimUser;
use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Takes somebody out: sessions here end, tokens are revoked. Never the last owner.
#[utoipa::path(delete, path = "/scim/v2/Users/{scim_user}", operation_id = "scimDeleteUser", tag = "scim", params(OfScimUser),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimUser>,
) -> Result<ScimAnswer, Problem> {
    access.delete_scim_user(&path.scim_user).await?;
    Ok(ScimAnswer::empty())
}
