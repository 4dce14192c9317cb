//! `GET /scim/v2/Users/{scim_user}`

use std::collections::HashMap;

use crate::api::names::OfScimUser;
use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::{Path, Query};
use crate::problem::Problem;

/// One of them.
#[utoipa::path(get, path = "/scim/v2/Users/{scim_user}", operation_id = "scimGetUser", tag = "scim", params(OfScimUser),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimUser>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<ScimAnswer, Problem> {
    ScimAnswer::resource(access.scim_user(&path.scim_user).await?, &query)
}
