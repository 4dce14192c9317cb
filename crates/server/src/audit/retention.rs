//! Retention: what is older than a tenant keeps its log goes, behind a prune mark. The mark is an entry like any other,
//! in the log it prunes: it says through which revision, how many, with which hash the last one ended and what lived
//! then, signed. What each document was at the mark stays, so everything after it can be undone and the log still leads
//! to the present.

use serde_json::Value;
use yardarm_store::{Attribution, Commit, CommitError, DocumentWrite, RowWrite, Scope, ScopeKind, ScopeRef};

use super::SignerError;
use crate::app::App;
use crate::keys::hex;

/// Document of a tenant's log that says how long it is kept.
pub(crate) const RETENTION_KIND: &str = "audit_retention";
/// Its key.
pub(crate) const RETENTION_KEY: &str = "log";
/// Fewest days that can be asked for: less is a way to hide something.
pub(crate) const LEAST_DAYS: u64 = 30;
/// Changes that go in one transaction.
const STEP: u64 = 2_000;
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Days in the body of a retention document.
pub(crate) fn days_kept(body: &str) -> Option<u64> {
    serde_json::from_str::<Value>(body).ok()?["days"].as_u64().filter(|days| *days >= LEAST_DAYS)
}

#[derive(Debug, thiserror::Error)]
enum PruneError {
    #[error(transparent)]
    Signer(#[from] SignerError),
    #[error(transparent)]
    Store(#[from] yardarm_store::StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl App {
    /// Prunes what is due. Happens every hour by itself.
    pub async fn prune(&self) {
        let scopes = match self.store.scopes().await {
            Ok(scopes) => scopes,
            Err(error) => return tracing::debug!(%error, "nothing is pruned while the database is away"),
        };
        for tenant in scopes.iter().filter(|scope| scope.kind == ScopeKind::Tenant) {
            let document = self.store.document(ScopeRef::tenant(&tenant.id), RETENTION_KIND, RETENTION_KEY).await;
            let Ok(Some(days)) = document.map(|document| document.and_then(|d| days_kept(&d.body))) else { continue };
            for scope in scopes.iter().filter(|scope| scope.tenant_id == tenant.id) {
                if let Err(error) = self.prune_log(scope, days).await {
                    tracing::warn!(scope = scope.id, %error, "a log was not pruned");
                }
            }
        }
    }

    async fn prune_log(&self, scope: &Scope, days: u64) -> Result<(), PruneError> {
        let kept_from = self.now().saturating_sub(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY));
        let log = ScopeRef { tenant_id: &scope.tenant_id, id: &scope.id };
        let due = self.store.rev_before(log, kept_from).await?;
        loop {
            let oldest = self.store.entries(log, 0, 1).await?;
            let Some(oldest) = oldest.first().map(|entry| entry.rev).filter(|oldest| *oldest <= due) else {
                return Ok(());
            };
            let through = due.min(oldest + STEP - 1);
            let Some(plan) = self.store.prunable(log, through).await? else { return Ok(()) };
            let mark = self.signer().await?.mark(&scope.id, &plan);
            let commit = Commit {
                tenant_id: scope.tenant_id.clone(),
                scope_id: scope.id.clone(),
                expected: None,
                attribution: Attribution {
                    actor: "system:retention".to_owned(),
                    actor_name: "Yardarm".to_owned(),
                    via: "schedule".to_owned(),
                    action: "audit.prune".to_owned(),
                    reason: format!("the log is kept for {days} days"),
                    trace_id: hex(&self.random()[..16]),
                    at: self.now(),
                },
                documents: vec![DocumentWrite {
                    kind: "prune_mark".to_owned(),
                    key: through.to_string(),
                    body: Some(mark.to_string()),
                }],
                rows: vec![RowWrite::Prune { through }],
            };
            self.store.commit(commit).await?;
            self.hub.wake(&scope.id);
            tracing::info!(scope = scope.id, through, count = plan.count, "pruned a log");
        }
    }
}
