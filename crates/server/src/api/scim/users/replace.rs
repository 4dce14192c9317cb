//! `PUT /scim/v2/Users/{scim_user}`

use std::collections::HashMap;

use serde_json::Value;

use crate::api::names::OfScimUser;
use crate::api::scim::{ScimAnswer, projection};
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Path, Query};
use crate::problem::Problem;
use crate::scim::UserInput;

/// Says anew what the directory knows of somebody. Without `active` they stay a member or not.
#[utoipa::path(put, path = "/scim/v2/Users/{scim_user}", operation_id = "scimReplaceUser", tag = "scim", params(OfScimUser),
    request_body(content = Value, content_type = "application/scim+json"),
    responses((status = 200, body = Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimUser>,
    Query(query): Query<HashMap<String, String>>,
    Body(body): Body,
) -> Result<ScimAnswer, Problem> {
    projection(&query)?;
    let input = UserInput::read(&body)?;
    let change = |_: &Value| Ok(input.clone());
    ScimAnswer::resource(access.change_scim_user(&path.scim_user, change).await?, &query)
}
