//! Webhooks: what happens in a tenant's logs, told to a receiver by Standard Webhooks 1.0.0
//! (<https://www.standardwebhooks.com>).
//!
//! - A webhook is a document of its tenant ([`document`]); its secret lies sealed in a row beside it.
//! - Every node reads the logs from the webhook's cursor on and queues what it wants to hear ([`queue`]). Cursor and queue
//!   move in one transaction, so a change is queued once, whatever restarts and however many nodes there are.
//! - Deliveries are claimed one by one and sent ([`deliver`]) by at most a few workers for each webhook, so that a slow
//!   receiver delays nobody else. A node that goes away while sending leaves a claim that runs out: the message is sent
//!   again, under the same id.
//! - [`message`] is the body, [`signature`] its signature.
//!
//! Nobody calls these but [`keep_sending`] and the endpoints of webhooks.

pub(crate) mod deliver;
pub(crate) mod document;
pub(crate) mod message;
mod queue;
pub(crate) mod signature;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use tokio::sync::Semaphore;
use yardarm_store::{Millis, Scope, ScopeRef, StoreError, WebhookRow};

use crate::app::{App, Parts};
use document::WebhookDocument;

/// Workers of one webhook on one node.
const WORKERS: usize = 2;
/// How often a webhook is looked at that nothing is known to be due for: what another node left behind is found so.
const LOOK_AGAIN_MS: Millis = 30_000;
/// How long what became of deliveries is kept.
const KEPT_MS: Millis = 7 * 24 * 60 * 60 * 1_000;
/// How often old deliveries are removed.
const FORGET_EVERY_MS: Millis = 10 * 60 * 1_000;

/// A webhook as its tenant's log says.
pub(crate) struct Webhook {
    /// Its row, when it was read.
    pub(crate) row: WebhookRow,
    /// Its document.
    pub(crate) document: WebhookDocument,
}

/// What a node remembers from round to round. All of it can be lost.
#[derive(Default)]
struct Rounds {
    /// Webhooks of tenants, and the version of the tenant they are of.
    tenants: HashMap<String, Tenant>,
    /// When a webhook is looked at next.
    look: HashMap<String, Millis>,
    workers: HashMap<String, Arc<Semaphore>>,
    forgotten_at: Millis,
}

#[derive(Default)]
struct Tenant {
    version: (String, u64),
    webhooks: Vec<Arc<Webhook>>,
    /// Versions of its logs that every webhook has read.
    read: HashMap<String, (String, u64)>,
}

/// Ends by itself when the application is gone.
pub(crate) async fn keep_sending(app: Weak<Parts>) {
    let mut rounds = Rounds::default();
    loop {
        let Some(interval) = app.upgrade().map(|parts| parts.settings.timeouts.webhooks) else { return };
        tokio::time::sleep(interval).await;
        let Some(parts) = app.upgrade() else { return };
        if *parts.draining.borrow() {
            return;
        }
        if let Err(error) = round(&parts, &mut rounds).await {
            tracing::debug!(%error, "webhooks wait for the database");
        }
    }
}

async fn round(parts: &Arc<Parts>, rounds: &mut Rounds) -> Result<(), StoreError> {
    let now = (parts.clock)();
    let scopes = parts.store.scopes().await?;
    let mut by_tenant: BTreeMap<&str, Vec<&Scope>> = BTreeMap::new();
    for scope in &scopes {
        by_tenant.entry(&scope.tenant_id).or_default().push(scope);
    }
    rounds.tenants.retain(|id, _| by_tenant.contains_key(id.as_str()));
    let forget = now - rounds.forgotten_at >= FORGET_EVERY_MS;
    for (id, logs) in by_tenant {
        let Some(own) = logs.iter().copied().find(|log| log.id == id) else { continue };
        // One tenant's trouble is not another's.
        if let Err(error) = rounds.tenant(parts, own, &logs, now, forget).await {
            tracing::debug!(%error, tenant = id, "a tenant's webhooks wait");
        }
    }
    if forget {
        rounds.forgotten_at = now;
        let known: Vec<&str> =
            rounds.tenants.values().flat_map(|tenant| tenant.webhooks.iter().map(|w| w.row.id.as_str())).collect();
        rounds.look.retain(|id, _| known.contains(&id.as_str()));
        rounds.workers.retain(|id, _| known.contains(&id.as_str()));
    }
    Ok(())
}

