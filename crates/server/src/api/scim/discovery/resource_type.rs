//! `GET /scim/v2/ResourceTypes/{resource_type}`

use crate::api::names::OfResourceType;
use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;
use crate::scim;

/// One kind of resources.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes/{resource_type}", operation_id = "scimGetResourceType", tag = "scim", params(OfResourceType),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfResourceType>,
) -> Result<ScimAnswer, Problem> {
    let found = scim::resource_type(access.base_url(), &path.resource_type);
    found.map(ScimAnswer::ok).ok_or_else(Problem::not_found)
}
