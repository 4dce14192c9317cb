//! `GET /scim/v2/ResourceTypes`

use crate::api::scim::{ScimAnswer, all};
use crate::auth::{TenantAccess, can};
use crate::scim;

/// Kinds of resources.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes", operation_id = "scimListResourceTypes", tag = "scim",
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(access: TenantAccess<can::ScimManage>) -> ScimAnswer {
    all(&scim::resource_types(access.base_url()))
}
