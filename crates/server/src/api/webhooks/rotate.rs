//! `POST /api/v1/webhooks/{webhook}/secret`

use std::time::Duration;

use serde::Deserialize;
use utoipa::ToSchema;

use super::WebhookWithSecret;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfWebhook;
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// Hours of overlap unless asked otherwise.
const OVERLAP: u64 = 24;
/// At most: a week.
const LONGEST_OVERLAP: u64 = 7 * 24;

/// How it changes over.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct RotateSecret {
    /// For so long the old secret signs, too: 0 to 168, 24 by default.
    overlap_hours: Option<u64>,
}

/// Gives a webhook another secret.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/secret", operation_id = "rotateWebhookSecret", tag = "webhooks",
    params(OfWebhook), request_body = RotateSecret, responses((status = 201, body = WebhookWithSecret)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["overlap_hours"])?;
    let hours = match fields.any("overlap_hours").map(|value| value.as_u64()) {
        None => OVERLAP,
        Some(Some(hours)) if hours <= LONGEST_OVERLAP => hours,
        Some(_) => {
            fields.wrong("overlap_hours", "out_of_range", format!("must be 0 to {LONGEST_OVERLAP} hours"));
            OVERLAP
        }
    };
    fields.done()?;
    let (shown, secret) = access.rotate_webhook_secret(&path.webhook, Duration::from_hours(hours)).await?;
    Ok(Answer::created(&WebhookWithSecret { meta: shown.into(), secret }))
}
