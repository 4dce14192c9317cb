//! `GET /api/v1/webhooks/{webhook}`

use super::WebhookAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfWebhook;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}", operation_id = "getWebhook", tag = "webhooks",
    params(OfWebhook), responses((status = 200, body = WebhookAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
) -> Result<Answer, Problem> {
    let shown = access.webhook(&path.webhook).await?;
    let rev = shown.rev;
    Ok(Answer::ok(&WebhookAnswer::from(shown)).etag(rev))
}
