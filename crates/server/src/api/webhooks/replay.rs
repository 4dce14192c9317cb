//! `POST /api/v1/webhooks/{webhook}/replay`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yardarm_store::DeliveryQuery;

use super::DeliveryStateName;
use super::deliveries::state;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfWebhook;
use crate::auth::{MOST_REPLAYED, TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// Which deliveries.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct ReplayDeliveries {
    /// In this state; failed ones by default.
    state: Option<DeliveryStateName>,
    /// Queued at this instant or later, milliseconds since 1970.
    since: i64,
    /// Queued before this instant; until now by default.
    until: Option<i64>,
}

/// What is sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// How many.
    replayed: usize,
    /// There are more than are sent again at once: ask again with `until` at the oldest of these.
    more: bool,
}

/// Sends all deliveries of a time again, under their ids, at most 1000 at once.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/replay", operation_id = "replayDeliveries", tag = "webhooks",
    params(OfWebhook), request_body = ReplayDeliveries, responses((status = 200, body = Replayed)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["state", "since", "until"])?;
    fields.needs("since");
    let mut instant = |name: &str| match fields.any(name).map(|value| value.as_i64()) {
        Some(None) => {
            fields.wrong(name, "type", "must be whole milliseconds since 1970");
            None
        }
        at => at.flatten(),
    };
    let (since, until) = (instant("since"), instant("until"));
    let named = fields.optional_text("state", 32);
    fields.done()?;
    let wanted = state(Some(named.as_deref().unwrap_or("failed")), "/state")?;
    let query = DeliveryQuery { state: wanted, since, until, ..DeliveryQuery::default() };
    let replayed = access.replay(&path.webhook, query).await?;
    Ok(Answer::ok(&Replayed { replayed, more: replayed >= usize::try_from(MOST_REPLAYED).unwrap_or(usize::MAX) }))
}
