//! `GET /api/v1/audit/heads`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::answer::Answer;
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Heads of a log that are given.
const HEADS: u32 = 100;

/// Which log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeadQuery {
    /// Key of the project; without one, the tenant's own log.
    project: Option<String>,
}

/// Signed heads.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditHeads {
    /// Newest first, the newest hundred.
    items: Vec<AuditHead>,
}

/// Where a log stood. A line of a heads file is this with `"format":1` and `"type":"head"`.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditHead {
    /// Id of the log.
    scope: String,
    /// Its epoch.
    epoch: String,
    /// Its revision.
    rev: u64,
    /// Hash of that entry.
    hash: String,
    /// When it was signed, milliseconds since 1970.
    at: i64,
    /// Id of the key.
    key: String,
    /// Ed25519, 128 hex digits.
    signature: String,
}

/// Signed heads of a log: the same that are shipped out.
#[utoipa::path(get, path = "/api/v1/audit/heads", operation_id = "listAuditHeads", tag = "audit", params(HeadQuery),
    responses((status = 200, body = AuditHeads)))]
pub(crate) async fn handler(
    access: TenantAccess<can::AuditRead>,
    Query(query): Query<HeadQuery>,
) -> Result<Answer, Problem> {
    let logs = access.audit_logs(query.project.as_deref());
    let log = logs.first().ok_or_else(Problem::not_found)?;
    let heads = access.heads(log, HEADS).await?.into_iter();
    let items = heads
        .map(|signed| AuditHead {
            scope: signed.head.scope_id,
            epoch: signed.head.epoch,
            rev: signed.head.rev,
            hash: signed.head.hash,
            at: signed.at,
            key: signed.key_id,
            signature: signed.signature,
        })
        .collect();
    Ok(Answer::ok(&AuditHeads { items }))
}
