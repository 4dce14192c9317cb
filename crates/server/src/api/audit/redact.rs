//! `POST /api/v1/audit/redactions`

use crate::api::answer::Answer;
use crate::api::history::ChangeItem;
use crate::auth::{Redaction, TenantAccess, can};
use crate::json::Typed;
use crate::problem::Problem;

/// Takes texts that should never have been written out of the log: the chain stays valid, and the log says who did it and
/// why. Needs `X-Yardarm-Reason`. What a document is now cannot be taken.
#[utoipa::path(post, path = "/api/v1/audit/redactions", operation_id = "redactAudit", tag = "audit",
    request_body = Redaction, responses((status = 201, body = ChangeItem)))]
pub(crate) async fn handler(
    access: TenantAccess<can::AuditManage>,
    Typed(redaction): Typed<Redaction>,
) -> Result<Answer, Problem> {
    let change = access.redact(&redaction).await?;
    Ok(Answer::created(&ChangeItem::from(&change)))
}
