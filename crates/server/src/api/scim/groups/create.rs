//! `POST /scim/v2/Groups`

use std::collections::HashMap;

use crate::api::scim::{ScimAnswer, projection};
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Query};
use crate::problem::Problem;
use crate::scim::GroupInput;

/// Makes a group. It holds nothing until somebody of the tenant gives it roles.
#[utoipa::path(post, path = "/scim/v2/Groups", operation_id = "scimCreateGroup", tag = "scim",
    request_body(content = serde_json::Value, content_type = "application/scim+json"),
    responses((status = 201, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Query(query): Query<HashMap<String, String>>,
    Body(body): Body,
) -> Result<ScimAnswer, Problem> {
    projection(&query)?;
    let input = GroupInput::read(&body).and_then(GroupInput::bounded)?;
    Ok(ScimAnswer::resource(access.create_scim_group(&input).await?, &query)?.created())
}
