//! Reading scopes, current documents and the log.

use sqlx::QueryBuilder;

use super::dialect::error;
use super::{Connection, Db};
use crate::{Attribution, Change, Document, DocumentWrite, HistoryQuery, Scope, ScopeKind, ScopeRef, StoreError};

type ScopeRow = (String, String, String, String, String, i64);

fn scope_from((id, kind, tenant_id, key, epoch, rev): ScopeRow) -> Result<Scope, StoreError> {
    let kind = match kind.as_str() {
        "tenant" => ScopeKind::Tenant,
        "project" => ScopeKind::Project,
        other => return Err(StoreError::Damaged { table: "scope", what: format!("{id} is a {other:?}") }),
    };
    Ok(Scope { id, kind, tenant_id, key, epoch, rev: rev.cast_unsigned() })
}

pub(super) async fn scopes(connection: &mut Connection) -> Result<Vec<Scope>, StoreError> {
    let rows: Vec<ScopeRow> = sqlx::query_as("SELECT id, kind, tenant_id, key, epoch, rev FROM scope")
        .fetch_all(connection)
        .await
        .map_err(error)?;
    rows.into_iter().map(scope_from).collect()
}

pub(super) async fn scope(connection: &mut Connection, id: &str) -> Result<Option<Scope>, StoreError> {
    let row: Option<ScopeRow> = sqlx::query_as("SELECT id, kind, tenant_id, key, epoch, rev FROM scope WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await
        .map_err(error)?;
    row.map(scope_from).transpose()
}

/// One statement, so that the scope's revision and the documents are of the same instant on both databases.
pub(super) async fn load(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
) -> Result<Option<(Scope, Vec<Document>)>, StoreError> {
    type Joined =
        (String, String, String, String, String, i64, Option<String>, Option<String>, Option<i64>, Option<String>);
    let rows: Vec<Joined> = sqlx::query_as(
        "SELECT s.id, s.kind, s.tenant_id, s.key, s.epoch, s.rev, d.kind, d.key, d.rev, d.body
           FROM scope s
           LEFT JOIN document d ON d.tenant_id = s.tenant_id AND d.scope_id = s.id
          WHERE s.tenant_id = $1 AND s.id = $2",
    )
    .bind(scope.tenant_id)
    .bind(scope.id)
    .fetch_all(connection)
    .await
    .map_err(error)?;

    let mut found = None;
    let mut documents = Vec::with_capacity(rows.len());
    for (id, scope_kind, tenant_id, scope_key, epoch, scope_rev, kind, key, rev, body) in rows {
        if found.is_none() {
            found = Some(scope_from((id, scope_kind, tenant_id, scope_key, epoch, scope_rev))?);
        }
        if let (Some(kind), Some(key), Some(rev), Some(body)) = (kind, key, rev, body) {
            documents.push(Document { kind, key, rev: rev.cast_unsigned(), body });
        }
    }
    sort(&mut documents);
    Ok(found.map(|scope| (scope, documents)))
}

/// In Rust, because the databases' collations differ.
pub(super) fn sort(documents: &mut [Document]) {
    documents.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
}

pub(super) async fn document(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    kind: &str,
    key: &str,
) -> Result<Option<Document>, StoreError> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "SELECT rev, body
           FROM document
          WHERE tenant_id = $1 AND scope_id = $2 AND kind = $3 AND key = $4",
    )
    .bind(scope.tenant_id)
    .bind(scope.id)
    .bind(kind)
    .bind(key)
    .fetch_optional(connection)
    .await
    .map_err(error)?;
    Ok(row.map(|(rev, body)| Document { kind: kind.to_owned(), key: key.to_owned(), rev: rev.cast_unsigned(), body }))
}

const CHANGE_COLUMNS: &str = "SELECT c.rev, c.at, c.actor, c.actor_name, c.via, c.action, c.reason, c.trace_id, c.prev_hash, c.hash FROM change c WHERE c.tenant_id = ";

/// The rest of a condition that begins with the tenant: both halves of a scope's name.
pub(super) fn of(select: &mut QueryBuilder<Db>, table: &'static str, scope: ScopeRef<'_>) {
    select.push_bind(scope.tenant_id.to_owned()).push(" AND ").push(table).push(".scope_id = ");
    select.push_bind(scope.id.to_owned());
}

type ChangeRow = (i64, i64, String, Option<String>, String, String, Option<String>, String, String, String);

pub(super) async fn changes(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    after: u64,
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let mut select = QueryBuilder::<Db>::new(CHANGE_COLUMNS);
    of(&mut select, "c", scope);
    select.push(" AND c.rev > ").push_bind(signed(after));
    select.push(" ORDER BY c.rev LIMIT ").push_bind(i64::from(limit));
    let rows: Vec<ChangeRow> = select.build_query_as().fetch_all(&mut *connection).await.map_err(error)?;
    with_documents(connection, scope, rows).await
}

