//! What only SQLite has: one file, PRAGMAs, one writer.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Pool, Transaction};
use tokio::sync::broadcast;

use super::{Connection, Db};
use crate::reach::Reach;
use crate::{StoreError, StoreOptions};

/// Takes the write lock at once: a transaction that began as a reader may be refused it later.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// A file that cannot be opened now cannot be opened later.
pub(super) const MAY_BE_AWAY_AT_START: bool = false;

/// One connection writes, the others read and cannot write.
pub(super) struct Pools {
    reader: Pool<Db>,
    writer: Pool<Db>,
}

/// A method reads with one statement, or with several over rows that do not change.
pub(super) type Reading = PoolConnection<Db>;

impl Pools {
    /// For the migrations.
    pub(super) fn owner(&self) -> &Pool<Db> {
        &self.writer
    }

    pub(super) async fn read(&self, _reach: Reach<'_>) -> Result<Reading, sqlx::Error> {
        self.reader.acquire().await
    }

    pub(super) async fn begin(&self, _reach: Reach<'_>) -> Result<Transaction<'static, Db>, sqlx::Error> {
        self.writer.begin_with(BEGIN).await
    }
}

/// There is no row-level security: each statement names its tenant, and that is the wall.
#[expect(clippy::unused_async, reason = "Postgres is told here")]
pub(super) async fn reach(_connection: &mut Connection, _reach: Reach<'_>) -> Result<(), sqlx::Error> {
    Ok(())
}

#[expect(clippy::unused_async, reason = "Postgres has them")]
pub(super) async fn raise_walls(_pools: &Pools) -> Result<(), StoreError> {
    Ok(())
}

pub(super) async fn pools(url: &str, options: &StoreOptions) -> Result<Pools, StoreError> {
    let file = SqliteConnectOptions::from_str(url).map_err(|error| StoreError::Database(error.to_string()))?;
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(StoreError::Database("a database in memory would lose what it acknowledged; name a file".into()));
    }
    make_private(file.get_filename())
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", file.get_filename().display())))?;
    let file = file
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Bytes of what was overwritten do not stay in pages that are written anyway.
        .pragma("secure_delete", "FAST")
        .busy_timeout(options.deadline);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        // Opening a file on a busy disk is not a request; what is one has a deadline of its own around it.
        .acquire_timeout(options.deadline.max(Duration::from_mins(1)))
        .idle_timeout(None)
        .max_lifetime(None)
        // When the disk is full SQLite has already rolled back, the driver's own ROLLBACK fails, and it believes to be
        // in a transaction for ever. Such a connection is replaced.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .connect_with(file.clone())
        .await
        .map_err(error)?;
    let reader = SqlitePoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(options.deadline)
        .idle_timeout(Duration::from_mins(5))
        .connect_lazy_with(file.pragma("query_only", "ON"));
    Ok(Pools { reader, writer })
}

/// Creates the directory and the file for this user only; SQLite gives its WAL the file's permissions. What exists
/// keeps its own.
fn make_private(file: &Path) -> std::io::Result<()> {
    if let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut create = std::fs::OpenOptions::new();
    create.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
    match create.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// There is no such channel: other processes are found by polling.
pub(super) enum Hints {}

impl Hints {
    pub(super) fn subscribe(&self) -> broadcast::Receiver<String> {
        match *self {}
    }
}

pub(super) fn hints(_pools: &Pools) -> Option<Hints> {
    None
}

#[expect(clippy::unused_async, reason = "Postgres says NOTIFY here")]
pub(super) async fn notify(_connection: &mut Connection, _scope_id: &str) -> Result<(), sqlx::Error> {
    Ok(())
}

/// Whatever the rest of this transaction deletes is overwritten with zeros, wherever it is.
pub(super) async fn forgetting(connection: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA secure_delete = ON").fetch_all(&mut *connection).await?;
    Ok(())
}

/// After a transaction that was [`forgetting`]: the file that keeps the last writes is emptied, too.
pub(super) async fn forgotten(pools: &Pools) -> Result<(), sqlx::Error> {
    let mut connection = pools.writer.acquire().await?;
    sqlx::query("PRAGMA secure_delete = FAST").fetch_all(&mut *connection).await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut *connection).await?;
    Ok(())
}

/// A driver's error in our words. Busy, full, read-only and broken disks may get better: they are "unavailable".
pub(super) fn error(error: sqlx::Error) -> StoreError {
    const MAY_PASS: [i32; 7] = [5, 6, 8, 10, 13, 14, 15];
    match crate::driver_error(error) {
        Err(known) => known,
        Ok(database) => {
            let code = database.code().and_then(|code| code.parse::<i32>().ok());
            if code.is_some_and(|code| MAY_PASS.contains(&(code & 0xff))) {
                StoreError::Unavailable(database.to_string())
            } else {
                StoreError::Database(database.to_string())
            }
        }
    }
}
