//! `DELETE /api/v1/service-accounts/{service_account}`

use crate::api::answer::Answer;
use crate::api::names::OfServiceAccount;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Removes a service account; its tokens are revoked.
#[utoipa::path(delete, path = "/api/v1/service-accounts/{service_account}", operation_id = "deleteServiceAccount", tag = "people", params(OfServiceAccount),
    responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::ServiceAccountManage>,
    Path(path): Path<OfServiceAccount>,
) -> Result<Answer, Problem> {
    access.delete_service_account(&path.service_account).await?;
    Ok(Answer::empty())
}
