//! Sessions, second factors, passkeys and identities.

use async_trait::async_trait;

use super::database::Database;
use super::people::{self, taken};
use super::{Connection, dialect, passkeys};
use crate::reach::Reach;
use crate::{
    CommitError, Identity, Millis, Passkey, SecondFactors, Session, SignInMethod, SignInRow, SignInStore, StoreError,
    Tenant, Totp, text,
};

/// A row written inside a commit. What belongs to a person and not to a tenant is reached as theirs.
pub(super) async fn write(connection: &mut Connection, row: &SignInRow) -> Result<(), CommitError> {
    if let Some(user_id) = row.person() {
        dialect::reach(connection, Reach::Person(user_id)).await.map_err(dialect::error)?;
    }
    match row {
        SignInRow::SetTotp(totp) => set_totp(connection, totp).await.map_err(dialect::error)?,
        SignInRow::RemoveTotp { user_id } => {
            run(connection, "DELETE FROM totp WHERE user_id = $1", &[user_id]).await?;
        }
        SignInRow::SetRecoveryCodes { user_id, hashes } => {
            run(connection, "DELETE FROM recovery_code WHERE user_id = $1", &[user_id]).await?;
            for hash in hashes {
                let insert = "INSERT INTO recovery_code (user_id, hash) VALUES ($1, $2)";
                run(connection, insert, &[user_id, hash]).await?;
            }
        }
        SignInRow::InsertPasskey(passkey) => {
            passkeys::insert(connection, passkey).await.map_err(|error| taken("passkey", error))?;
        }
        SignInRow::RenamePasskey { user_id, id, name } => {
            let update = "UPDATE passkey SET name = $3 WHERE user_id = $1 AND id = $2";
            run(connection, update, &[user_id, id, name]).await?;
        }
        SignInRow::RemovePasskey { user_id, id } => {
            run(connection, "DELETE FROM passkey WHERE user_id = $1 AND id = $2", &[user_id, id]).await?;
        }
        SignInRow::EndSession { user_id, id } => {
            run(connection, "DELETE FROM session WHERE user_id = $1 AND id = $2", &[user_id, id]).await?;
        }
        SignInRow::EndOtherSessions { user_id, keep } => {
            let keep = keep.as_deref().unwrap_or_default();
            run(connection, "DELETE FROM session WHERE user_id = $1 AND hash <> $2", &[user_id, keep]).await?;
        }
        SignInRow::SetSsoSecret { tenant_id, connection_id, secret } => {
            let upsert = "INSERT INTO sso_secret (tenant_id, connection_id, secret) VALUES ($1, $2, $3)
                          ON CONFLICT (tenant_id, connection_id) DO UPDATE SET secret = excluded.secret";
            run(connection, upsert, &[tenant_id, connection_id, secret]).await?;
        }
        SignInRow::RemoveConnection { tenant_id, connection_id } => {
            for delete in [
                "DELETE FROM sso_secret WHERE tenant_id = $1 AND connection_id = $2",
                "DELETE FROM identity WHERE tenant_id = $1 AND connection_id = $2",
                "DELETE FROM session WHERE tenant_id = $1 AND connection_id = $2",
            ] {
                run(connection, delete, &[tenant_id, connection_id]).await?;
            }
        }
        SignInRow::InsertIdentity(identity) => {
            insert_identity(connection, identity).await.map_err(|error| taken("identity", error))?;
        }
    }
    Ok(())
}

/// A statement whose parameters are all text.
async fn run(connection: &mut Connection, sql: &'static str, parameters: &[&str]) -> Result<u64, StoreError> {
    let mut query = sqlx::query(sql);
    for parameter in parameters {
        query = query.bind(*parameter);
    }
    Ok(query.execute(connection).await.map_err(dialect::error)?.rows_affected())
}

