//! Databases that tests make on a Postgres server and throw away. With the feature `scratch` only.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::StoreError;

/// A fresh database on a server.
pub struct Scratch {
    server: String,
    name: String,
}

impl Scratch {
    /// Makes it. `server` is the URL of a database on it (`postgres://postgres@localhost/postgres`) of somebody who may
    /// make others.
    pub async fn create(server: &str) -> Result<Self, StoreError> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Database(error.to_string()))?;
        let scratch =
            Self { server: server.to_owned(), name: format!("yardarm_test_{:016x}", u64::from_ne_bytes(bytes)) };
        scratch.run("CREATE DATABASE", "").await?;
        Ok(scratch)
    }

    /// For [`crate::open`].
    pub fn url(&self) -> String {
        let base = self.server.rsplit_once('/').map_or(self.server.as_str(), |(base, _)| base);
        format!("{base}/{}", self.name)
    }

    /// Removes it, whoever is connected, and the roles that are named after it.
    pub async fn remove(&self) -> Result<(), StoreError> {
        self.run("DROP DATABASE", " WITH (FORCE)").await?;
        for role in ["_server", "_plain"] {
            self.run("DROP ROLE IF EXISTS", role).await?;
        }
        Ok(())
    }

    /// What somebody with the database in hand can do: runs a statement on the database of a URL for [`crate::open`], past
    /// everything that the store holds. Gives the number of rows it changed.
    pub async fn tamper(url: &str, statement: &str) -> Result<u64, StoreError> {
        let statement = AssertSqlSafe(statement.to_owned());
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.map_err(failed)?;
            connection.execute("PRAGMA busy_timeout = 60000").await.map_err(failed)?;
            let done = connection.execute(statement).await.map_err(failed)?.rows_affected();
            connection.close().await.map_err(failed)?;
            return Ok(done);
        }
        let mut connection = PgConnection::connect(url).await.map_err(failed)?;
        let done = connection.execute(statement).await.map_err(failed)?.rows_affected();
        connection.close().await.map_err(failed)?;
        Ok(done)
    }

    /// Takes the database of a URL for [`crate::open`] away from everybody until it is given back: PostgreSQL ends their
    /// connections and takes no others; in SQLite somebody else has the one place to write.
    pub async fn take_away(url: &str) -> Result<Away, StoreError> {
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.map_err(failed)?;
            connection.execute("PRAGMA busy_timeout = 60000").await.map_err(failed)?;
            connection.execute("BEGIN IMMEDIATE").await.map_err(failed)?;
            return Ok(Away::Locked(connection));
        }
        let (server, name) = url.rsplit_once('/').unwrap_or((url, ""));
        let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.map_err(failed)?;
        for statement in [
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        ] {
            connection.execute(AssertSqlSafe(statement)).await.map_err(failed)?;
        }
        Ok(Away::Closed(connection, name.to_owned()))
    }

    /// Every row of every table as text, whoever's it is: what a copy of the database would hold.
    pub async fn rows(&self) -> Result<String, StoreError> {
        let mut connection = PgConnection::connect(&self.url()).await.map_err(failed)?;
        let tables = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.map_err(failed)?;
        let mut all = String::new();
        for table in tables {
            let rows = AssertSqlSafe(format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t"));
            all += &sqlx::query_scalar::<_, String>(rows).fetch_one(&mut connection).await.map_err(failed)?;
            all.push('\n');
        }
        connection.close().await.map_err(failed)?;
        Ok(all)
    }

    async fn run(&self, before: &str, after: &str) -> Result<(), StoreError> {
        let mut connection = PgConnection::connect(&self.server).await.map_err(failed)?;
        let statement = format!("{before} {}{after}", self.name);
        connection.execute(AssertSqlSafe(statement)).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: sqlx::Error) -> StoreError {
    StoreError::Database(error.to_string())
}

/// See [`Scratch::take_away`].
pub enum Away {
    /// The writer's lock is held.
    Locked(SqliteConnection),
    /// A server that lets nobody into this database.
    Closed(PgConnection, String),
}

impl Away {
    /// Everybody may have it again.
    pub async fn give_back(self) -> Result<(), StoreError> {
        match self {
            Self::Locked(mut connection) => {
                connection.execute("ROLLBACK").await.map_err(failed)?;
                connection.close().await.map_err(failed)
            }
            Self::Closed(mut connection, name) => {
                let statement = AssertSqlSafe(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
                connection.execute(statement).await.map_err(failed)?;
                connection.close().await.map_err(failed)
            }
        }
    }
}
