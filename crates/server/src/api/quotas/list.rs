//! `GET /api/v1/quotas`

use super::QuotaList;
use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// What the open tenant has of what it may have. What takes a place of a quota that is near its end is answered with the
/// header `X-Yardarm-Quota`.
#[utoipa::path(get, path = "/api/v1/quotas", operation_id = "listQuotas", tag = "tenants",
    responses((status = 200, body = QuotaList)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    let usages = access.quotas().await?;
    let rev = usages.rev;
    Ok(Answer::ok(&QuotaList::from(usages)).etag(rev))
}
