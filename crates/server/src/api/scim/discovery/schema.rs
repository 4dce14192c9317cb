//! `GET /scim/v2/Schemas/{schema}`

use crate::api::names::OfSchema;
use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;
use crate::scim;

/// One schema, by its URN.
#[utoipa::path(get, path = "/scim/v2/Schemas/{schema}", operation_id = "scimGetSchema", tag = "scim", params(OfSchema),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfSchema>,
) -> Result<ScimAnswer, Problem> {
    let found = scim::schema(access.base_url(), &path.schema);
    found.map(ScimAnswer::ok).ok_or_else(Problem::not_found)
}
