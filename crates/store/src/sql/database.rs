//! The database as a [`Store`]: pools, transactions and deadlines around the statements of this folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Transaction;
use tokio::sync::{OnceCell, broadcast};

use super::{Connection, Db, counts, dialect, evidence, log, past, people, quota, read, refusals, sign_in};
use crate::chain::Entry;
use crate::reach::{Door, Reach};
use crate::{
    AccessToken, AuditQuery, BaseDocument, Change, Commit, CommitError, Count, CountBatch, CountQuery, Counted,
    Document, Head, HistoryQuery, Membership, Millis, OneTimeLink, Past, Prunable, Quota, Refused, RefusedQuery,
    RowWrite, Scope, ScopeRef, Session, SignInStore, SignedHead, SigningKey, Store, StoreError, StoreOptions, Tenant,
    User, text,
};

/// Documents that are written within one deadline, even on a busy machine.
const DOCUMENTS_IN_TIME: usize = 2_500;
/// However many documents there are, a commit ends after so many deadlines.
const MOST_DEADLINES: usize = 10;
/// Every so many batches of counts, old batch ids are removed.
const FORGET_EVERY: u32 = 64;

/// One database.
pub(crate) struct Database {
    pools: dialect::Pools,
    deadline: Duration,
    /// Set once the migrations have run: a database that is away at the start is migrated when it comes back.
    migrated: OnceCell<()>,
    batches: AtomicU32,
    quotas: Vec<Quota>,
    hints: Option<dialect::Hints>,
}

/// Opens the database. One that cannot be reached is an error only where waiting for it makes no sense (a file).
pub(crate) async fn open(url: &str, options: &StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    let pools = dialect::pools(url, options).await?;
    let hints = dialect::hints(&pools);
    let database = Database {
        pools,
        deadline: options.deadline,
        migrated: OnceCell::new(),
        batches: AtomicU32::new(0),
        quotas: options.quotas.clone(),
        hints,
    };
    match database.migrate().await {
        Err(error @ StoreError::Unavailable(_)) if dialect::MAY_BE_AWAY_AT_START => {
            tracing::warn!(%error, "database is away at the start; it is migrated when it answers");
        }
        result => result?,
    }
    Ok(Arc::new(database))
}

impl Database {
    async fn migrate(&self) -> Result<(), StoreError> {
        self.migrated
            .get_or_try_init(|| async {
                // Longer than the deadline: a migration of a large table is not a request.
                tokio::time::timeout(Duration::from_mins(10), crate::MIGRATIONS.run(self.pools.owner()))
                    .await
                    .map_err(|_| StoreError::Unavailable("migrations took more than ten minutes".into()))?
                    .map_err(|error| match error {
                        sqlx::migrate::MigrateError::Execute(error) => dialect::error(error),
                        other => StoreError::Database(format!("migration: {other}")),
                    })?;
                dialect::raise_walls(&self.pools).await
            })
            .await
            .copied()
    }

    pub(super) async fn read(&self, reach: Reach<'_>) -> Result<dialect::Reading, StoreError> {
        self.migrate().await?;
        self.pools.read(reach).await.map_err(dialect::error)
    }

    async fn of(&self, scope: ScopeRef<'_>) -> Result<dialect::Reading, StoreError> {
        self.read(Reach::Tenant(scope.tenant_id)).await
    }

    pub(super) async fn begin(&self, reach: Reach<'_>) -> Result<Transaction<'static, Db>, StoreError> {
        self.migrate().await?;
        self.pools.begin(reach).await.map_err(dialect::error)
    }

    async fn forget_batches(&self, at: Millis) -> Result<(), StoreError> {
        let mut transaction = self.begin(Reach::Nothing).await?;
        counts::forget(&mut transaction, at).await.map_err(dialect::error)?;
        transaction.commit().await.map_err(dialect::error)
    }

    /// The commit is made: what fails here is done by the database itself, later.
    async fn tidy(&self) {
        if let Err(error) = dialect::forgotten(&self.pools).await {
            tracing::warn!(%error, "what was redacted or pruned is gone, but not yet overwritten on disk");
        }
    }

    pub(super) async fn within<T, E: From<StoreError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        until(self.deadline, work).await
    }
}

