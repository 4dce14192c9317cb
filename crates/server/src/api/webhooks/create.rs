//! `POST /api/v1/webhooks`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{FormatName, MEMBERS, WebhookWithSecret, actions, enabled, format, keys, name, url};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{NewWebhook, TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;
use crate::webhooks::document::{ANY, Format};

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"name": "CI", "url": "https://ci.example.com/hooks/flags", "actions": ["configuration.*"],
    "environments": ["production"]}))]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct CreateWebhook {
    /// For people.
    name: String,
    /// Where to: `https://…`, with a public address.
    url: String,
    /// `standard` by default.
    format: Option<FormatName>,
    /// Actions to hear of, everything by default: `*`, `flag.*`, `configuration.update`. An empty list is nothing.
    actions: Option<Vec<String>>,
    /// Projects to hear of, by key; everything by default.
    projects: Option<Vec<String>>,
    /// Environments to hear of, by key; everything by default.
    environments: Option<Vec<String>>,
    /// True by default.
    enabled: Option<bool>,
}

/// Makes a webhook, which hears of what happens from now on.
#[utoipa::path(post, path = "/api/v1/webhooks", operation_id = "createWebhook", tag = "webhooks",
    request_body = CreateWebhook, responses((status = 201, body = WebhookWithSecret)))]
pub(crate) async fn handler(access: TenantAccess<can::WebhookManage>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, MEMBERS)?;
    let everything = || vec![ANY.to_owned()];
    for needed in ["name", "url"] {
        fields.needs(needed);
    }
    let new = NewWebhook {
        name: name(&mut fields).unwrap_or_default(),
        url: url(&mut fields).unwrap_or_default(),
        format: format(&mut fields).unwrap_or(Format::Standard),
        actions: actions(&mut fields).unwrap_or_else(everything),
        projects: keys(&mut fields, "projects").unwrap_or_else(everything),
        environments: keys(&mut fields, "environments").unwrap_or_else(everything),
        enabled: enabled(&mut fields).unwrap_or(true),
    };
    fields.done()?;
    let (shown, secret) = access.create_webhook(new).await?;
    let rev = shown.rev;
    Ok(Answer::created(&WebhookWithSecret { meta: shown.into(), secret }).etag(rev))
}
