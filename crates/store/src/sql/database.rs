//! The database as a [`Store`]: pools, transactions and deadlines around the statements of this folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Pool, Transaction};
use tokio::sync::{OnceCell, broadcast};

use super::{Connection, Db, counts, dialect, evidence, log, past, people, read, refusals, sign_in};
use crate::chain::Entry;
use crate::{
    AccessToken, AuditQuery, BaseDocument, Change, Commit, CommitError, Count, CountBatch, CountQuery, Document, Head,
    HistoryQuery, Membership, Millis, OneTimeLink, Past, Prunable, Refused, RefusedQuery, RowWrite, Scope, Session,
    SignInStore, SignedHead, SigningKey, Store, StoreError, StoreOptions, Tenant, User, text,
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
    hints: Option<dialect::Hints>,
}

/// Opens the database. One that cannot be reached is an error only where waiting for it makes no sense (a file).
pub(crate) async fn open(url: &str, options: &StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    let pools = dialect::pools(url, options).await?;
    let hints = dialect::hints(&pools);
    let database =
        Database { pools, deadline: options.deadline, migrated: OnceCell::new(), batches: AtomicU32::new(0), hints };
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
                tokio::time::timeout(Duration::from_mins(10), crate::MIGRATIONS.run(self.pools.writer()))
                    .await
                    .map_err(|_| StoreError::Unavailable("migrations took more than ten minutes".into()))?
                    .map_err(|error| match error {
                        sqlx::migrate::MigrateError::Execute(error) => dialect::error(error),
                        other => StoreError::Database(format!("migration: {other}")),
                    })
            })
            .await
            .copied()
    }

    pub(super) async fn reader(&self) -> Result<PoolConnection<Db>, StoreError> {
        self.migrate().await?;
        self.pools.reader().acquire().await.map_err(dialect::error)
    }

    pub(super) async fn writer(&self) -> Result<PoolConnection<Db>, StoreError> {
        self.migrate().await?;
        self.pools.writer().acquire().await.map_err(dialect::error)
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, Db>, StoreError> {
        self.migrate().await?;
        let pool: &Pool<Db> = self.pools.writer();
        pool.begin_with(dialect::BEGIN).await.map_err(dialect::error)
    }

    /// The commit is made: what fails here is done by the database itself, later.
    async fn tidy(&self) {
        let tidied = async { dialect::forgotten(&mut *self.writer().await?).await.map_err(dialect::error) };
        if let Err(error) = tidied.await {
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
            let mut transaction = self.begin().await?;
            let change = log::commit(&mut transaction, &commit).await?;
            transaction.commit().await.map_err(dialect::error)?;
            if commit.rows.iter().any(|row| matches!(row, RowWrite::Redact { .. } | RowWrite::Prune { .. })) {
                self.tidy().await;
            }
            Ok(change)
        })
        .await
    }

    async fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.within(async { read::scopes(&mut *self.reader().await?).await }).await
    }

    async fn scope(&self, id: &str) -> Result<Option<Scope>, StoreError> {
        self.within(async { read::scope(&mut *self.reader().await?, id).await }).await
    }

    async fn load(&self, scope_id: &str) -> Result<Option<(Scope, Vec<Document>)>, StoreError> {
        self.within(async { read::load(&mut *self.reader().await?, scope_id).await }).await
    }

    async fn document(&self, scope_id: &str, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        if text::has_nul([kind, key]) {
            return Ok(None);
        }
        self.within(async { read::document(&mut *self.reader().await?, scope_id, kind, key).await }).await
    }

    async fn changes(&self, scope_id: &str, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.within(async { read::changes(&mut *self.reader().await?, scope_id, after, limit).await }).await
    }

    async fn change(&self, scope_id: &str, rev: u64) -> Result<Option<Change>, StoreError> {
        self.within(async { read::change(&mut *self.reader().await?, scope_id, rev).await }).await
    }

    async fn history(&self, scope_id: &str, query: HistoryQuery) -> Result<Vec<Change>, StoreError> {
        let filters = [&query.kind, &query.key, &query.flag, &query.actor, &query.trace_id];
        if text::has_nul(filters.into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        self.within(async { read::history(&mut *self.reader().await?, scope_id, &query).await }).await
    }

    async fn document_at(
        &self,
        scope_id: &str,
        kind: &str,
        key: &str,
        rev: u64,
    ) -> Result<Option<Document>, StoreError> {
        if text::has_nul([kind, key]) {
            return Ok(None);
        }
        self.within(async { past::document_at(&mut *self.reader().await?, scope_id, kind, key, rev).await }).await
    }

    async fn documents_at(&self, scope_id: &str, rev: u64) -> Result<Vec<Document>, StoreError> {
        self.within(async { past::documents_at(&mut *self.reader().await?, scope_id, rev).await }).await
    }

    async fn entries(&self, scope_id: &str, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.within(async { evidence::entries(&mut *self.reader().await?, scope_id, after, limit).await }).await
    }

    async fn audit(&self, query: AuditQuery) -> Result<Vec<Entry>, StoreError> {
        let AuditQuery { actor, via, action, kind, key, environment, trace_id, text, .. } = &query;
        let filters = [actor, via, action, kind, key, environment, trace_id, text];
        if text::has_nul(filters.into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        self.within(async { evidence::audit(&mut *self.reader().await?, &query).await }).await
    }

    async fn past(&self, scope_id: &str, rev: u64, documents: &[(String, String)]) -> Result<Vec<Past>, StoreError> {
        self.within(async { past::past(&mut *self.reader().await?, scope_id, rev, documents).await }).await
    }

    async fn prunable(&self, scope_id: &str, through: u64) -> Result<Option<Prunable>, StoreError> {
        self.within(async { past::prunable(&mut *self.reader().await?, scope_id, through).await }).await
    }

    async fn rev_before(&self, scope_id: &str, at: Millis) -> Result<u64, StoreError> {
        self.within(async { past::rev_before(&mut *self.reader().await?, scope_id, at).await }).await
    }

    async fn base(
        &self,
        scope_id: &str,
        after: Option<(String, String)>,
        limit: u32,
    ) -> Result<(u64, Vec<BaseDocument>), StoreError> {
        self.within(async { past::base(&mut *self.reader().await?, scope_id, after, limit).await }).await
    }

    async fn moved(&self, limit: u32) -> Result<Vec<Head>, StoreError> {
        self.within(async { evidence::moved(&mut *self.reader().await?, limit).await }).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, StoreError> {
        self.within(async { evidence::insert_head(&mut *self.writer().await?, head).await }).await
    }

    async fn unshipped_heads(&self, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.within(async { evidence::unshipped(&mut *self.reader().await?, limit).await }).await
    }

    async fn head_shipped(&self, scope_id: &str, rev: u64) -> Result<(), StoreError> {
        self.within(async { evidence::shipped(&mut *self.writer().await?, scope_id, rev).await }).await
    }

    async fn heads(&self, scope_id: &str, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.within(async { evidence::heads(&mut *self.reader().await?, scope_id, limit).await }).await
    }

    async fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.within(async { evidence::insert_signing_key(&mut *self.writer().await?, key).await }).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.within(async { evidence::signing_keys(&mut *self.reader().await?).await }).await
    }

    async fn add_refusals(&self, refusals: &[Refused], keep_from: Millis, keep_rows: u32) -> Result<(), StoreError> {
        self.within(async {
            let connection: &mut Connection = &mut *self.writer().await?;
            refusals::add(connection, refusals).await?;
            refusals::forget(connection, keep_from, keep_rows).await
        })
        .await
    }

    async fn refusals(&self, query: RefusedQuery) -> Result<Vec<Refused>, StoreError> {
        let RefusedQuery { code, source, actor, .. } = &query;
        if text::has_nul([code, source, actor].into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        self.within(async { refusals::list(&mut *self.reader().await?, &query).await }).await
    }

    async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.within(async { people::user(&mut *self.reader().await?, id).await }).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        if text::has_nul([email]) {
            return Ok(None);
        }
        self.within(async { people::user_by_email(&mut *self.reader().await?, email).await }).await
    }

    async fn any_user(&self) -> Result<bool, StoreError> {
        self.within(async { people::any_user(&mut *self.reader().await?).await }).await
    }

    async fn memberships(&self, user_id: &str) -> Result<Vec<Membership>, StoreError> {
        self.within(async { people::memberships(&mut *self.reader().await?, user_id).await }).await
    }

    async fn members(&self, tenant_id: &str) -> Result<Vec<User>, StoreError> {
        self.within(async { people::members(&mut *self.reader().await?, tenant_id).await }).await
    }

    async fn tenant(&self, id: &str) -> Result<Option<Tenant>, StoreError> {
        self.within(async { people::tenant(&mut *self.reader().await?, id).await }).await
    }

    fn sign_in(&self) -> &dyn SignInStore {
        self
    }

    async fn insert_session(&self, session: &Session) -> Result<(), StoreError> {
        self.within(async { sign_in::insert_session(&mut *self.writer().await?, session).await }).await
    }

    async fn session(&self, hash: &str, now: Millis) -> Result<Option<Session>, StoreError> {
        self.within(async { sign_in::session(&mut *self.reader().await?, hash, now).await }).await
    }

    async fn delete_session(&self, hash: &str) -> Result<(), StoreError> {
        self.within(async { sign_in::delete_session(&mut *self.writer().await?, hash).await }).await
    }

    async fn access_token(&self, hash: &str, now: Millis) -> Result<Option<AccessToken>, StoreError> {
        self.within(async { people::access_token(&mut *self.reader().await?, hash, now).await }).await
    }

    async fn access_tokens(&self, tenant_id: &str) -> Result<Vec<AccessToken>, StoreError> {
        self.within(async { people::access_tokens(&mut *self.reader().await?, tenant_id).await }).await
    }

    async fn touch_access_token(&self, id: &str, at: Millis) -> Result<(), StoreError> {
        self.within(async { people::touch_access_token(&mut *self.writer().await?, id, at).await }).await
    }

    async fn insert_link(&self, link: &OneTimeLink) -> Result<(), StoreError> {
        self.within(async { people::insert_link(&mut *self.writer().await?, link).await }).await
    }

    async fn link(&self, hash: &str, now: Millis) -> Result<Option<OneTimeLink>, StoreError> {
        self.within(async { people::link(&mut *self.reader().await?, hash, now).await }).await
    }

    async fn use_link(&self, hash: &str, now: Millis) -> Result<bool, StoreError> {
        self.within(async { people::use_link(&mut *self.writer().await?, hash, now).await }).await
    }

    async fn add_counts(&self, at: Millis, batches: &[CountBatch<'_>]) -> Result<(), StoreError> {
        text::check_counts(batches)?;
        self.within(async {
            let mut transaction = self.begin().await?;
            let added = counts::add(&mut transaction, at, batches).await.map_err(dialect::error)?;
            transaction.commit().await.map_err(dialect::error)?;
            if added && self.batches.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
                let connection: &mut Connection = &mut *self.writer().await?;
                if let Err(error) = counts::forget(connection, at).await {
                    tracing::debug!(%error, "old batch ids stay until the next time");
                }
            }
            Ok(())
        })
        .await
    }

    async fn counts(&self, query: CountQuery) -> Result<Vec<Count>, StoreError> {
        if text::has_nul([&query.environment, &query.flag].into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        self.within(async { counts::counts(&mut *self.reader().await?, &query).await }).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.within(async {
            let connection: &mut Connection = &mut *self.reader().await?;
            sqlx::query("SELECT 1").execute(connection).await.map_err(dialect::error)?;
            Ok(())
        })
        .await
    }

    fn hints(&self) -> Option<broadcast::Receiver<String>> {
        self.hints.as_ref().map(dialect::Hints::subscribe)
    }
}
