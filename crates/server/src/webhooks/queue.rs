//! From the logs into the queue. The log itself is the backlog: while too much waits for a webhook, its cursor stays.

use sha2::{Digest, Sha256};
use yardarm_store::{Change, Millis, NewDelivery, Scope, ScopeKind, StoreError, WebhookCursor};

use super::Webhook;
use crate::app::Parts;
use crate::keys;

/// Changes read at once. They come with their documents, of which an import has many.
const BATCH: u32 = 20;
/// Deliveries that may wait for one webhook.
const MOST_WAITING: u64 = 10_000;

/// What reading came to.
pub(super) struct Read {
    /// Nothing is left that was there when it began.
    pub(super) everything: bool,
    /// Something was queued.
    pub(super) queued: bool,
}

/// Reads on in these logs, a batch of each.
pub(super) async fn read_logs(
    parts: &Parts,
    webhook: &Webhook,
    logs: &[&Scope],
    now: Millis,
) -> Result<Read, StoreError> {
    let (tenant_id, id) = (&webhook.row.tenant_id, &webhook.row.id);
    let cursors = parts.store.webhook_cursors(tenant_id, id).await?;
    let mut read = Read { everything: true, queued: false };
    for log in logs {
        let from = cursors.iter().find(|cursor| cursor.scope_id == log.id);
        let after = begin(from, log);
        if from.is_some_and(|from| from.epoch == log.epoch && from.rev == log.rev) {
            continue;
        }
        let project = (log.kind == ScopeKind::Project).then_some(log.key.as_str());
        let (to, changes) = if webhook.document.hears_of(project) {
            let waiting = parts.store.delivery_backlog(tenant_id, id).await?.waiting;
            if waiting >= MOST_WAITING {
                tracing::warn!(webhook = id, waiting, "a webhook reads no further until what waits for it is sent");
                return Ok(Read { everything: false, ..read });
            }
            let changes = parts.store.changes(log.reference(), after, BATCH).await?;
            (changes.last().map_or(log.rev, |last| last.rev), changes)
        } else {
            (log.rev, Vec::new())
        };
        let heard = changes.iter().filter(|change| !told_elsewhere(log, change));
        let heard = heard.filter(|change| webhook.document.hears(project, change));
        let deliveries: Vec<NewDelivery> = heard.map(|change| delivery(id, log, change, now)).collect();
        let to = WebhookCursor { scope_id: log.id.clone(), epoch: log.epoch.clone(), rev: to };
        let moved = parts.store.queue_deliveries(tenant_id, id, from, &to, &deliveries, now).await?;
        read.everything &= moved && to.rev >= log.rev;
        read.queued |= moved && !deliveries.is_empty();
    }
    Ok(read)
}

/// After which revision to read. A log with another epoch was put back from a backup, and the cursor with it: what it has
/// read, it has read.
fn begin(from: Option<&WebhookCursor>, log: &Scope) -> u64 {
    match from {
        None => 0,
        Some(from) if from.epoch == log.epoch => from.rev,
        Some(from) => from.rev.min(log.rev),
    }
}

/// A new project is an entry in two logs. It is told from its own.
fn told_elsewhere(log: &Scope, change: &Change) -> bool {
    log.kind == ScopeKind::Tenant
        && !change.documents.is_empty()
        && change.documents.iter().all(|document| document.kind == "project")
}

/// The id follows from what it is about: however often a change is read, it is one message.
fn delivery(webhook_id: &str, log: &Scope, change: &Change, now: Millis) -> NewDelivery {
    let name = [webhook_id, &log.id, &log.epoch, &change.rev.to_string()].join("\0");
    NewDelivery {
        id: format!("msg_{}", keys::hex(&Sha256::digest(name)[..16])),
        scope_id: log.id.clone(),
        rev: change.rev,
        event: change.attribution.action.clone(),
        due_at: now,
    }
}
