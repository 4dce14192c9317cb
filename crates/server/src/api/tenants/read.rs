//! `GET /api/v1/tenants/{tenant}`

use super::TenantAnswer;
use crate::api::answer::Answer;
use crate::auth::{TenantAccess, Viewer};
use crate::problem::Problem;

/// One tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}", operation_id = "getTenant", tag = "tenants",
    responses((status = 200, body = TenantAnswer)))]
pub(crate) async fn handler(access: TenantAccess<Viewer>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&TenantAnswer::of(&access)).etag(access.tenant_revision().await?))
}
