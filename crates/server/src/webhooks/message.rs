//! The body of a message.

use jiff::Timestamp;
use serde_json::{Value, json};
use yardarm_store::{Change, Delivery, Millis, Scope, ScopeKind, StoreError};

use super::document::{Format, WebhookDocument};
use crate::api::history;
use crate::app::App;

/// What a ping is called.
pub(crate) const PING: &str = "webhook.ping";
/// Longest body with the documents in it, bytes; beyond it they are named only.
const LONGEST: usize = 64 << 10;
/// Documents that are looked up for a body.
const MOST_DOCUMENTS: usize = 50;
/// Longest reason in a sentence, characters.
const LONGEST_REASON: usize = 300;

/// A message, ready to be signed.
pub(crate) struct Message {
    /// JSON.
    pub(crate) body: Vec<u8>,
    /// W3C trace id of the change.
    pub(crate) trace_id: Option<String>,
}

/// Writes a message; `None` when its change is no longer in the log.
pub(crate) async fn compose(
    app: &App,
    tenant_id: &str,
    document: &WebhookDocument,
    delivery: &Delivery,
) -> Result<Option<Message>, StoreError> {
    if delivery.rev == 0 {
        return Ok(Some(ping(document, delivery)));
    }
    let scope = app.store.scope(&delivery.scope_id).await?.filter(|scope| scope.tenant_id == tenant_id);
    let Some(scope) = scope else { return Ok(None) };
    let Some(change) = app.store.change(scope.reference(), delivery.rev).await? else { return Ok(None) };
    let project = (scope.kind == ScopeKind::Project).then_some(scope.key.as_str());
    let link =
        project.map(|project| format!("{}/api/v1/projects/{project}/history/{}", app.settings.base_url, change.rev));
    let body = match document.format {
        Format::Slack => json!({ "text": sentence(&change, project) }),
        Format::Standard => {
            let with = standard(&change, project, link.as_deref(), &documents(app, &scope, &change).await?);
            // What is too large is named, and can be read at the link.
            if with.to_string().len() > LONGEST {
                standard(&change, project, link.as_deref(), &names(&change))
            } else {
                with
            }
        }
    };
    Ok(Some(Message { body: body.to_string().into_bytes(), trace_id: Some(change.attribution.trace_id) }))
}

fn ping(document: &WebhookDocument, delivery: &Delivery) -> Message {
    let body = match document.format {
        Format::Slack => json!({ "text": format!("The webhook *{}* of Yardarm works.", escaped(&document.name)) }),
        Format::Standard => json!({
            "type": PING,
            "timestamp": instant(delivery.created_at),
            "data": { "webhook": delivery.webhook_id, "name": document.name },
        }),
    };
    Message { body: body.to_string().into_bytes(), trace_id: None }
}

fn standard(change: &Change, project: Option<&str>, link: Option<&str>, documents: &[Value]) -> Value {
    let who = &change.attribution;
    json!({
        "type": who.action,
        "timestamp": instant(who.at),
        "data": { "change": {
            "project": project,
            "rev": change.rev,
            "actor": who.actor,
            "actor_name": who.actor_name,
            "action": who.action,
            "reason": who.reason,
            "trace_id": who.trace_id,
            "link": link,
            "documents": documents,
            "documents_total": change.documents.len(),
        } },
    })
}

/// The documents before and after.
async fn documents(app: &App, scope: &Scope, change: &Change) -> Result<Vec<Value>, StoreError> {
    let mut told = Vec::new();
    for document in change.documents.iter().take(MOST_DOCUMENTS) {
        let (kind, key) = (&document.kind, &document.key);
        let before = app.store.document_at(scope.reference(), kind, key, change.rev - 1).await?;
        let before = before.and_then(|document| history::shown(kind, Some(&document.body)));
        let after = history::shown(kind, document.body.as_deref());
        told.push(json!({ "kind": kind, "key": key, "before": before, "after": after }));
    }
    Ok(told)
}

fn names(change: &Change) -> Vec<Value> {
    let name = |document: &yardarm_store::DocumentWrite| json!({ "kind": document.kind, "key": document.key });
    change.documents.iter().take(MOST_DOCUMENTS).map(name).collect()
}

/// `*Ana*: configuration.update of checkout in production (project shop) — “Black Friday”`
fn sentence(change: &Change, project: Option<&str>) -> String {
    let who = &change.attribution;
    let place = project.map(|project| format!(" (project {})", escaped(project))).unwrap_or_default();
    let what = escaped(&history::summary(change));
    let reason = match who.reason.chars().take(LONGEST_REASON).collect::<String>() {
        reason if reason.is_empty() => reason,
        reason => format!(" — “{}”", escaped(&reason)),
    };
    format!("*{}*: {} of {what}{place}{reason}", escaped(&who.actor_name), escaped(&who.action))
}

/// Text in which Slack sees no link, no mention and no emphasis that somebody wrote into a name.
fn escaped(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(['*', '`'], "'")
}

/// RFC 3339.
fn instant(at: Millis) -> String {
    Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_write_nothing_but_themselves() {
        for (text, expected) in [
            ("Ana & Bob", "Ana &amp; Bob"),
            ("<!channel> <https://evil.example|click>", "&lt;!channel&gt; &lt;https://evil.example|click&gt;"),
            ("*bold* `code`", "'bold' 'code'"),
            ("two\r\nlines\u{1b}[31m", "two  lines [31m"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn instants_are_rfc_3339() {
        assert_eq!(instant(1_767_225_600_123), "2026-01-01T00:00:00.123Z");
    }
}
