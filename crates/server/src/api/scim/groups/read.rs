//! `GET /scim/v2/Groups/{scim_group}`

use std::collections::HashMap;

use crate::api::names::OfScimGroup;
use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::{Path, Query};
use crate::problem::Problem;

/// One of them.
#[utoipa::path(get, path = "/scim/v2/Groups/{scim_group}", operation_id = "scimGetGroup", tag = "scim", params(OfScimGroup),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimGroup>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<ScimAnswer, Problem> {
    ScimAnswer::resource(access.scim_group(&path.scim_group)?, &query)
}
