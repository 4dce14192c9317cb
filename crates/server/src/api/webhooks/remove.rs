//! `DELETE /api/v1/webhooks/{webhook}`

use crate::api::answer::Answer;
use crate::api::names::OfWebhook;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Ends a webhook, with what waits for it.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook}", operation_id = "deleteWebhook", tag = "webhooks",
    params(OfWebhook), responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
) -> Result<Answer, Problem> {
    access.remove_webhook(&path.webhook).await?;
    Ok(Answer::empty())
}
