//! `POST /api/v1/webhooks/{webhook}/test`

use super::DeliveryAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfWebhook;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Sends a ping now and says what came of it. It is sent once, to a disabled webhook as well.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/test", operation_id = "testWebhook", tag = "webhooks",
    params(OfWebhook), responses((status = 200, body = DeliveryAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
) -> Result<Answer, Problem> {
    let delivery = access.test_webhook(&path.webhook).await?;
    Ok(Answer::ok(&DeliveryAnswer::from(delivery)))
}
