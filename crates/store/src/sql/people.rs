//! Tenants, users, memberships, sessions, access tokens and one-time links.

use super::{Connection, dialect, sign_in, webhooks};
use crate::reach::Reach;
use crate::{
    AccessToken, CommitError, LinkPurpose, Membership, Millis, OneTimeLink, RowWrite, StoreError, Tenant, User,
    UserKind,
};

/// A row written inside a commit, `tenant_id` being the tenant of the commit's scope.
pub(super) async fn write(connection: &mut Connection, tenant_id: &str, row: &RowWrite) -> Result<(), CommitError> {
    match row {
        RowWrite::InsertScope(_) | RowWrite::AlsoLog { .. } | RowWrite::Redact { .. } | RowWrite::Prune { .. } => {
            Err(refused("this is written with the log"))
        }
        RowWrite::InsertTenant(tenant) => insert_tenant(connection, tenant).await,
        RowWrite::RenameTenant { id, name } => {
            let done = sqlx::query("UPDATE tenant SET name = $2 WHERE id = $1")
                .bind(id)
                .bind(name)
                .execute(connection)
                .await
                .map_err(dialect::error)?;
            present(done.rows_affected(), "no such tenant")
        }
        RowWrite::InsertUser(user) => {
            if user.tenant_id.as_ref().is_some_and(|own| own != tenant_id) {
                return Err(refused("an account of another tenant"));
            }
            insert_user(connection, user).await
        }
        RowWrite::UpsertMembership(membership) => Ok(upsert_membership(connection, membership).await?),
        RowWrite::DeleteMembership { tenant_id, user_id } => {
            Ok(delete_membership(connection, tenant_id, user_id).await.map_err(dialect::error)?)
        }
        RowWrite::SetPassword { user_id, password_hash } => {
            dialect::reach(connection, Reach::Person(user_id)).await.map_err(dialect::error)?;
            // What a tenant made is signed in to by what the tenant says, and by nothing else.
            let done = sqlx::query("UPDATE app_user SET password_hash = $2 WHERE id = $1 AND tenant_id IS NULL")
                .bind(user_id)
                .bind(password_hash)
                .execute(&mut *connection)
                .await
                .map_err(dialect::error)?;
            present(done.rows_affected(), "nobody has such an account of their own")?;
            sqlx::query("DELETE FROM session WHERE user_id = $1")
                .bind(user_id)
                .execute(connection)
                .await
                .map_err(dialect::error)?;
            Ok(())
        }
        RowWrite::SignIn(row) => sign_in::write(connection, row).await,
        RowWrite::InsertAccessToken(token) => insert_access_token(connection, token).await,
        RowWrite::RevokeAccessToken { id, at } => {
            let done = sqlx::query(
                "UPDATE access_token SET revoked_at = COALESCE(revoked_at, $3) WHERE id = $1 AND tenant_id = $2",
            )
            .bind(id)
            .bind(tenant_id)
            .bind(at)
            .execute(connection)
            .await
            .map_err(dialect::error)?;
            present(done.rows_affected(), "no such access token in this tenant")
        }
        RowWrite::InsertLink(link) => Ok(insert_link(connection, link).await?),
        RowWrite::DeleteInvitationLinks(invitation_id) => {
            sqlx::query("DELETE FROM one_time_link WHERE invitation_id = $1 AND tenant_id = $2")
                .bind(invitation_id)
                .bind(tenant_id)
                .execute(connection)
                .await
                .map_err(dialect::error)?;
            Ok(())
        }
        RowWrite::Webhook(row) => webhooks::write(connection, tenant_id, row).await,
        RowWrite::UseLink { hash, at } => {
            dialect::reach(connection, Reach::Secret(hash)).await.map_err(dialect::error)?;
            if use_link(connection, hash, *at).await? { Ok(()) } else { Err(CommitError::Taken("link")) }
        }
    }
}