async fn set_totp(connection: &mut Connection, totp: &Totp) -> Result<(), sqlx::Error> {
    let Totp { user_id, secret, last_step, created_at } = totp;
    sqlx::query(
        "INSERT INTO totp (user_id, secret, last_step, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE
            SET secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at",
    )
    .bind(user_id)
    .bind(secret)
    .bind(last_step)
    .bind(created_at)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_identity(connection: &mut Connection, identity: &Identity) -> Result<(), sqlx::Error> {
    let Identity { tenant_id, connection_id, subject, user_id, created_at } = identity;
    sqlx::query(
        "INSERT INTO identity (tenant_id, connection_id, subject, user_id, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tenant_id)
    .bind(connection_id)
    .bind(subject)
    .bind(user_id)
    .bind(created_at)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_session(connection: &mut Connection, session: &Session) -> Result<(), StoreError> {
    dialect::reach(connection, Reach::Person(&session.user_id)).await.map_err(dialect::error)?;
    // Who signs in clears away what they left: nothing else removes expired sessions.
    sqlx::query("DELETE FROM session WHERE user_id = $1 AND expires_at <= $2")
        .bind(&session.user_id)
        .bind(session.created_at)
        .execute(&mut *connection)
        .await
        .map_err(dialect::error)?;
    sqlx::query(
        "INSERT INTO session (hash, user_id, tenant_id, id, method, second_factor, connection_id, address, user_agent,
                              created_at, authenticated_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&session.hash)
    .bind(&session.user_id)
    .bind(&session.tenant_id)
    .bind(&session.id)
    .bind(session.method.as_str())
    .bind(session.second_factor)
    .bind(&session.connection_id)
    .bind(&session.address)
    .bind(&session.user_agent)
    .bind(session.created_at)
    .bind(session.authenticated_at)
    .bind(session.expires_at)
    .execute(connection)
    .await
    .map_err(dialect::error)?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    hash: String,
    user_id: String,
    tenant_id: String,
    id: String,
    method: String,
    second_factor: bool,
    connection_id: Option<String>,
    address: String,
    user_agent: String,
    created_at: i64,
    authenticated_at: i64,
    expires_at: i64,
}

fn session_from(row: SessionRow) -> Result<Session, StoreError> {
    let method = SignInMethod::parse(&row.method)?;
    let SessionRow { hash, user_id, tenant_id, id, second_factor, connection_id, address, user_agent, .. } = row;
    let SessionRow { created_at, authenticated_at, expires_at, .. } = row;
    Ok(Session {
        hash,
        user_id,
        tenant_id,
        id,
        method,
        second_factor,
        connection_id,
        address,
        user_agent,
        created_at,
        authenticated_at,
        expires_at,
    })
}

pub(super) async fn session(
    connection: &mut Connection,
    hash: &str,
    now: Millis,
) -> Result<Option<Session>, StoreError> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT hash, user_id, tenant_id, id, method, second_factor, connection_id, address, user_agent,
                created_at, authenticated_at, expires_at
           FROM session
          WHERE hash = $1 AND expires_at > $2",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(connection)
    .await
    .map_err(dialect::error)?;
    row.map(session_from).transpose()
}

pub(super) async fn delete_session(connection: &mut Connection, hash: &str) -> Result<(), StoreError> {
    run(connection, "DELETE FROM session WHERE hash = $1", &[hash]).await?;
    Ok(())
}

async fn sessions(connection: &mut Connection, user_id: &str, now: Millis) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = sqlx::query_as(
        "SELECT hash, user_id, tenant_id, id, method, second_factor, connection_id, address, user_agent,
                created_at, authenticated_at, expires_at
           FROM session
          WHERE user_id = $1 AND expires_at > $2",
    )
    .bind(user_id)
    .bind(now)
    .fetch_all(connection)
    .await
    .map_err(dialect::error)?;
    let mut sessions = rows.into_iter().map(session_from).collect::<Result<Vec<_>, _>>()?;
    sessions.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    Ok(sessions)
}

async fn second_factors(connection: &mut Connection, user_id: &str) -> Result<SecondFactors, StoreError> {
    let (totp, codes, passkeys): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM totp WHERE user_id = $1),
                (SELECT COUNT(*) FROM recovery_code WHERE user_id = $1),
                (SELECT COUNT(*) FROM passkey WHERE user_id = $1)",
    )
    .bind(user_id)
    .fetch_one(connection)
    .await
    .map_err(dialect::error)?;
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(SecondFactors { totp: totp > 0, recovery_codes: count(codes), passkeys: count(passkeys) })
}

