//! `GET /scim/v2/Groups`

use std::collections::HashMap;

use crate::api::scim::{ScimAnswer, ScimQuery};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;
use crate::scim::{Listing, listed};

/// Groups of the directory, filtered, sorted, by pages.
#[utoipa::path(get, path = "/scim/v2/Groups", operation_id = "scimListGroups", tag = "scim", params(ScimQuery),
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<ScimAnswer, Problem> {
    let listing = Listing::of_query(&query)?;
    Ok(ScimAnswer::ok(listed(&listing, access.scim_groups())))
}