fn refused(what: &str) -> CommitError {
    StoreError::Database(what.to_owned()).into()
}

fn present(rows: u64, otherwise: &str) -> Result<(), CommitError> {
    if rows == 0 { Err(refused(otherwise)) } else { Ok(()) }
}

/// A unique row exists already, or the database failed.
pub(super) fn taken(what: &'static str, error: sqlx::Error) -> CommitError {
    if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
        CommitError::Taken(what)
    } else {
        dialect::error(error).into()
    }
}

pub(super) async fn insert_tenant(connection: &mut Connection, tenant: &Tenant) -> Result<(), CommitError> {
    let Tenant { id, key, name, created_at } = tenant;
    sqlx::query("INSERT INTO tenant (id, key, name, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(key)
        .bind(name)
        .bind(created_at)
        .execute(connection)
        .await
        .map_err(|error| taken("tenant.key", error))?;
    Ok(())
}

async fn insert_user(connection: &mut Connection, user: &User) -> Result<(), CommitError> {
    let User { id, kind, tenant_id, email, name, password_hash, operator, created_at } = user;
    dialect::reach(connection, Reach::Person(id)).await.map_err(dialect::error)?;
    let address = Some(email.to_lowercase()).filter(|email| !email.is_empty());
    let (own, in_tenant) = if tenant_id.is_none() { (address, None) } else { (None, address) };
    sqlx::query(
        "INSERT INTO app_user (id, kind, email, name, password_hash, operator, created_at, tenant_id, tenant_email)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(match kind {
        UserKind::Person => "person",
        UserKind::ServiceAccount => "service_account",
    })
    .bind(own)
    .bind(name)
    .bind(password_hash)
    .bind(operator)
    .bind(created_at)
    .bind(tenant_id)
    .bind(in_tenant)
    .execute(connection)
    .await
    .map_err(|error| taken("user.email", error))?;
    Ok(())
}

async fn upsert_membership(connection: &mut Connection, membership: &Membership) -> Result<(), StoreError> {
    let Membership { tenant_id, user_id } = membership;
    dialect::reach(connection, Reach::Person(user_id)).await.map_err(dialect::error)?;
    let whose: Option<Option<String>> = sqlx::query_scalar("SELECT tenant_id FROM app_user WHERE id = $1")
        .bind(user_id)
        .fetch_optional(&mut *connection)
        .await
        .map_err(dialect::error)?;
    if whose.flatten().is_some_and(|whose| whose != *tenant_id) {
        return Err(StoreError::Database("an account of another tenant".to_owned()));
    }
    sqlx::query(
        "INSERT INTO membership (tenant_id, user_id) VALUES ($1, $2)
         ON CONFLICT (tenant_id, user_id) DO NOTHING",
    )
    .bind(tenant_id)
    .bind(user_id)
    .execute(connection)
    .await
    .map_err(dialect::error)?;
    Ok(())
}

async fn delete_membership(connection: &mut Connection, tenant_id: &str, user_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM membership WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant_id)
        .bind(user_id)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM session WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant_id)
        .bind(user_id)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_access_token(connection: &mut Connection, token: &AccessToken) -> Result<(), CommitError> {
    let AccessToken { id, hash, tenant_id, user_id, expires_at, last_used_at, revoked_at } = token;
    sqlx::query(
        "INSERT INTO access_token (id, hash, tenant_id, user_id, expires_at, last_used_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(hash)
    .bind(tenant_id)
    .bind(user_id)
    .bind(expires_at)
    .bind(last_used_at)
    .bind(revoked_at)
    .execute(connection)
    .await
    .map_err(|error| taken("token", error))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: String,
    kind: String,
    tenant_id: Option<String>,
    email: Option<String>,
    name: String,
    password_hash: Option<String>,
    operator: bool,
    created_at: i64,
}

fn user_from(row: UserRow) -> Result<User, StoreError> {
    let UserRow { id, kind, tenant_id, email, name, password_hash, operator, created_at } = row;
    let kind = match kind.as_str() {
        "person" => UserKind::Person,
        "service_account" => UserKind::ServiceAccount,
        other => return Err(StoreError::Damaged { table: "app_user", what: format!("{other:?} is not a kind") }),
    };
    let email = email.unwrap_or_default();
    Ok(User { id, kind, tenant_id, email, name, password_hash, operator, created_at })
}

/// The columns of a user, of the table as `u`.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.kind, u.tenant_id, COALESCE(u.email, u.tenant_email) AS email, u.name, u.password_hash,
                    u.operator, u.created_at ",
            $rest
        )
    };
}

