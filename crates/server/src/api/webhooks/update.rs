//! `PATCH /api/v1/webhooks/{webhook}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{FormatName, MEMBERS, WebhookAnswer, actions, enabled, format, keys, name, url};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfWebhook;
use crate::auth::{TenantAccess, WebhookPatch, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct UpdateWebhook {
    /// For people.
    name: Option<String>,
    /// Where to.
    url: Option<String>,
    /// How messages are written; another one needs `url` again.
    format: Option<FormatName>,
    /// All of them.
    actions: Option<Vec<String>>,
    /// All of them.
    projects: Option<Vec<String>>,
    /// All of them.
    environments: Option<Vec<String>>,
    /// Enabled again, it hears of what happens from then on.
    enabled: Option<bool>,
}

/// Changes a webhook.
#[utoipa::path(patch, path = "/api/v1/webhooks/{webhook}", operation_id = "updateWebhook", tag = "webhooks",
    params(OfWebhook), request_body = UpdateWebhook, responses((status = 200, body = WebhookAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Path(path): Path<OfWebhook>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, MEMBERS)?;
    let wanted = WebhookPatch {
        name: name(&mut fields),
        url: url(&mut fields),
        format: format(&mut fields),
        actions: actions(&mut fields),
        projects: keys(&mut fields, "projects"),
        environments: keys(&mut fields, "environments"),
        enabled: enabled(&mut fields),
    };
    fields.done()?;
    let shown = access.update_webhook(&path.webhook, wanted).await?;
    let rev = shown.rev;
    Ok(Answer::ok(&WebhookAnswer::from(shown)).etag(rev))
}