/// One statement, so that tries of many nodes at the same moment are all counted.
async fn try_second_factor(
    connection: &mut Connection,
    user_id: &str,
    now: Millis,
    window: Millis,
    most: u32,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO second_factor_try (user_id, since, tries) VALUES ($1, $2, 1)
         ON CONFLICT (user_id) DO UPDATE
            SET since = CASE WHEN second_factor_try.since <= $3 THEN $2 ELSE second_factor_try.since END,
                tries = CASE WHEN second_factor_try.since <= $3 THEN 1 ELSE second_factor_try.tries + 1 END
          WHERE second_factor_try.since <= $3 OR second_factor_try.tries < $4",
    )
    .bind(user_id)
    .bind(now)
    .bind(now - window)
    .bind(i64::from(most))
    .execute(connection)
    .await
    .map_err(dialect::error)?;
    Ok(done.rows_affected() == 1)
}

async fn totp(connection: &mut Connection, user_id: &str) -> Result<Option<Totp>, StoreError> {
    let row: Option<(String, i64, i64)> =
        sqlx::query_as("SELECT secret, last_step, created_at FROM totp WHERE user_id = $1")
            .bind(user_id)
            .fetch_optional(connection)
            .await
            .map_err(dialect::error)?;
    Ok(row.map(|(secret, last_step, created_at)| Totp { user_id: user_id.to_owned(), secret, last_step, created_at }))
}

async fn use_totp_step(connection: &mut Connection, user_id: &str, step: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2")
        .bind(user_id)
        .bind(step)
        .execute(connection)
        .await
        .map_err(dialect::error)?;
    Ok(done.rows_affected() == 1)
}

