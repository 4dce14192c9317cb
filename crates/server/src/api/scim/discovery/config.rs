//! `GET /scim/v2/ServiceProviderConfig`

use crate::api::scim::ScimAnswer;
use crate::auth::{TenantAccess, can};
use crate::scim;

/// What this service can do.
#[utoipa::path(get, path = "/scim/v2/ServiceProviderConfig", operation_id = "scimGetServiceProviderConfig", tag = "scim",
    responses((status = 200, body = serde_json::Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(access: TenantAccess<can::ScimManage>) -> ScimAnswer {
    ScimAnswer::ok(scim::service_provider(access.base_url()))
}
