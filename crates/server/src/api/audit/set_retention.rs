//! `POST /api/v1/audit/retention`

use super::retention::Retention;
use crate::api::answer::Answer;
use crate::audit::LEAST_DAYS;
use crate::auth::{TenantAccess, can, refusal};
use crate::json::Typed;
use crate::problem::Problem;

/// A hundred years.
const MOST_DAYS: u64 = 36_500;

/// Sets how long the logs of the tenant are kept. What is older goes within the hour, behind a signed prune mark; what
/// documents were at the mark stays.
#[utoipa::path(post, path = "/api/v1/audit/retention", operation_id = "setAuditRetention", tag = "audit",
    request_body = Retention, responses((status = 200, body = Retention)))]
pub(crate) async fn handler(
    access: TenantAccess<can::AuditManage>,
    Typed(retention): Typed<Retention>,
) -> Result<Answer, Problem> {
    if retention.days.is_some_and(|days| !(LEAST_DAYS..=MOST_DAYS).contains(&days)) {
        let message = format!("is {LEAST_DAYS} to {MOST_DAYS} days, or null for ever");
        return Err(refusal::invalid(vec![refusal::wrong("/days", "out_of_range", message)]));
    }
    access.set_retention(retention.days).await?;
    Ok(Answer::ok(&retention))
}
