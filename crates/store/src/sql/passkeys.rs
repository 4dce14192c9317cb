//! Passkeys: what is kept of a credential, and how often it was used.

use super::{Connection, dialect};
use crate::{Millis, Passkey, StoreError};

pub(super) async fn insert(connection: &mut Connection, passkey: &Passkey) -> Result<(), sqlx::Error> {
    let Passkey { id, user_id, credential_id, public_key, sign_count, name, created_at, last_used_at } = passkey;
    sqlx::query(
        "INSERT INTO passkey (id, user_id, credential_id, public_key, sign_count, name, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(user_id)
    .bind(credential_id)
    .bind(public_key)
    .bind(sign_count)
    .bind(name)
    .bind(created_at)
    .bind(last_used_at)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn of_person(connection: &mut Connection, user_id: &str) -> Result<Vec<Passkey>, StoreError> {
    let mut passkeys: Vec<Passkey> = sqlx::query_as(
        "SELECT id, user_id, credential_id, public_key, sign_count, name, created_at, last_used_at
           FROM passkey
          WHERE user_id = $1",
    )
    .bind(user_id)
    .fetch_all(connection)
    .await
    .map_err(dialect::error)?;
    passkeys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(passkeys)
}

pub(super) async fn by_credential(
    connection: &mut Connection,
    credential_id: &str,
) -> Result<Option<Passkey>, StoreError> {
    sqlx::query_as(
        "SELECT id, user_id, credential_id, public_key, sign_count, name, created_at, last_used_at
           FROM passkey
          WHERE credential_id = $1",
    )
    .bind(credential_id)
    .fetch_optional(connection)
    .await
    .map_err(dialect::error)
}

/// An authenticator that does not count says 0 for ever (`WebAuthn`, 6.1.1).
pub(super) async fn note_use(
    connection: &mut Connection,
    credential_id: &str,
    sign_count: i64,
    at: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE passkey SET sign_count = $2, last_used_at = $3
          WHERE credential_id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
    )
    .bind(credential_id)
    .bind(sign_count)
    .bind(at)
    .execute(connection)
    .await
    .map_err(dialect::error)?;
    Ok(done.rows_affected() == 1)
}
