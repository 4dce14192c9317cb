//! `PUT /api/v1/quotas`

use std::collections::BTreeMap;

use super::QuotaList;
use crate::api::answer::Answer;
use crate::auth::OperatorAccess;
use crate::json::Typed;
use crate::problem::Problem;

/// Gives the open tenant numbers of its own: `{"flags": 500}`. What is not named is as usual again. A number may be less
/// than what there is: nothing is removed, and nothing new fits.
#[utoipa::path(put, path = "/api/v1/quotas", operation_id = "replaceQuotas", tag = "tenants",
    request_body = BTreeMap<String, u64>, responses((status = 200, body = QuotaList)))]
pub(crate) async fn handler(
    access: OperatorAccess,
    Typed(own): Typed<BTreeMap<String, u64>>,
) -> Result<Answer, Problem> {
    let usages = access.set_quotas(&own).await?;
    let rev = usages.rev;
    Ok(Answer::ok(&QuotaList::from(usages)).etag(rev))
}