impl Rounds {
    async fn tenant(
        &mut self,
        parts: &Arc<Parts>,
        own: &Scope,
        logs: &[&Scope],
        now: Millis,
        forget: bool,
    ) -> Result<(), StoreError> {
        let id = own.id.as_str();
        let tenant = self.tenants.entry(id.to_owned()).or_default();
        let stands = |log: &Scope| (log.epoch.clone(), log.rev);
        if tenant.version != stands(own) {
            tenant.webhooks = read_webhooks(parts, id).await?;
            tenant.read.clear();
            tenant.version = stands(own);
            for webhook in &tenant.webhooks {
                self.look.insert(webhook.row.id.clone(), now);
            }
        }
        if tenant.webhooks.is_empty() {
            return Ok(());
        }
        if forget {
            parts.store.forget_deliveries(id, now - KEPT_MS).await?;
        }
        let enabled: Vec<&Arc<Webhook>> = tenant.webhooks.iter().filter(|webhook| webhook.document.enabled).collect();
        let moved: Vec<&Scope> =
            logs.iter().copied().filter(|log| tenant.read.get(&log.id) != Some(&stands(log))).collect();
        let mut all_read = true;
        for webhook in enabled.iter().filter(|_| !moved.is_empty()) {
            let read = queue::read_logs(parts, webhook, &moved, now).await?;
            all_read &= read.everything;
            if read.queued {
                self.look.insert(webhook.row.id.clone(), now);
            }
        }
        for webhook in enabled {
            let look = self.look.entry(webhook.row.id.clone()).or_insert(now);
            if *look > now {
                continue;
            }
            let workers = self.workers.entry(webhook.row.id.clone());
            let workers = workers.or_insert_with(|| Arc::new(Semaphore::new(WORKERS)));
            // Asked before the queue is: what a worker that is still busy leaves behind would be overlooked.
            let idle = workers.available_permits() == WORKERS;
            let due = parts.store.delivery_backlog(id, &webhook.row.id).await?.due_at;
            if due.is_some_and(|due| due <= now) {
                while let Ok(permit) = Arc::clone(workers).try_acquire_owned() {
                    tokio::spawn(deliver::work(Arc::downgrade(parts), Arc::clone(webhook), permit));
                }
            } else if idle {
                *look = due.map_or(now + LOOK_AGAIN_MS, |due| due.min(now + LOOK_AGAIN_MS));
            }
        }
        if all_read {
            tenant.read.extend(moved.into_iter().map(|log| (log.id.clone(), stands(log))));
        }
        Ok(())
    }
}

async fn read_webhooks(parts: &Parts, tenant_id: &str) -> Result<Vec<Arc<Webhook>>, StoreError> {
    let rows = parts.store.webhooks(tenant_id).await?;
    let read = rows.into_iter().filter_map(|(row, _, body)| {
        let document = WebhookDocument::read(&row.id, &body)?;
        Some(Arc::new(Webhook { row, document }))
    });
    Ok(read.collect())
}

impl Webhook {
    /// As it is now: a worker asks before each message, so that what was changed holds from the next one on.
    pub(crate) async fn now(app: &App, tenant_id: &str, id: &str) -> Result<Option<Self>, StoreError> {
        let Some(row) = app.store.webhook(tenant_id, id).await? else { return Ok(None) };
        let document = app.store.document(ScopeRef::tenant(tenant_id), document::KIND, id).await?;
        let document = document.and_then(|document| WebhookDocument::read(id, &document.body));
        Ok(document.map(|document| Self { row, document }))
    }
}
