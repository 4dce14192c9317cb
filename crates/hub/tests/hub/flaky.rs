//! A real store that can be told to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::sync::broadcast;
use yardarm_store::chain::Entry;
use yardarm_store::{
    AccessToken, Attempt, AuditQuery, Backlog, BaseDocument, Change, Commit, CommitError, Count, CountBatch,
    CountQuery, Counted, Delivery, DeliveryQuery, Document, Head, HistoryQuery, Membership, Millis, NewDelivery,
    OneTimeLink, Past, Prunable, Refused, RefusedQuery, Scope, ScopeRef, Session, SignInStore, SignedHead, SigningKey,
    Store, StoreError, Tenant, User, WebhookCursor, WebhookRow, WebhookStore,
};

pub(crate) struct Flaky {
    inner: Arc<dyn Store>,
    failing: AtomicBool,
    asked: AtomicU64,
}

impl Flaky {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, failing: AtomicBool::new(false), asked: AtomicU64::new(0) }
    }

    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    /// How often anything was asked of it.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn ask(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.failing.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("told to fail".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Flaky {
    async fn commit(&self, commit: Commit) -> Result<Change, CommitError> {
        self.ask()?;
        self.inner.commit(commit).await
    }

    async fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.ask()?;
        self.inner.scopes().await
    }

    async fn scope(&self, id: &str) -> Result<Option<Scope>, StoreError> {
        self.ask()?;
        self.inner.scope(id).await
    }

    async fn load(&self, scope: ScopeRef<'_>) -> Result<Option<(Scope, Vec<Document>)>, StoreError> {
        self.ask()?;
        self.inner.load(scope).await
    }

    async fn document(&self, scope: ScopeRef<'_>, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        self.ask()?;
        self.inner.document(scope, kind, key).await
    }

    async fn changes(&self, scope: ScopeRef<'_>, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.ask()?;
        self.inner.changes(scope, after, limit).await
    }

    async fn change(&self, scope: ScopeRef<'_>, rev: u64) -> Result<Option<Change>, StoreError> {
        self.ask()?;
        self.inner.change(scope, rev).await
    }

    async fn history(&self, scope: ScopeRef<'_>, query: HistoryQuery) -> Result<Vec<Change>, StoreError> {
        self.ask()?;
        self.inner.history(scope, query).await
    }

    async fn document_at(
        &self,
        scope: ScopeRef<'_>,
        kind: &str,
        key: &str,
        rev: u64,
    ) -> Result<Option<Document>, StoreError> {
        self.ask()?;
        self.inner.document_at(scope, kind, key, rev).await
    }

    async fn documents_at(&self, scope: ScopeRef<'_>, rev: u64) -> Result<Vec<Document>, StoreError> {
        self.ask()?;
        self.inner.documents_at(scope, rev).await
    }

    async fn entries(&self, scope: ScopeRef<'_>, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.ask()?;
        self.inner.entries(scope, after, limit).await
    }

    async fn audit(&self, query: AuditQuery) -> Result<Vec<Entry>, StoreError> {
        self.ask()?;
        self.inner.audit(query).await
    }

    async fn past(
        &self,
        scope: ScopeRef<'_>,
        rev: u64,
        documents: &[(String, String)],
    ) -> Result<Vec<Past>, StoreError> {
        self.ask()?;
        self.inner.past(scope, rev, documents).await
    }

    async fn prunable(&self, scope: ScopeRef<'_>, through: u64) -> Result<Option<Prunable>, StoreError> {
        self.ask()?;
        self.inner.prunable(scope, through).await
    }

    async fn rev_before(&self, scope: ScopeRef<'_>, at: Millis) -> Result<u64, StoreError> {
        self.ask()?;
        self.inner.rev_before(scope, at).await
    }

    async fn base(
        &self,
        scope: ScopeRef<'_>,
        after: Option<(String, String)>,
        limit: u32,
    ) -> Result<(u64, Vec<BaseDocument>), StoreError> {
        self.ask()?;
        self.inner.base(scope, after, limit).await
    }

    async fn moved(&self, limit: u32) -> Result<Vec<Head>, StoreError> {
        self.ask()?;
        self.inner.moved(limit).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, StoreError> {
        self.ask()?;
        self.inner.insert_head(head).await
    }

    async fn unshipped_heads(&self, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.ask()?;
        self.inner.unshipped_heads(limit).await
    }

    async fn head_shipped(&self, scope: ScopeRef<'_>, rev: u64) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.head_shipped(scope, rev).await
    }

    async fn heads(&self, scope: ScopeRef<'_>, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.ask()?;
        self.inner.heads(scope, limit).await
    }

    async fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.insert_signing_key(key).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.ask()?;
        self.inner.signing_keys().await
    }

    async fn add_refusals(&self, refusals: &[Refused], keep_from: Millis, keep_rows: u32) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.add_refusals(refusals, keep_from, keep_rows).await
    }

    async fn refusals(&self, query: RefusedQuery) -> Result<Vec<Refused>, StoreError> {
        self.ask()?;
        self.inner.refusals(query).await
    }

    async fn used(&self, tenant_id: &str, counted: Counted, now: Millis) -> Result<u64, StoreError> {
        self.ask()?;
        self.inner.used(tenant_id, counted, now).await
    }

    async fn made_at(&self, tenant_id: &str, counted: Counted, now: Millis) -> Result<Vec<Millis>, StoreError> {
        self.ask()?;
        self.inner.made_at(tenant_id, counted, now).await
    }

    async fn stored(&self, tenant_id: &str) -> Result<u64, StoreError> {
        self.ask()?;
        self.inner.stored(tenant_id).await
    }

    async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.ask()?;
        self.inner.user(id).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        self.ask()?;
        self.inner.user_by_email(email).await
    }

    async fn user_of_tenant(&self, tenant_id: &str, email: &str) -> Result<Option<User>, StoreError> {
        self.ask()?;
        self.inner.user_of_tenant(tenant_id, email).await
    }

    async fn any_user(&self) -> Result<bool, StoreError> {
        self.ask()?;
        self.inner.any_user().await
    }

    async fn memberships(&self, user_id: &str) -> Result<Vec<Membership>, StoreError> {
        self.ask()?;
        self.inner.memberships(user_id).await
    }

    async fn members(&self, tenant_id: &str) -> Result<Vec<User>, StoreError> {
        self.ask()?;
        self.inner.members(tenant_id).await
    }

    async fn tenant(&self, id: &str) -> Result<Option<Tenant>, StoreError> {
        self.ask()?;
        self.inner.tenant(id).await
    }

    fn sign_in(&self) -> &dyn SignInStore {
        self.inner.sign_in()
    }

    async fn insert_session(&self, session: &Session) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.insert_session(session).await
    }

    async fn session(&self, hash: &str, now: Millis) -> Result<Option<Session>, StoreError> {
        self.ask()?;
        self.inner.session(hash, now).await
    }

    async fn delete_session(&self, hash: &str) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.delete_session(hash).await
    }

    async fn access_token(&self, hash: &str, now: Millis) -> Result<Option<AccessToken>, StoreError> {
        self.ask()?;
        self.inner.access_token(hash, now).await
    }

    async fn access_tokens(&self, tenant_id: &str) -> Result<Vec<AccessToken>, StoreError> {
        self.ask()?;
        self.inner.access_tokens(tenant_id).await
    }

    async fn touch_access_token(&self, tenant_id: &str, id: &str, at: Millis) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.touch_access_token(tenant_id, id, at).await
    }

    async fn insert_link(&self, link: &OneTimeLink) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.insert_link(link).await
    }

    async fn link(&self, hash: &str, now: Millis) -> Result<Option<OneTimeLink>, StoreError> {
        self.ask()?;
        self.inner.link(hash, now).await
    }

    async fn use_link(&self, hash: &str, now: Millis) -> Result<bool, StoreError> {
        self.ask()?;
        self.inner.use_link(hash, now).await
    }

    async fn add_counts(&self, at: Millis, batches: &[CountBatch<'_>]) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.add_counts(at, batches).await
    }

    async fn counts(&self, query: CountQuery) -> Result<Vec<Count>, StoreError> {
        self.ask()?;
        self.inner.counts(query).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.ping().await
    }

    fn hints(&self) -> Option<broadcast::Receiver<String>> {
        self.inner.hints()
    }
}

