//! `POST /api/v1/webhooks/{webhook}/deliveries/{delivery}/replay`

use yardarm_store::DeliveryQuery;

use super::DeliveryAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfDelivery;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Sends a delivery again, under its id. One that waits is sent anyway, and nothing changes.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/deliveries/{delivery}/replay", operation_id = "replayDelivery",
    tag = "webhooks", params(OfDelivery), responses((status = 200, body = DeliveryAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfDelivery>,
) -> Result<Answer, Problem> {
    access.delivery(&path.webhook, &path.delivery).await?;
    let one = DeliveryQuery { id: Some(path.delivery.clone()), ..DeliveryQuery::default() };
    access.replay(&path.webhook, one).await?;
    Ok(Answer::ok(&DeliveryAnswer::from(access.delivery(&path.webhook, &path.delivery).await?)))
}
