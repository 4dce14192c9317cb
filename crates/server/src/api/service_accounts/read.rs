//! `GET /api/v1/service-accounts/{service_account}`

use super::{ServiceAccountAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfServiceAccount;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One service account.
#[utoipa::path(get, path = "/api/v1/service-accounts/{service_account}", operation_id = "getServiceAccount",
    tag = "people", params(OfServiceAccount), responses((status = 200, body = ServiceAccountAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Path(path): Path<OfServiceAccount>,
) -> Result<Answer, Problem> {
    Ok(answered(access.service_account(&path.service_account)?, Answer::ok))
}
