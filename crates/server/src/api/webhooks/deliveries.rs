//! `GET /api/v1/webhooks/{webhook}/deliveries`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yardarm_store::{DeliveryQuery, DeliveryState};

use super::{DeliveryAnswer, DeliveryStateName};
use crate::api::answer::Answer;
use crate::api::names::OfWebhook;
use crate::api::page::{bad_cursor, cursor, limit, read_cursor};
use crate::auth::refusal::{invalid, wrong};
use crate::auth::{TenantAccess, can};
use crate::json::{Path, Query};
use crate::problem::Problem;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In this state.
    #[param(value_type = Option<DeliveryStateName>)]
    state: Option<String>,
    /// Queued at this instant or later, milliseconds since 1970.
    since: Option<i64>,
    /// Queued before this instant.
    until: Option<i64>,
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryPage {
    /// Newest first.
    items: Vec<DeliveryAnswer>,
    /// `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// A state by its name.
pub(super) fn state(text: Option<&str>, pointer: &str) -> Result<Option<DeliveryState>, Problem> {
    let unknown = || invalid(vec![wrong(pointer, "state_unknown", "must be waiting, delivered or failed")]);
    text.map(|text| DeliveryState::parse(text).ok_or_else(unknown)).transpose()
}

/// What was sent and what became of it, newest first, for a week.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}/deliveries", operation_id = "listDeliveries", tag = "webhooks",
    params(OfWebhook, DeliveriesQuery), responses((status = 200, body = DeliveryPage)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Answer, Problem> {
    let size = limit(query.limit)?;
    let before = match query.cursor.as_deref().map(read_cursor).transpose()? {
        None => None,
        Some((_, position)) => Some(position.parse().map_err(|_| bad_cursor())?),
    };
    let asked = DeliveryQuery {
        state: state(query.state.as_deref(), "?state")?,
        since: query.since,
        until: query.until,
        before,
        // One more than asked for says whether there is a next page.
        limit: u32::try_from(size).unwrap_or(u32::MAX - 1) + 1,
        ..DeliveryQuery::default()
    };
    let mut deliveries = access.deliveries(&path.webhook, asked).await?;
    let more = deliveries.len() > size;
    deliveries.truncate(size);
    let next = deliveries.last().filter(|_| more).map(|last| cursor("", &last.position.to_string()));
    Ok(Answer::ok(&DeliveryPage { items: deliveries.into_iter().map(DeliveryAnswer::from).collect(), next }))
}