pub(super) async fn user(connection: &mut Connection, id: &str) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = sqlx::query_as(users!("FROM app_user u WHERE u.id = $1"))
        .bind(id)
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)?;
    row.map(user_from).transpose()
}

pub(super) async fn user_by_email(connection: &mut Connection, email: &str) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = sqlx::query_as(users!("FROM app_user u WHERE u.email = $1"))
        .bind(email)
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)?;
    row.map(user_from).transpose()
}

pub(super) async fn user_of_tenant(
    connection: &mut Connection,
    tenant_id: &str,
    email: &str,
) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = sqlx::query_as(users!("FROM app_user u WHERE u.tenant_id = $1 AND u.tenant_email = $2"))
        .bind(tenant_id)
        .bind(email)
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)?;
    row.map(user_from).transpose()
}

pub(super) async fn any_user(connection: &mut Connection) -> Result<bool, StoreError> {
    let row: Option<String> = sqlx::query_scalar("SELECT id FROM app_user WHERE kind = 'person' LIMIT 1")
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)?;
    Ok(row.is_some())
}

pub(super) async fn memberships(connection: &mut Connection, user_id: &str) -> Result<Vec<Membership>, StoreError> {
    let mut tenants: Vec<String> = sqlx::query_scalar("SELECT tenant_id FROM membership WHERE user_id = $1")
        .bind(user_id)
        .fetch_all(connection)
        .await
        .map_err(dialect::error)?;
    tenants.sort();
    Ok(tenants.into_iter().map(|tenant_id| Membership { tenant_id, user_id: user_id.to_owned() }).collect())
}

pub(super) async fn members(connection: &mut Connection, tenant_id: &str) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = sqlx::query_as(users!(
        "FROM membership m
           JOIN app_user u ON u.id = m.user_id
          WHERE m.tenant_id = $1"
    ))
    .bind(tenant_id)
    .fetch_all(connection)
    .await
    .map_err(dialect::error)?;
    let mut members = rows.into_iter().map(user_from).collect::<Result<Vec<_>, StoreError>>()?;
    members.sort_by(|a, b| (&a.email, &a.id).cmp(&(&b.email, &b.id)));
    Ok(members)
}

pub(super) async fn tenant(connection: &mut Connection, id: &str) -> Result<Option<Tenant>, StoreError> {
    let row: Option<(String, String, String, i64)> =
        sqlx::query_as("SELECT id, key, name, created_at FROM tenant WHERE id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await
            .map_err(dialect::error)?;
    Ok(row.map(|(id, key, name, created_at)| Tenant { id, key, name, created_at }))
}

pub(super) async fn tenant_by_key(connection: &mut Connection, key: &str) -> Result<Option<Tenant>, StoreError> {
    let row: Option<(String, String, i64)> = sqlx::query_as("SELECT id, name, created_at FROM tenant WHERE key = $1")
        .bind(key)
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)?;
    Ok(row.map(|(id, name, created_at)| Tenant { id, key: key.to_owned(), name, created_at }))
}