pub(super) async fn change(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    rev: u64,
) -> Result<Option<Change>, StoreError> {
    let mut select = QueryBuilder::<Db>::new(CHANGE_COLUMNS);
    of(&mut select, "c", scope);
    select.push(" AND c.rev = ").push_bind(signed(rev));
    let rows: Vec<ChangeRow> = select.build_query_as().fetch_all(&mut *connection).await.map_err(error)?;
    Ok(with_documents(connection, scope, rows).await?.pop())
}

pub(super) async fn history(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    query: &HistoryQuery,
) -> Result<Vec<Change>, StoreError> {
    let HistoryQuery { kind, key, flag, actor, trace_id, before, limit } = query;
    // Only the filters in use are in the text, so that the planner can start from the index of the rarest.
    let mut select = QueryBuilder::<Db>::new(CHANGE_COLUMNS);
    of(&mut select, "c", scope);
    if let Some(before) = before {
        select.push(" AND c.rev < ").push_bind(signed(*before));
    }
    if let Some(actor) = actor {
        select.push(" AND c.actor = ").push_bind(actor);
    }
    if let Some(trace_id) = trace_id {
        select.push(" AND c.trace_id = ").push_bind(trace_id);
    }
    if kind.is_some() || key.is_some() {
        select.push(" AND c.rev IN (SELECT d.rev FROM change_document d WHERE d.tenant_id = ");
        of(&mut select, "d", scope);
        if let Some(kind) = kind {
            select.push(" AND d.kind = ").push_bind(kind);
        }
        if let Some(key) = key {
            select.push(" AND d.key = ").push_bind(key);
        }
        select.push(")");
    }
    if let Some(flag) = flag {
        select.push(" AND c.rev IN (SELECT d.rev FROM change_document d WHERE d.tenant_id = ");
        of(&mut select, "d", scope);
        select.push(" AND d.kind IN ('flag', 'configuration') AND d.leaf = ").push_bind(flag).push(")");
    }
    select.push(" ORDER BY c.rev DESC LIMIT ").push_bind(i64::from(*limit));
    let rows: Vec<ChangeRow> = select.build_query_as().fetch_all(&mut *connection).await.map_err(error)?;
    with_documents(connection, scope, rows).await
}

/// Revision, kind, key, text, and the hash of a text that was redacted.
type DocumentRow = (i64, String, String, Option<String>, Option<String>);

/// A second statement is safe without a transaction: a change and its documents appear together, and what can happen to
/// them later (a redaction, pruning) leaves them out.
async fn with_documents(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    rows: Vec<ChangeRow>,
) -> Result<Vec<Change>, StoreError> {
    let mut changes: Vec<Change> = rows
        .into_iter()
        .map(|(rev, at, actor, actor_name, via, action, reason, trace_id, prev_hash, hash)| {
            let (actor_name, reason) = (actor_name.unwrap_or_default(), reason.unwrap_or_default());
            Change {
                rev: rev.cast_unsigned(),
                attribution: Attribution { actor, actor_name, via, action, reason, trace_id, at },
                prev_hash,
                hash,
                documents: Vec::new(),
                redacted: Vec::new(),
            }
        })
        .collect();
    if changes.is_empty() {
        return Ok(changes);
    }
    let position: std::collections::HashMap<u64, usize> =
        changes.iter().enumerate().map(|(index, change)| (change.rev, index)).collect();
    for chunk in changes.iter().map(|c| signed(c.rev)).collect::<Vec<_>>().chunks(1_000) {
        let mut select = QueryBuilder::<Db>::new(
            "SELECT d.rev, d.kind, d.key, d.body, CASE WHEN d.body IS NULL THEN d.body_hash END
               FROM change_document d
              WHERE d.tenant_id = ",
        );
        of(&mut select, "d", scope);
        select.push(" AND d.rev IN (");
        let mut list = select.separated(", ");
        for rev in chunk {
            list.push_bind(*rev);
        }
        select.push(")");
        let rows: Vec<DocumentRow> =
            select.build_query_as().persistent(false).fetch_all(&mut *connection).await.map_err(error)?;
        for (rev, kind, key, body, redacted) in rows {
            if let Some(change) = position.get(&rev.cast_unsigned()).and_then(|index| changes.get_mut(*index)) {
                match redacted {
                    Some(_) => change.redacted.push((kind, key)),
                    None => change.documents.push(DocumentWrite { kind, key, body }),
                }
            }
        }
    }
    for change in &mut changes {
        change.documents.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
        change.redacted.sort();
    }
    Ok(changes)
}

/// A revision as a parameter. What does not fit is above every revision.
pub(super) fn signed(rev: u64) -> i64 {
    i64::try_from(rev).unwrap_or(i64::MAX)
}
