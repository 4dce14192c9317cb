//! `GET /scim/v2/Schemas`

use crate::api::scim::{ScimAnswer, all};
use crate::auth::{TenantAccess, can};
use crate::scim;

/// Schemas of what is kept.
#[utoipa::path(get, path = "/scim/v2/Schemas", operation_id = "scimListSchemas", tag = "scim",
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(access: TenantAccess<can::ScimManage>) -> ScimAnswer {
    all(&scim::schemas(access.base_url()))
}
