//! The log as evidence: entries with what their hashes are made of, several logs at once, signed heads and their keys.

use std::cmp::Reverse;
use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::dialect::error;
use super::read::{of, signed};
use super::{Connection, Db};
use crate::chain::{Entry, EntryDocument, Salted};
use crate::{AuditPlace, AuditQuery, Head, ScopeRef, SignedHead, SigningKey, StoreError};

const COLUMNS: &str = "c.scope_id, c.rev, c.at, c.actor, c.actor_name, c.actor_name_salt, c.actor_name_hash, c.via,
    c.action, c.reason, c.reason_salt, c.reason_hash, c.trace_id, c.prev_hash, c.hash";
/// Logs searched in one statement.
const LOGS_AT_ONCE: usize = 20;
/// Entries whose documents are read in one statement.
const ENTRIES_AT_ONCE: usize = 500;
/// Heads of a log that are kept.
const HEADS_KEPT: i64 = 100;

#[derive(sqlx::FromRow)]
struct Row {
    scope_id: String,
    rev: i64,
    at: i64,
    actor: String,
    actor_name: Option<String>,
    actor_name_salt: Option<String>,
    actor_name_hash: String,
    via: String,
    action: String,
    reason: Option<String>,
    reason_salt: Option<String>,
    reason_hash: String,
    trace_id: String,
    prev_hash: String,
    hash: String,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            scope_id: row.scope_id,
            rev: row.rev.cast_unsigned(),
            at: row.at,
            actor: row.actor,
            actor_name: Salted { hash: row.actor_name_hash, salt: row.actor_name_salt, text: row.actor_name },
            via: row.via,
            action: row.action,
            reason: Salted { hash: row.reason_hash, salt: row.reason_salt, text: row.reason },
            trace_id: row.trace_id,
            documents: Vec::new(),
            prev_hash: row.prev_hash,
            hash: row.hash,
        }
    }
}

pub(super) async fn entries(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    after: u64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut select = QueryBuilder::<Db>::new("SELECT ");
    select.push(COLUMNS).push(" FROM change c WHERE c.tenant_id = ");
    of(&mut select, "c", scope);
    select.push(" AND c.rev > ").push_bind(signed(after));
    select.push(" ORDER BY c.rev LIMIT ").push_bind(i64::from(limit));
    let rows: Vec<Row> = select.build_query_as().fetch_all(&mut *connection).await.map_err(error)?;
    let mut entries: Vec<Entry> = rows.into_iter().map(Entry::from).collect();
    add_documents(connection, scope.tenant_id, &mut entries).await?;
    Ok(entries)
}

/// The newest of each log are read from its index and merged here: no database sorts more than it answers with.
pub(super) async fn audit(connection: &mut Connection, query: &AuditQuery) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    for logs in query.scope_ids.chunks(LOGS_AT_ONCE) {
        let mut select = QueryBuilder::<Db>::new("");
        for (index, scope_id) in logs.iter().enumerate() {
            select.push(if index == 0 { "SELECT * FROM (SELECT " } else { " UNION ALL SELECT * FROM (SELECT " });
            let scope = ScopeRef { tenant_id: &query.tenant_id, id: scope_id };
            select.push(COLUMNS).push(" FROM change c WHERE c.tenant_id = ");
            of(&mut select, "c", scope);
            filter(&mut select, scope, query);
            select.push(" ORDER BY c.at DESC, c.rev DESC LIMIT ").push_bind(i64::from(query.limit));
            select.push(format!(") AS log_{index}"));
        }
        let rows: Vec<Row> =
            select.build_query_as().persistent(false).fetch_all(&mut *connection).await.map_err(error)?;
        entries.extend(rows.into_iter().map(Entry::from));
        entries.sort_by_cached_key(|e| Reverse(AuditPlace { at: e.at, scope_id: e.scope_id.clone(), rev: e.rev }));
        entries.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    }
    add_documents(connection, &query.tenant_id, &mut entries).await?;
    Ok(entries)
}

