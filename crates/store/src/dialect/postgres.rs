//! What only Postgres has: a server that may be away, timeouts it keeps itself, row-level security, NOTIFY.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, Pool, Transaction};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::{Connection, Db, walls};
use crate::reach::Reach;
use crate::{StoreError, StoreOptions};

/// READ COMMITTED: an UPDATE that waited for the row sees what the other transaction left.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The server starts without its database and serves what it has.
pub(super) const MAY_BE_AWAY_AT_START: bool = true;

const CHANNEL: &str = "yardarm_commit";
/// Hints waiting for the slowest hub; beyond that it has to look at everything, which it does anyway.
const HINTS_KEPT: usize = 1_024;

/// Reading is a transaction, too: what it may see ends with it.
pub(super) type Reading = Transaction<'static, Db>;

/// One pool for everything but listening.
pub(super) struct Pools {
    pool: Pool<Db>,
    options: PgConnectOptions,
    /// The role that transactions take on; known once the walls stand.
    role: OnceLock<Option<String>>,
}

impl Pools {
    /// For the migrations, which run as the owner of the tables.
    pub(super) fn owner(&self) -> &Pool<Db> {
        &self.pool
    }

    pub(super) async fn read(&self, reach: Reach<'_>) -> Result<Reading, sqlx::Error> {
        self.open(&format!("{BEGIN} READ ONLY"), reach).await
    }

    pub(super) async fn begin(&self, reach: Reach<'_>) -> Result<Transaction<'static, Db>, sqlx::Error> {
        self.open(BEGIN, reach).await
    }

    /// Role and reach go with the BEGIN in one round trip. Both end with the transaction: `set_config` with `true`.
    async fn open(&self, begin: &str, reach: Reach<'_>) -> Result<Transaction<'static, Db>, sqlx::Error> {
        let role = self.role.get().and_then(Option::as_deref).map(|role| ("role", role));
        let settings: Vec<String> = role
            .into_iter()
            .chain(walls::setting(reach))
            .map(|(name, value)| format!("set_config('{name}', {}, true)", walls::literal(value)))
            .collect();
        let text =
            if settings.is_empty() { begin.to_owned() } else { format!("{begin}; SELECT {}", settings.join(", ")) };
        self.pool.begin_with(AssertSqlSafe(text)).await
    }
}

/// Lets the running transaction reach these rows, too.
pub(super) async fn reach(connection: &mut Connection, reach: Reach<'_>) -> Result<(), sqlx::Error> {
    if let Some((name, value)) = walls::setting(reach) {
        sqlx::query("SELECT set_config($1, $2, true)").bind(name).bind(value).execute(connection).await?;
    }
    Ok(())
}

/// Row-level security, after the migrations.
pub(super) async fn raise_walls(pools: &Pools) -> Result<(), StoreError> {
    let role = walls::raise(&pools.pool).await?;
    // Set by whoever was first; the others found the same.
    let _ = pools.role.set(role);
    Ok(())
}

#[expect(clippy::unused_async, reason = "SQLite opens its file here")]
pub(super) async fn pools(url: &str, options: &StoreOptions) -> Result<Pools, StoreError> {
    let server = PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Database(error.to_string()))?
        .application_name("yardarm")
        .options([
            ("statement_timeout", options.deadline.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", options.deadline.as_millis().to_string()),
            ("client_connection_check_interval", "1000".to_owned()),
            // What `walls::literal` counts on.
            ("standard_conforming_strings", "on".to_owned()),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(2))
        .acquire_timeout(options.deadline / 2)
        .idle_timeout(Duration::from_mins(5))
        .max_lifetime(Duration::from_mins(30))
        // The driver waits for ever for a server that does not answer while a connection goes back to the pool; those
        // would use the pool up. A connection that does not answer now is closed, and so is one that could not begin and
        // is stuck in a transaction that failed: a ping would not notice that, a statement does.
        .after_release(|connection, _| {
            Box::pin(async move {
                match tokio::time::timeout(Duration::from_secs(1), connection.execute("SELECT 1")).await {
                    Ok(answer) => answer.map(|_| true),
                    Err(_) => Err(sqlx::Error::PoolTimedOut),
                }
            })
        })
        .connect_lazy_with(server.clone());
    Ok(Pools { pool, options: server, role: OnceLock::new() })
}

/// The task that listens, and those who listen to it.
pub(super) struct Hints {
    sender: broadcast::Sender<String>,
    task: JoinHandle<()>,
}

impl Hints {
    pub(super) fn subscribe(&self) -> broadcast::Receiver<String> {
        self.sender.subscribe()
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[expect(clippy::unnecessary_wraps, reason = "SQLite has none")]
pub(super) fn hints(pools: &Pools) -> Option<Hints> {
    let (sender, _) = broadcast::channel(HINTS_KEPT);
    let task = tokio::spawn(listen_for_ever(pools.options.clone(), sender.clone()));
    Some(Hints { sender, task })
}

/// Hints may be lost (while reconnecting, too): readers poll. So nothing is made up for here.
async fn listen_for_ever(options: PgConnectOptions, sender: broadcast::Sender<String>) {
    let pool = Arc::new(
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.application_name("yardarm listen")),
    );
    loop {
        if let Err(error) = listen(&pool, &sender).await {
            tracing::debug!(%error, "not listening for commits of other nodes; polling finds them");
        }
        tokio::time::sleep(Duration::from_millis(1_000 + u64::from(random_byte()) * 16)).await;
    }
}

async fn listen(pool: &Pool<Db>, sender: &broadcast::Sender<String>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    loop {
        match tokio::time::timeout(Duration::from_secs(30), listener.try_recv()).await {
            Ok(Ok(Some(notification))) => {
                // Nobody listening is fine.
                drop(sender.send(notification.payload().to_owned()));
            }
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            // Quiet, or half-open: ask.
            Err(_) => {
                let asked = sqlx::query("SELECT 1").execute(&mut listener);
                tokio::time::timeout(Duration::from_secs(5), asked).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            }
        }
    }
}

fn random_byte() -> u8 {
    let mut byte = [0];
    // Without randomness there is no jitter, which is better than no hints.
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

/// Wakes other nodes when, and only when, the transaction commits.
pub(super) async fn notify(connection: &mut Connection, scope_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(scope_id).execute(connection).await?;
    Ok(())
}

/// VACUUM overwrites old rows when it comes by; nothing hurries it.
#[expect(clippy::unused_async, reason = "SQLite says PRAGMA here")]
pub(super) async fn forgetting(_connection: &mut Connection) -> Result<(), sqlx::Error> {
    Ok(())
}

/// See [`forgetting`].
#[expect(clippy::unused_async, reason = "SQLite says PRAGMA here")]
pub(super) async fn forgotten(_pools: &Pools) -> Result<(), sqlx::Error> {
    Ok(())
}

/// A driver's error in our words. What may pass by itself (connections, resources, restarts, deadlocks, sign-in, a
/// database that is being put back or takes no connections) is "unavailable".
pub(super) fn error(error: sqlx::Error) -> StoreError {
    const MAY_PASS: [&str; 13] =
        ["08", "53", "57", "58", "40", "28", "3D000", "55000", "55P03", "25P02", "25P03", "25P04", "25006"];
    match crate::driver_error(error) {
        Err(known) => known,
        Ok(database) => {
            if database.code().is_some_and(|code| MAY_PASS.iter().any(|class| code.starts_with(class))) {
                StoreError::Unavailable(database.to_string())
            } else {
                StoreError::Database(database.to_string())
            }
        }
    }
}