#[async_trait]
impl WebhookStore for Flaky {
    async fn webhooks(&self, tenant_id: &str) -> Result<Vec<(WebhookRow, u64, String)>, StoreError> {
        self.ask()?;
        self.inner.webhooks(tenant_id).await
    }

    async fn webhook(&self, tenant_id: &str, id: &str) -> Result<Option<WebhookRow>, StoreError> {
        self.ask()?;
        self.inner.webhook(tenant_id, id).await
    }

    async fn webhook_cursors(&self, tenant_id: &str, webhook_id: &str) -> Result<Vec<WebhookCursor>, StoreError> {
        self.ask()?;
        self.inner.webhook_cursors(tenant_id, webhook_id).await
    }

    async fn delivery_backlog(&self, tenant_id: &str, webhook_id: &str) -> Result<Backlog, StoreError> {
        self.ask()?;
        self.inner.delivery_backlog(tenant_id, webhook_id).await
    }

    async fn queue_deliveries(
        &self,
        tenant_id: &str,
        webhook_id: &str,
        from: Option<&WebhookCursor>,
        to: &WebhookCursor,
        deliveries: &[NewDelivery],
        at: Millis,
    ) -> Result<bool, StoreError> {
        self.ask()?;
        self.inner.queue_deliveries(tenant_id, webhook_id, from, to, deliveries, at).await
    }

    async fn claim_deliveries(
        &self,
        tenant_id: &str,
        webhook_id: &str,
        now: Millis,
        until: Millis,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.ask()?;
        self.inner.claim_deliveries(tenant_id, webhook_id, now, until, limit).await
    }

    async fn settle_delivery(
        &self,
        tenant_id: &str,
        delivery: &Delivery,
        attempt: &Attempt,
    ) -> Result<bool, StoreError> {
        self.ask()?;
        self.inner.settle_delivery(tenant_id, delivery, attempt).await
    }

    async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<Delivery>, StoreError> {
        self.ask()?;
        self.inner.deliveries(query).await
    }

    async fn forget_deliveries(&self, tenant_id: &str, before: Millis) -> Result<(), StoreError> {
        self.ask()?;
        self.inner.forget_deliveries(tenant_id, before).await
    }
}