async fn use_ticket(
    connection: &mut Connection,
    hash: &str,
    expires_at: Millis,
    now: Millis,
) -> Result<bool, StoreError> {
    // An expired ticket is refused before it comes here, so its row can go.
    sqlx::query("DELETE FROM used_ticket WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut *connection)
        .await
        .map_err(dialect::error)?;
    let done = sqlx::query("INSERT INTO used_ticket (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(hash)
        .bind(expires_at)
        .execute(connection)
        .await
        .map_err(dialect::error)?;
    Ok(done.rows_affected() == 1)
}

async fn sso_secret(
    connection: &mut Connection,
    tenant_id: &str,
    connection_id: &str,
) -> Result<Option<String>, StoreError> {
    sqlx::query_scalar("SELECT secret FROM sso_secret WHERE tenant_id = $1 AND connection_id = $2")
        .bind(tenant_id)
        .bind(connection_id)
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)
}

async fn identity(
    connection: &mut Connection,
    tenant_id: &str,
    connection_id: &str,
    subject: &str,
) -> Result<Option<Identity>, StoreError> {
    let row: Option<(String, i64)> = sqlx::query_as(
        "SELECT user_id, created_at FROM identity WHERE tenant_id = $1 AND connection_id = $2 AND subject = $3",
    )
    .bind(tenant_id)
    .bind(connection_id)
    .bind(subject)
    .fetch_optional(connection)
    .await
    .map_err(dialect::error)?;
    Ok(row.map(|(user_id, created_at)| Identity {
        tenant_id: tenant_id.to_owned(),
        connection_id: connection_id.to_owned(),
        subject: subject.to_owned(),
        user_id,
        created_at,
    }))
}

/// A transaction of its own that reaches this and writes.
macro_rules! writing {
    ($database:ident, $reach:expr, |$connection:ident| $work:expr) => {
        $database
            .within(async {
                let mut transaction = $database.begin($reach).await?;
                let $connection: &mut Connection = &mut transaction;
                let done = $work.await?;
                transaction.commit().await.map_err(dialect::error)?;
                Ok(done)
            })
            .await
    };
}

#[async_trait]
impl SignInStore for Database {
    async fn sessions(&self, user_id: &str, now: Millis) -> Result<Vec<Session>, StoreError> {
        self.within(async { sessions(&mut *self.read(Reach::Person(user_id)).await?, user_id, now).await }).await
    }

    async fn tenant_by_key(&self, key: &str) -> Result<Option<Tenant>, StoreError> {
        if text::has_nul([key]) {
            return Ok(None);
        }
        self.within(async { people::tenant_by_key(&mut *self.read(Reach::TenantKey(key)).await?, key).await }).await
    }

    async fn second_factors(&self, user_id: &str) -> Result<SecondFactors, StoreError> {
        self.within(async { second_factors(&mut *self.read(Reach::Person(user_id)).await?, user_id).await }).await
    }

    async fn try_second_factor(
        &self,
        user_id: &str,
        now: Millis,
        window: Millis,
        most: u32,
    ) -> Result<bool, StoreError> {
        writing!(self, Reach::Person(user_id), |connection| try_second_factor(connection, user_id, now, window, most))
    }

    async fn clear_second_factor_tries(&self, user_id: &str) -> Result<(), StoreError> {
        let delete = "DELETE FROM second_factor_try WHERE user_id = $1";
        writing!(self, Reach::Person(user_id), |connection| run(connection, delete, &[user_id])).map(|_: u64| ())
    }

    async fn totp(&self, user_id: &str) -> Result<Option<Totp>, StoreError> {
        self.within(async { totp(&mut *self.read(Reach::Person(user_id)).await?, user_id).await }).await
    }

    async fn use_totp_step(&self, user_id: &str, step: i64) -> Result<bool, StoreError> {
        writing!(self, Reach::Person(user_id), |connection| use_totp_step(connection, user_id, step))
    }

    async fn use_recovery_code(&self, user_id: &str, hash: &str) -> Result<bool, StoreError> {
        let delete = "DELETE FROM recovery_code WHERE user_id = $1 AND hash = $2";
        writing!(self, Reach::Person(user_id), |connection| run(connection, delete, &[user_id, hash]))
            .map(|rows: u64| rows == 1)
    }

    async fn passkeys(&self, user_id: &str) -> Result<Vec<Passkey>, StoreError> {
        self.within(async { passkeys::of_person(&mut *self.read(Reach::Person(user_id)).await?, user_id).await }).await
    }

    async fn passkey(&self, credential_id: &str) -> Result<Option<Passkey>, StoreError> {
        if text::has_nul([credential_id]) {
            return Ok(None);
        }
        let shown = Reach::Secret(credential_id);
        self.within(async { passkeys::by_credential(&mut *self.read(shown).await?, credential_id).await }).await
    }

    async fn use_passkey(&self, credential_id: &str, sign_count: i64, at: Millis) -> Result<bool, StoreError> {
        let shown = Reach::Secret(credential_id);
        writing!(self, shown, |connection| passkeys::note_use(connection, credential_id, sign_count, at))
    }

    async fn use_ticket(&self, hash: &str, expires_at: Millis, now: Millis) -> Result<bool, StoreError> {
        writing!(self, Reach::Nothing, |connection| use_ticket(connection, hash, expires_at, now))
    }

    async fn sso_secret(&self, tenant_id: &str, connection_id: &str) -> Result<Option<String>, StoreError> {
        let own = Reach::Tenant(tenant_id);
        self.within(async { sso_secret(&mut *self.read(own).await?, tenant_id, connection_id).await }).await
    }

    async fn identity(
        &self,
        tenant_id: &str,
        connection_id: &str,
        subject: &str,
    ) -> Result<Option<Identity>, StoreError> {
        if text::has_nul([subject]) {
            return Ok(None);
        }
        let own = Reach::Tenant(tenant_id);
        self.within(async { identity(&mut *self.read(own).await?, tenant_id, connection_id, subject).await }).await
    }

    async fn is_linked(&self, tenant_id: &str, user_id: &str) -> Result<bool, StoreError> {
        self.within(async {
            let connection: &mut Connection = &mut *self.read(Reach::Tenant(tenant_id)).await?;
            let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM identity WHERE tenant_id = $1 AND user_id = $2")
                .bind(tenant_id)
                .bind(user_id)
                .fetch_one(connection)
                .await
                .map_err(dialect::error)?;
            Ok(count > 0)
        })
        .await
    }
}
