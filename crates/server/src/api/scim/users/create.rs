//! `POST /scim/v2/Users`

use std::collections::HashMap;

use crate::api::scim::{ScimAnswer, projection};
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Query};
use crate::problem::Problem;
use crate::scim::UserInput;

/// Makes somebody a member: a new account, or a membership of the account that has this address already.
#[utoipa::path(post, path = "/scim/v2/Users", operation_id = "scimCreateUser", tag = "scim",
    request_body(content = serde_json::Value, content_type = "application/scim+json"),
    responses((status = 201, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Query(query): Query<HashMap<String, String>>,
    Body(body): Body,
) -> Result<ScimAnswer, Problem> {
    projection(&query)?;
    let input = UserInput::read(&body)?;
    Ok(ScimAnswer::resource(access.create_scim_user(&input).await?, &query)?.created())
}
