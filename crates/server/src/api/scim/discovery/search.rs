//! `POST /scim/v2/.search`

use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;
use crate::scim::{Listing, listed};

/// People and groups together.
#[utoipa::path(post, path = "/scim/v2/.search", operation_id = "scimSearch", tag = "scim",
    request_body(content = serde_json::Value, content_type = "application/scim+json"),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(access: TenantAccess<can::ScimManage>, Body(body): Body) -> Result<ScimAnswer, Problem> {
    let listing = Listing::of_body(&body)?;
    let mut resources = access.scim_users().await?;
    resources.extend(access.scim_groups());
    Ok(ScimAnswer::ok(listed(&listing, resources)))
}