/// Only of a member: a token dies with the membership.
pub(super) async fn access_token(
    connection: &mut Connection,
    hash: &str,
    now: Millis,
) -> Result<Option<AccessToken>, StoreError> {
    let row: Option<AccessToken> = sqlx::query_as(
        "SELECT id, hash, tenant_id, user_id, expires_at, last_used_at, revoked_at
           FROM access_token
          WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(&mut *connection)
    .await
    .map_err(dialect::error)?;
    let Some(token) = row else { return Ok(None) };
    // The secret opens its own row only; the membership is the tenant's.
    dialect::reach(connection, Reach::Tenant(&token.tenant_id)).await.map_err(dialect::error)?;
    let member: Option<String> =
        sqlx::query_scalar("SELECT user_id FROM membership WHERE tenant_id = $1 AND user_id = $2")
            .bind(&token.tenant_id)
            .bind(&token.user_id)
            .fetch_optional(connection)
            .await
            .map_err(dialect::error)?;
    Ok(member.map(|_| token))
}

pub(super) async fn access_tokens(
    connection: &mut Connection,
    tenant_id: &str,
) -> Result<Vec<AccessToken>, StoreError> {
    let rows: Vec<AccessToken> = sqlx::query_as(
        "SELECT id, hash, tenant_id, user_id, expires_at, last_used_at, revoked_at
           FROM access_token
          WHERE tenant_id = $1",
    )
    .bind(tenant_id)
    .fetch_all(connection)
    .await
    .map_err(dialect::error)?;
    let mut tokens: Vec<AccessToken> = rows;
    tokens.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(tokens)
}

pub(super) async fn touch_access_token(
    connection: &mut Connection,
    tenant_id: &str,
    id: &str,
    at: Millis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE access_token SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant_id)
        .bind(id)
        .bind(at)
        .execute(connection)
        .await
        .map_err(dialect::error)?;
    Ok(())
}

pub(super) async fn insert_link(connection: &mut Connection, link: &OneTimeLink) -> Result<(), StoreError> {
    let OneTimeLink { hash, purpose, user_id, tenant_id, invitation_id, expires_at } = link;
    sqlx::query(
        "INSERT INTO one_time_link (hash, purpose, user_id, tenant_id, invitation_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(hash)
    .bind(match purpose {
        LinkPurpose::Setup => "setup",
        LinkPurpose::SignIn => "sign_in",
        LinkPurpose::Invitation => "invitation",
    })
    .bind(user_id)
    .bind(tenant_id)
    .bind(invitation_id)
    .bind(expires_at)
    .execute(connection)
    .await
    .map_err(dialect::error)?;
    Ok(())
}

pub(super) async fn link(
    connection: &mut Connection,
    hash: &str,
    now: Millis,
) -> Result<Option<OneTimeLink>, StoreError> {
    type Row = (String, Option<String>, Option<String>, Option<String>, i64);
    let row: Option<Row> = sqlx::query_as(
        "SELECT purpose, user_id, tenant_id, invitation_id, expires_at
           FROM one_time_link
          WHERE hash = $1 AND expires_at > $2",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(connection)
    .await
    .map_err(dialect::error)?;
    let Some((purpose, user_id, tenant_id, invitation_id, expires_at)) = row else { return Ok(None) };
    let purpose = match purpose.as_str() {
        "setup" => LinkPurpose::Setup,
        "sign_in" => LinkPurpose::SignIn,
        "invitation" => LinkPurpose::Invitation,
        other => {
            return Err(StoreError::Damaged { table: "one_time_link", what: format!("{other:?} is not a purpose") });
        }
    };
    Ok(Some(OneTimeLink { hash: hash.to_owned(), purpose, user_id, tenant_id, invitation_id, expires_at }))
}

/// A used link is a removed one: of two who delete the same row, one finds it.
pub(super) async fn use_link(connection: &mut Connection, hash: &str, now: Millis) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM one_time_link WHERE hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now)
        .execute(connection)
        .await
        .map_err(dialect::error)?;
    Ok(done.rows_affected() == 1)
}
