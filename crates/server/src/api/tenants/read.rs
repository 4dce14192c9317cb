//! `GET /api/v1/tenants/{tenant}`

use super::TenantAnswer;
use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// One tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}", operation_id = "getTenant", tag = "tenants",
    responses((status = 200, body = TenantAnswer)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&TenantAnswer::of(&access)).etag(access.tenant_revision().await?))
}
