//! Webhooks of the tenant.

pub(crate) mod create;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod replay;
pub(crate) mod replay_one;
pub(crate) mod rotate;
pub(crate) mod test;
pub(crate) mod update;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_store::{Delivery, DeliveryState};

use super::fields::Fields;
use crate::auth::Shown;
use crate::outbound::LONGEST_URL;
use crate::webhooks::document::{ANY, Format, is_action};

/// Entries in each of a webhook's lists.
const MOST_WANTED: usize = 100;
/// Members of the bodies of [`create`] and [`update`].
const MEMBERS: &[&str] = &["name", "url", "format", "actions", "projects", "environments", "enabled"];

/// How messages are written.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FormatName {
    /// Standard Webhooks: signed JSON with the documents before and after.
    Standard,
    /// A sentence, for Slack's incoming webhooks and what speaks like them.
    Slack,
}

/// How a delivery stands.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryStateName {
    /// It is sent when it is due.
    Waiting,
    /// It was accepted.
    Delivered,
    /// It was given up.
    Failed,
}

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookAnswer {
    /// `whk_…`.
    id: String,
    /// For people.
    name: String,
    /// Where it leads; of a Slack address, which is a secret, the host only.
    url: String,
    /// How messages are written.
    #[schema(value_type = FormatName)]
    format: Format,
    /// Actions it hears of: `*`, `flag.*`, `configuration.update`.
    actions: Vec<String>,
    /// Projects it hears of, by key; `*`: all of them, and what belongs to none.
    projects: Vec<String>,
    /// Environments it hears of, by key; `*`: all of them, and what belongs to none.
    environments: Vec<String>,
    /// Whether it is sent anything.
    enabled: bool,
    /// Why the server has disabled it, if it has.
    disabled_reason: Option<String>,
    /// Milliseconds since 1970.
    created_at: i64,
    /// When something was last delivered.
    delivered_at: Option<i64>,
    /// Until when it signs with the secret before this one, too.
    previous_secret_until: Option<i64>,
}

impl From<Shown> for WebhookAnswer {
    fn from(shown: Shown) -> Self {
        let Shown { row, document, rev: _ } = shown;
        Self {
            id: row.id,
            name: document.name,
            url: document.url,
            format: document.format,
            actions: document.actions,
            projects: document.projects,
            environments: document.environments,
            enabled: document.enabled,
            disabled_reason: document.disabled_reason,
            created_at: document.created_at,
            delivered_at: row.delivered_at,
            previous_secret_until: row.previous_until,
        }
    }
}

/// A webhook and its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    meta: WebhookAnswer,
    /// `whsec_…`: keep it now, it is stored sealed.
    secret: String,
}

/// A message, and what became of it. What the receiver answered is not kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryAnswer {
    /// `msg_…`: the header `webhook-id`, the same however often it is sent.
    id: String,
    /// Action of the change; `webhook.ping`.
    event: String,
    /// How it stands.
    #[schema(value_type = DeliveryStateName)]
    state: &'static str,
    /// How often sending was begun.
    attempts: u32,
    /// When it was queued, milliseconds since 1970.
    created_at: i64,
    /// When it is sent next, while it is waiting.
    due_at: Option<i64>,
    /// When the last attempt ended.
    attempted_at: Option<i64>,
    /// HTTP status of the last answer.
    status: Option<u16>,
    /// How long the last attempt took.
    took_ms: Option<u64>,
    /// Why the last attempt got no answer.
    error: Option<String>,
}

impl From<Delivery> for DeliveryAnswer {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event: delivery.event,
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            due_at: (delivery.state == DeliveryState::Waiting).then_some(delivery.due_at),
            attempted_at: delivery.attempted_at,
            status: delivery.status,
            took_ms: delivery.took_ms,
            error: delivery.error,
        }
    }
}

fn name(fields: &mut Fields) -> Option<String> {
    let name = fields.optional_text("name", 256)?.trim().to_owned();
    if name.is_empty() {
        fields.wrong("name", "empty", "must not be empty");
    }
    Some(name)
}

/// What it leads to is judged later: it takes the network.
fn url(fields: &mut Fields) -> Option<String> {
    fields.optional_text("url", LONGEST_URL)
}

fn format(fields: &mut Fields) -> Option<Format> {
    let format = serde_json::from_value(fields.any("format")?).ok();
    if format.is_none() {
        fields.wrong("format", "format_unknown", "must be standard or slack");
    }
    format
}

fn enabled(fields: &mut Fields) -> Option<bool> {
    let enabled = fields.any("enabled")?.as_bool();
    if enabled.is_none() {
        fields.wrong("enabled", "type", "must be true or false");
    }
    enabled
}

/// A list of words, each of which `fits`.
fn wanted(fields: &mut Fields, member: &str, fits: fn(&str) -> bool, form: &str) -> Option<Vec<String>> {
    let Value::Array(items) = fields.any(member)? else {
        fields.wrong(member, "type", "must be a list");
        return None;
    };
    if items.len() > MOST_WANTED {
        fields.wrong(member, "too_many", format!("has {} entries; the limit is {MOST_WANTED}", items.len()));
        return None;
    }
    let mut words: Vec<String> = Vec::new();
    for item in items {
        match item.as_str() {
            Some(word) if fits(word) => {
                if !words.iter().any(|known| known == word) {
                    words.push(word.to_owned());
                }
            }
            _ => fields.wrong(member, "entry_invalid", format!("{item} is not {form}")),
        }
    }
    Some(words)
}

fn actions(fields: &mut Fields) -> Option<Vec<String>> {
    wanted(fields, "actions", is_action, "`*`, `flag.*` or an action such as `configuration.update`")
}

fn keys(fields: &mut Fields, member: &str) -> Option<Vec<String>> {
    let fits = |word: &str| word == ANY || super::fields::is_key(word);
    wanted(fields, member, fits, "`*` or a key")
}