fn filter(select: &mut QueryBuilder<Db>, scope: ScopeRef<'_>, query: &AuditQuery) {
    // Only the filters in use are in the text, so that the planner can start from the index of the rarest.
    let equal = [
        (" AND c.actor = ", &query.actor),
        (" AND c.via = ", &query.via),
        (" AND c.action = ", &query.action),
        (" AND c.trace_id = ", &query.trace_id),
    ];
    for (text, value) in equal {
        if let Some(value) = value {
            select.push(text).push_bind(value.clone());
        }
    }
    if let Some(since) = query.since {
        select.push(" AND c.at >= ").push_bind(since);
    }
    if let Some(until) = query.until {
        select.push(" AND c.at < ").push_bind(until);
    }
    if let Some(text) = &query.text {
        let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        select.push(" AND LOWER(c.reason) LIKE ").push_bind(format!("%{escaped}%")).push(" ESCAPE '\\'");
    }
    if let Some(place) = &query.after {
        // In the order of (at, log, revision), newest first, this log stands before, at or after the place's.
        match scope.id.cmp(place.scope_id.as_str()) {
            std::cmp::Ordering::Less => {
                select.push(" AND c.at <= ").push_bind(place.at);
            }
            std::cmp::Ordering::Greater => {
                select.push(" AND c.at < ").push_bind(place.at);
            }
            std::cmp::Ordering::Equal => {
                select.push(" AND (c.at < ").push_bind(place.at);
                select.push(" OR (c.at = ").push_bind(place.at);
                select.push(" AND c.rev < ").push_bind(signed(place.rev)).push("))");
            }
        }
    }
    if query.kind.is_none() && query.key.is_none() && query.environment.is_none() {
        return;
    }
    // Of one document: a batch that touched the flag here and another one there is not found by both.
    select.push(" AND c.rev IN (SELECT d.rev FROM change_document d WHERE d.tenant_id = ");
    of(select, "d", scope);
    if let Some(kind) = &query.kind {
        select.push(" AND d.kind = ").push_bind(kind.clone());
    }
    if let Some(key) = &query.key {
        select.push(" AND (d.key = ").push_bind(key.clone()).push(" OR d.leaf = ").push_bind(key.clone()).push(")");
    }
    if let Some(environment) = &query.environment {
        let inside = format!("{environment}/");
        select.push(" AND ((d.kind = 'environment' AND d.key = ").push_bind(environment.clone());
        select.push(") OR (d.kind = 'configuration' AND SUBSTR(d.key, 1, ");
        select.push_bind(i32::try_from(inside.chars().count()).unwrap_or(i32::MAX));
        select.push(") = ").push_bind(inside).push("))");
    }
    select.push(")");
}

/// Revision, kind, key, text, salt, hash.
type DocumentRow = (i64, String, String, Option<String>, Option<String>, Option<String>);

async fn add_documents(connection: &mut Connection, tenant_id: &str, entries: &mut [Entry]) -> Result<(), StoreError> {
    let mut of_log: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        of_log.entry(entry.scope_id.clone()).or_default().push(index);
    }
    for (scope_id, indexes) in of_log {
        for chunk in indexes.chunks(ENTRIES_AT_ONCE) {
            let position: HashMap<u64, usize> =
                chunk.iter().filter_map(|index| Some((entries.get(*index)?.rev, *index))).collect();
            let mut select = QueryBuilder::<Db>::new(
                "SELECT d.rev, d.kind, d.key, d.body, d.body_salt, d.body_hash FROM change_document d WHERE d.tenant_id = ",
            );
            of(&mut select, "d", ScopeRef { tenant_id, id: &scope_id });
            select.push(" AND d.rev IN (");
            let mut list = select.separated(", ");
            for rev in position.keys() {
                list.push_bind(signed(*rev));
            }
            select.push(")");
            let rows: Vec<DocumentRow> =
                select.build_query_as().persistent(false).fetch_all(&mut *connection).await.map_err(error)?;
            for (rev, kind, key, text, salt, hash) in rows {
                let entry = position.get(&rev.cast_unsigned()).and_then(|index| entries.get_mut(*index));
                if let Some(entry) = entry {
                    let body = hash.map(|hash| Salted { hash, salt, text });
                    entry.documents.push(EntryDocument { kind, key, body });
                }
            }
        }
    }
    for entry in entries {
        entry.documents.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
    }
    Ok(())
}

