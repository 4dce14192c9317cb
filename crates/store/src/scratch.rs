//! Databases that tests make on a Postgres server and throw away. With the feature `scratch` only.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

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

    async fn run(&self, before: &str, after: &str) -> Result<(), StoreError> {
        let failed = |error: sqlx::Error| StoreError::Database(error.to_string());
        let mut connection = PgConnection::connect(&self.server).await.map_err(failed)?;
        let statement = format!("{before} {}{after}", self.name);
        connection.execute(AssertSqlSafe(statement)).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }
}
