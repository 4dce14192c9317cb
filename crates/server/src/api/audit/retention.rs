//! `GET /api/v1/audit/retention`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{TenantAccess, can};
use crate::problem::Problem;

/// How long the logs of a tenant are kept.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    /// At least 30; null keeps them for ever.
    #[schema(minimum = 30, maximum = 36_500)]
    pub(crate) days: Option<u64>,
}

/// How long the logs of the tenant are kept. For ever, unless somebody said otherwise.
#[utoipa::path(get, path = "/api/v1/audit/retention", operation_id = "getAuditRetention", tag = "audit",
    responses((status = 200, body = Retention)))]
pub(crate) async fn handler(access: TenantAccess<can::AuditRead>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&Retention { days: access.retention().await? }))
}