pub(super) async fn moved(connection: &mut Connection, limit: u32) -> Result<Vec<Head>, StoreError> {
    let rows: Vec<(String, String, String, i64, String)> = sqlx::query_as(
        "SELECT s.tenant_id, s.id, s.epoch, c.rev, c.hash
           FROM scope s
           JOIN change c ON c.tenant_id = s.tenant_id AND c.scope_id = s.id AND c.rev = s.rev
           LEFT JOIN audit_head h ON h.tenant_id = s.tenant_id AND h.scope_id = s.id AND h.rev = s.rev AND h.epoch = s.epoch
          WHERE h.scope_id IS NULL
          LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(error)?;
    let head = |(tenant_id, scope_id, epoch, rev, hash): (_, _, _, i64, _)| Head {
        tenant_id,
        scope_id,
        epoch,
        rev: rev.cast_unsigned(),
        hash,
    };
    Ok(rows.into_iter().map(head).collect())
}

pub(super) async fn insert_head(connection: &mut Connection, signed_head: &SignedHead) -> Result<bool, StoreError> {
    let SignedHead { head, at, key_id, signature } = signed_head;
    let done = sqlx::query(
        "INSERT INTO audit_head (tenant_id, scope_id, rev, epoch, hash, at, key_id, signature, shipped)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE)
             ON CONFLICT (tenant_id, scope_id, rev, epoch) DO NOTHING",
    )
    .bind(&head.tenant_id)
    .bind(&head.scope_id)
    .bind(signed(head.rev))
    .bind(&head.epoch)
    .bind(&head.hash)
    .bind(at)
    .bind(key_id)
    .bind(signature)
    .execute(&mut *connection)
    .await
    .map_err(error)?;
    let newest: Option<i64> = sqlx::query_scalar(
        "SELECT rev
           FROM audit_head
          WHERE tenant_id = $1 AND scope_id = $2
          ORDER BY rev DESC
          LIMIT 1 OFFSET $3",
    )
    .bind(&head.tenant_id)
    .bind(&head.scope_id)
    .bind(HEADS_KEPT)
    .fetch_optional(&mut *connection)
    .await
    .map_err(error)?;
    if let Some(rev) = newest {
        sqlx::query("DELETE FROM audit_head WHERE tenant_id = $1 AND scope_id = $2 AND rev <= $3")
            .bind(&head.tenant_id)
            .bind(&head.scope_id)
            .bind(rev)
            .execute(connection)
            .await
            .map_err(error)?;
    }
    Ok(done.rows_affected() > 0)
}

type HeadRow = (String, String, i64, String, String, i64, String, String);

fn signed_head((tenant_id, scope_id, rev, epoch, hash, at, key_id, signature): HeadRow) -> SignedHead {
    SignedHead { head: Head { tenant_id, scope_id, epoch, rev: rev.cast_unsigned(), hash }, at, key_id, signature }
}

pub(super) async fn unshipped(connection: &mut Connection, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
    let rows: Vec<HeadRow> = sqlx::query_as(
        "SELECT tenant_id, scope_id, rev, epoch, hash, at, key_id, signature
           FROM audit_head
          WHERE NOT shipped
          ORDER BY at, rev
          LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(error)?;
    Ok(rows.into_iter().map(signed_head).collect())
}

pub(super) async fn shipped(connection: &mut Connection, scope: ScopeRef<'_>, rev: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE audit_head SET shipped = TRUE WHERE tenant_id = $1 AND scope_id = $2 AND rev = $3")
        .bind(scope.tenant_id)
        .bind(scope.id)
        .bind(signed(rev))
        .execute(connection)
        .await
        .map_err(error)?;
    Ok(())
}

pub(super) async fn heads(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    limit: u32,
) -> Result<Vec<SignedHead>, StoreError> {
    let rows: Vec<HeadRow> = sqlx::query_as(
        "SELECT tenant_id, scope_id, rev, epoch, hash, at, key_id, signature
           FROM audit_head
          WHERE tenant_id = $1 AND scope_id = $2
          ORDER BY rev DESC, at DESC
          LIMIT $3",
    )
    .bind(scope.tenant_id)
    .bind(scope.id)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(error)?;
    Ok(rows.into_iter().map(signed_head).collect())
}

pub(super) async fn insert_signing_key(connection: &mut Connection, key: &SigningKey) -> Result<(), StoreError> {
    let SigningKey { id, public, sealed, created_at } = key;
    sqlx::query("INSERT INTO signing_key (id, public, sealed, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(public)
        .bind(sealed)
        .bind(created_at)
        .execute(connection)
        .await
        .map_err(error)?;
    Ok(())
}

/// Two nodes that start together may both make a key. The first by age and then by id is in use on both.
pub(super) async fn signing_keys(connection: &mut Connection) -> Result<Vec<SigningKey>, StoreError> {
    let rows: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT id, public, sealed, created_at FROM signing_key")
            .fetch_all(connection)
            .await
            .map_err(error)?;
    let key = |(id, public, sealed, created_at)| SigningKey { id, public, sealed, created_at };
    let mut keys: Vec<SigningKey> = rows.into_iter().map(key).collect();
    keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(keys)
}
