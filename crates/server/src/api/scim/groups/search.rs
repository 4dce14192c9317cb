//! `POST /scim/v2/Groups/.search`

use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;
use crate::scim::{Listing, listed};

/// The same as the list, for filters that are no matter of an address.
#[utoipa::path(post, path = "/scim/v2/Groups/.search", operation_id = "scimSearchGroups", tag = "scim",
    request_body(content = serde_json::Value, content_type = "application/scim+json"),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(access: TenantAccess<can::ScimManage>, Body(body): Body) -> Result<ScimAnswer, Problem> {
    let listing = Listing::of_body(&body)?;
    Ok(ScimAnswer::ok(listed(&listing, access.scim_groups())))
}
