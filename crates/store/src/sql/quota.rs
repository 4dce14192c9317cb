//! What a tenant has, and whether a commit may add to it.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::dialect::error;
use super::{Connection, Db};
use crate::quota::{Counted, OVERRIDES, Quota, overridden};
use crate::{CommitError, DocumentWrite, Millis, ScopeKind, StoreError};

/// Keys in one statement.
const KEYS_AT_ONCE: usize = 1_000;

/// Documents that a commit leaves in a scope.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) scope_id: &'a str,
    pub(super) documents: &'a [DocumentWrite],
}

/// Refuses a commit that would leave a tenant with more than it may have. Called after the locks of the commit's own
/// scopes; it takes the tenant's as well, whose id sorts after those of projects, so the order of locks stays the same.
pub(super) async fn check(
    connection: &mut Connection,
    tenant_id: &str,
    left: &[Left<'_>],
    quotas: &[Quota],
    at: Millis,
) -> Result<(), CommitError> {
    let mut locked = false;
    for quota in quotas {
        let counted = quota.counted;
        let mut adding = 0;
        for Left { scope_id, documents } in
            left.iter().filter(|left| kind_of(left.scope_id, tenant_id) == counted.scope)
        {
            let new: Vec<&DocumentWrite> = documents
                .iter()
                .filter(|document| document.kind == counted.kind)
                .filter(|document| document.body.as_deref().is_some_and(|body| counted.counts(body, at)))
                .collect();
            adding += added(connection, (tenant_id, scope_id), counted, &new, at).await?;
        }
        if adding == 0 {
            continue;
        }
        if !locked {
            lock(connection, tenant_id).await?;
            locked = true;
        }
        let most = overridden(overrides(connection, tenant_id).await?.as_deref(), quota);
        let used = used(connection, tenant_id, counted, at).await?;
        if used + adding > most {
            return Err(CommitError::Full { name: quota.name, used, adding, most });
        }
    }
    Ok(())
}

fn kind_of(scope_id: &str, tenant_id: &str) -> ScopeKind {
    if scope_id == tenant_id { ScopeKind::Tenant } else { ScopeKind::Project }
}

/// How many of the documents did not count before.
async fn added(
    connection: &mut Connection,
    (tenant_id, scope_id): (&str, &str),
    counted: Counted,
    new: &[&DocumentWrite],
    at: Millis,
) -> Result<u64, StoreError> {
    let mut added = 0;
    for chunk in new.chunks(KEYS_AT_ONCE) {
        let mut select = QueryBuilder::<Db>::new("SELECT key, body FROM document WHERE tenant_id = ");
        select
            .push_bind(tenant_id)
            .push(" AND scope_id = ")
            .push_bind(scope_id)
            .push(" AND kind = ")
            .push_bind(counted.kind)
            .push(" AND key IN (");
        let mut keys = select.separated(", ");
        for document in chunk {
            keys.push_bind(&document.key);
        }
        select.push(")");
        let old: Vec<(String, String)> =
            select.build_query_as().persistent(false).fetch_all(&mut *connection).await.map_err(error)?;
        let old: HashMap<&str, &str> = old.iter().map(|(key, body)| (key.as_str(), body.as_str())).collect();
        let counted_before =
            chunk.iter().filter(|new| old.get(new.key.as_str()).is_some_and(|body| counted.counts(body, at))).count();
        added += (chunk.len() - counted_before) as u64;
    }
    Ok(added)
}

/// Whoever adds to a tenant waits here for the others who do.
async fn lock(connection: &mut Connection, tenant_id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE scope SET rev = rev WHERE tenant_id = $1 AND id = $1")
        .bind(tenant_id)
        .execute(connection)
        .await
        .map(drop)
        .map_err(error)
}

async fn overrides(connection: &mut Connection, tenant_id: &str) -> Result<Option<String>, StoreError> {
    sqlx::query_scalar("SELECT body FROM document WHERE tenant_id = $1 AND scope_id = $1 AND kind = $2 AND key = $2")
        .bind(tenant_id)
        .bind(OVERRIDES)
        .fetch_optional(connection)
        .await
        .map_err(error)
}

/// Documents of a kind in all scopes of a tenant: an entry of the primary key's index for each.
pub(super) async fn used(
    connection: &mut Connection,
    tenant_id: &str,
    counted: Counted,
    at: Millis,
) -> Result<u64, StoreError> {
    if counted.ends.is_empty() {
        let used: i64 = sqlx::query_scalar(
            "SELECT COUNT(*)
               FROM document d
               JOIN scope s ON s.tenant_id = d.tenant_id AND s.id = d.scope_id
              WHERE d.tenant_id = $1 AND s.kind = $2 AND d.kind = $3",
        )
        .bind(tenant_id)
        .bind(word(counted.scope))
        .bind(counted.kind)
        .fetch_one(connection)
        .await
        .map_err(error)?;
        return Ok(used.cast_unsigned());
    }
    let bodies: Vec<String> = sqlx::query_scalar(
        "SELECT d.body
           FROM document d
           JOIN scope s ON s.tenant_id = d.tenant_id AND s.id = d.scope_id
          WHERE d.tenant_id = $1 AND s.kind = $2 AND d.kind = $3",
    )
    .bind(tenant_id)
    .bind(word(counted.scope))
    .bind(counted.kind)
    .fetch_all(connection)
    .await
    .map_err(error)?;
    Ok(bodies.iter().filter(|body| counted.counts(body, at)).count() as u64)
}

fn word(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Tenant => "tenant",
        ScopeKind::Project => "project",
    }
}

/// Characters of all current documents of a tenant: reads all of them.
pub(super) async fn stored(connection: &mut Connection, tenant_id: &str) -> Result<u64, StoreError> {
    let stored: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(SUM(LENGTH(d.body)) AS BIGINT)
           FROM document d
          WHERE d.tenant_id = $1",
    )
    .bind(tenant_id)
    .fetch_one(connection)
    .await
    .map_err(error)?;
    Ok(stored.unwrap_or_default().cast_unsigned())
}

/// When each of the documents that count now was first written, as far as the log goes back; oldest first.
pub(super) async fn made_at(
    connection: &mut Connection,
    tenant_id: &str,
    counted: Counted,
    now: Millis,
) -> Result<Vec<Millis>, StoreError> {
    let made: Vec<(Millis, String)> = sqlx::query_as(
        "SELECT c.at, f.body
           FROM (SELECT d.scope_id, d.key, d.body, MIN(w.rev) AS rev
                   FROM document d
                   JOIN scope s ON s.tenant_id = d.tenant_id AND s.id = d.scope_id
                   JOIN change_document w ON w.tenant_id = d.tenant_id AND w.scope_id = d.scope_id AND w.kind = d.kind AND w.key = d.key
                  WHERE d.tenant_id = $1 AND s.kind = $2 AND d.kind = $3
                  GROUP BY d.scope_id, d.key, d.body) f
           JOIN change c ON c.tenant_id = $1 AND c.scope_id = f.scope_id AND c.rev = f.rev",
    )
    .bind(tenant_id)
    .bind(word(counted.scope))
    .bind(counted.kind)
    .fetch_all(connection)
    .await
    .map_err(error)?;
    let mut made: Vec<Millis> =
        made.into_iter().filter(|(_, body)| counted.counts(body, now)).map(|(at, _)| at).collect();
    made.sort_unstable();
    Ok(made)
}