async fn until<T, E: From<StoreError>>(deadline: Duration, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match tokio::time::timeout(deadline, work).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::Unavailable(format!("no answer within {deadline:?}")).into()),
    }
}

#[async_trait]
impl Store for Database {
    async fn commit(&self, commit: Commit) -> Result<Change, CommitError> {
        text::check(&commit)?;
        // An import writes tens of thousands of documents: it gets the deadline of an ordinary commit for each few thousand.
        let parts = commit.documents.len().div_ceil(DOCUMENTS_IN_TIME).clamp(1, MOST_DEADLINES);
        until(self.deadline * u32::try_from(parts).unwrap_or(1), async {
            let mut transaction = self.begin(Reach::Tenant(&commit.tenant_id)).await?;
            let change = log::commit(&mut transaction, &commit, &self.quotas).await?;
            transaction.commit().await.map_err(dialect::error)?;
            if commit.rows.iter().any(|row| matches!(row, RowWrite::Redact { .. } | RowWrite::Prune { .. })) {
                self.tidy().await;
            }
            Ok(change)
        })
        .await
    }

    async fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.within(async { read::scopes(&mut *self.read(Reach::Door(Door::Tail)).await?).await }).await
    }

    async fn scope(&self, id: &str) -> Result<Option<Scope>, StoreError> {
        self.within(async { read::scope(&mut *self.read(Reach::Door(Door::Tail)).await?, id).await }).await
    }

    async fn load(&self, scope: ScopeRef<'_>) -> Result<Option<(Scope, Vec<Document>)>, StoreError> {
        self.within(async { read::load(&mut *self.read(Reach::Tenant(scope.tenant_id)).await?, scope).await }).await
    }

    async fn document(&self, scope: ScopeRef<'_>, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        if text::has_nul([kind, key]) {
            return Ok(None);
        }
        self.within(async {
            read::document(&mut *self.read(Reach::Tenant(scope.tenant_id)).await?, scope, kind, key).await
        })
        .await
    }

    async fn changes(&self, scope: ScopeRef<'_>, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.within(async {
            read::changes(&mut *self.read(Reach::Tenant(scope.tenant_id)).await?, scope, after, limit).await
        })
        .await
    }

    async fn change(&self, scope: ScopeRef<'_>, rev: u64) -> Result<Option<Change>, StoreError> {
        self.within(async { read::change(&mut *self.read(Reach::Tenant(scope.tenant_id)).await?, scope, rev).await })
            .await
    }

    async fn history(&self, scope: ScopeRef<'_>, query: HistoryQuery) -> Result<Vec<Change>, StoreError> {
        let filters = [&query.kind, &query.key, &query.flag, &query.actor, &query.trace_id];
        if text::has_nul(filters.into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        self.within(async {
            read::history(&mut *self.read(Reach::Tenant(scope.tenant_id)).await?, scope, &query).await
        })
        .await
    }

    async fn document_at(
        &self,
        scope: ScopeRef<'_>,
        kind: &str,
        key: &str,
        rev: u64,
    ) -> Result<Option<Document>, StoreError> {
        if text::has_nul([kind, key]) {
            return Ok(None);
        }
        self.within(async { past::document_at(&mut *self.of(scope).await?, scope, kind, key, rev).await }).await
    }

    async fn documents_at(&self, scope: ScopeRef<'_>, rev: u64) -> Result<Vec<Document>, StoreError> {
        self.within(async { past::documents_at(&mut *self.of(scope).await?, scope, rev).await }).await
    }

    async fn entries(&self, scope: ScopeRef<'_>, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.within(async { evidence::entries(&mut *self.of(scope).await?, scope, after, limit).await }).await
    }

    async fn audit(&self, query: AuditQuery) -> Result<Vec<Entry>, StoreError> {
        let AuditQuery { actor, via, action, kind, key, environment, trace_id, text, .. } = &query;
        let filters = [actor, via, action, kind, key, environment, trace_id, text];
        if text::has_nul(filters.into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        let tenant = Reach::Tenant(&query.tenant_id);
        self.within(async { evidence::audit(&mut *self.read(tenant).await?, &query).await }).await
    }

    async fn past(
        &self,
        scope: ScopeRef<'_>,
        rev: u64,
        documents: &[(String, String)],
    ) -> Result<Vec<Past>, StoreError> {
        self.within(async { past::past(&mut *self.of(scope).await?, scope, rev, documents).await }).await
    }

    async fn prunable(&self, scope: ScopeRef<'_>, through: u64) -> Result<Option<Prunable>, StoreError> {
        self.within(async { past::prunable(&mut *self.of(scope).await?, scope, through).await }).await
    }

    async fn rev_before(&self, scope: ScopeRef<'_>, at: Millis) -> Result<u64, StoreError> {
        self.within(async { past::rev_before(&mut *self.of(scope).await?, scope, at).await }).await
    }

    async fn base(
        &self,
        scope: ScopeRef<'_>,
        after: Option<(String, String)>,
        limit: u32,
    ) -> Result<(u64, Vec<BaseDocument>), StoreError> {
        self.within(async { past::base(&mut *self.of(scope).await?, scope, after, limit).await }).await
    }

    async fn moved(&self, limit: u32) -> Result<Vec<Head>, StoreError> {
        let heads = Reach::Door(Door::Heads);
        self.within(async { evidence::moved(&mut *self.read(heads).await?, limit).await }).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(&head.head.tenant_id)).await?;
            let inserted = evidence::insert_head(&mut transaction, head).await?;
            transaction.commit().await.map_err(dialect::error)?;
            Ok(inserted)
        })
        .await
    }

    async fn unshipped_heads(&self, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        let heads = Reach::Door(Door::Heads);
        self.within(async { evidence::unshipped(&mut *self.read(heads).await?, limit).await }).await
    }

    async fn head_shipped(&self, scope: ScopeRef<'_>, rev: u64) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(scope.tenant_id)).await?;
            evidence::shipped(&mut transaction, scope, rev).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn heads(&self, scope: ScopeRef<'_>, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.within(async { evidence::heads(&mut *self.of(scope).await?, scope, limit).await }).await
    }

    async fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Nothing).await?;
            evidence::insert_signing_key(&mut transaction, key).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.within(async { evidence::signing_keys(&mut *self.read(Reach::Nothing).await?).await }).await
    }

    async fn add_refusals(&self, refusals: &[Refused], keep_from: Millis, keep_rows: u32) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Door(Door::Refusals)).await?;
            refusals::add(&mut transaction, refusals).await?;
            refusals::forget(&mut transaction, keep_from, keep_rows).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn refusals(&self, query: RefusedQuery) -> Result<Vec<Refused>, StoreError> {
        let RefusedQuery { tenant_id, code, source, actor, .. } = &query;
        if text::has_nul([code, source, actor].into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        let whose = if tenant_id.is_empty() { Reach::Door(Door::Refusals) } else { Reach::Tenant(tenant_id) };
        self.within(async { refusals::list(&mut *self.read(whose).await?, &query).await }).await
    }

    async fn used(&self, tenant_id: &str, counted: Counted, now: Millis) -> Result<u64, StoreError> {
        self.within(async {
            quota::used(&mut *self.read(Reach::Tenant(tenant_id)).await?, tenant_id, counted, now).await
        })
        .await
    }

    async fn made_at(&self, tenant_id: &str, counted: Counted, now: Millis) -> Result<Vec<Millis>, StoreError> {
        self.within(async {
            quota::made_at(&mut *self.read(Reach::Tenant(tenant_id)).await?, tenant_id, counted, now).await
        })
        .await
    }

    async fn stored(&self, tenant_id: &str) -> Result<u64, StoreError> {
        self.within(async { quota::stored(&mut *self.read(Reach::Tenant(tenant_id)).await?, tenant_id).await }).await
    }

    async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.within(async { people::user(&mut *self.read(Reach::Person(id)).await?, id).await }).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        if text::has_nul([email]) {
            return Ok(None);
        }
        let email = email.to_lowercase();
        self.within(async { people::user_by_email(&mut *self.read(Reach::Email(&email)).await?, &email).await }).await
    }

    async fn user_of_tenant(&self, tenant_id: &str, email: &str) -> Result<Option<User>, StoreError> {
        if text::has_nul([tenant_id, email]) {
            return Ok(None);
        }
        let email = email.to_lowercase();
        self.within(async {
            people::user_of_tenant(&mut *self.read(Reach::Tenant(tenant_id)).await?, tenant_id, &email).await
        })
        .await
    }

    async fn any_user(&self) -> Result<bool, StoreError> {
        self.within(async { people::any_user(&mut *self.read(Reach::Door(Door::Setup)).await?).await }).await
    }

    async fn memberships(&self, user_id: &str) -> Result<Vec<Membership>, StoreError> {
        self.within(async { people::memberships(&mut *self.read(Reach::Person(user_id)).await?, user_id).await }).await
    }

    async fn members(&self, tenant_id: &str) -> Result<Vec<User>, StoreError> {
        self.within(async { people::members(&mut *self.read(Reach::Tenant(tenant_id)).await?, tenant_id).await }).await
    }

    async fn tenant(&self, id: &str) -> Result<Option<Tenant>, StoreError> {
        self.within(async { people::tenant(&mut *self.read(Reach::Tenant(id)).await?, id).await }).await
    }

    fn sign_in(&self) -> &dyn SignInStore {
        self
    }

    async fn insert_session(&self, session: &Session) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(&session.tenant_id)).await?;
            sign_in::insert_session(&mut transaction, session).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn session(&self, hash: &str, now: Millis) -> Result<Option<Session>, StoreError> {
        self.within(async { sign_in::session(&mut *self.read(Reach::Secret(hash)).await?, hash, now).await }).await
    }

    async fn delete_session(&self, hash: &str) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Secret(hash)).await?;
            sign_in::delete_session(&mut transaction, hash).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn access_token(&self, hash: &str, now: Millis) -> Result<Option<AccessToken>, StoreError> {
        self.within(async { people::access_token(&mut *self.read(Reach::Secret(hash)).await?, hash, now).await }).await
    }

    async fn access_tokens(&self, tenant_id: &str) -> Result<Vec<AccessToken>, StoreError> {
        self.within(async { people::access_tokens(&mut *self.read(Reach::Tenant(tenant_id)).await?, tenant_id).await })
            .await
    }

    async fn touch_access_token(&self, tenant_id: &str, id: &str, at: Millis) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(tenant_id)).await?;
            people::touch_access_token(&mut transaction, tenant_id, id, at).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn insert_link(&self, link: &OneTimeLink) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Secret(&link.hash)).await?;
            people::insert_link(&mut transaction, link).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }

    async fn link(&self, hash: &str, now: Millis) -> Result<Option<OneTimeLink>, StoreError> {
        self.within(async { people::link(&mut *self.read(Reach::Secret(hash)).await?, hash, now).await }).await
    }

    async fn use_link(&self, hash: &str, now: Millis) -> Result<bool, StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Secret(hash)).await?;
            let used = people::use_link(&mut transaction, hash, now).await?;
            transaction.commit().await.map_err(dialect::error)?;
            Ok(used)
        })
        .await
    }

    async fn add_counts(&self, at: Millis, batches: &[CountBatch<'_>]) -> Result<(), StoreError> {
        text::check_counts(batches)?;
        self.within(async {
            let mut transaction = self.begin(Reach::Nothing).await?;
            let added = counts::add(&mut transaction, at, batches).await.map_err(dialect::error)?;
            transaction.commit().await.map_err(dialect::error)?;
            if added
                && self.batches.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY)
                && let Err(error) = self.forget_batches(at).await
            {
                tracing::debug!(%error, "old batch ids stay until the next time");
            }
            Ok(())
        })
        .await
    }

    async fn counts(&self, query: CountQuery) -> Result<Vec<Count>, StoreError> {
        if text::has_nul([&query.environment, &query.flag].into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        self.within(async { counts::counts(&mut *self.read(Reach::Tenant(&query.tenant_id)).await?, &query).await })
            .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.within(async {
            let connection: &mut Connection = &mut *self.read(Reach::Nothing).await?;
            sqlx::query("SELECT 1").execute(connection).await.map_err(dialect::error)?;
            Ok(())
        })
        .await
    }

    fn hints(&self) -> Option<broadcast::Receiver<String>> {
        self.hints.as_ref().map(dialect::Hints::subscribe)
    }
}
