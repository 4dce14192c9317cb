//! What was, and what was taken out of it: documents at a revision, redactions, pruning.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sqlx::QueryBuilder;

use super::dialect::{self, error};
use super::read::{signed, sort};
use super::{Connection, Db};
use crate::chain::{Salted, hex};
use crate::{BaseDocument, CommitError, Document, Gone, Millis, Past, Prunable, RowWrite, ScopeRef, StoreError};

/// Documents asked for in one statement.
const AT_ONCE: usize = 200;

/// Up to where a log was pruned.
async fn pruned(connection: &mut Connection, scope: ScopeRef<'_>) -> Result<u64, StoreError> {
    let pruned: Option<i64> = sqlx::query_scalar("SELECT pruned FROM scope WHERE id = $1 AND tenant_id = $2")
        .bind(scope.id)
        .bind(scope.tenant_id)
        .fetch_optional(connection)
        .await
        .map_err(error)?;
    Ok(pruned.unwrap_or_default().cast_unsigned())
}

/// What was at a prune mark is known; what was before it is not.
async fn known(connection: &mut Connection, scope: ScopeRef<'_>, rev: u64) -> Result<(), StoreError> {
    let pruned = pruned(connection, scope).await?;
    if rev < pruned { Err(StoreError::Gone(Gone::Pruned(pruned))) } else { Ok(()) }
}

pub(super) async fn document_at(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    kind: &str,
    key: &str,
    rev: u64,
) -> Result<Option<Document>, StoreError> {
    known(connection, scope, rev).await?;
    let row: Option<(i64, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT rev, body, body_hash
           FROM change_document
          WHERE tenant_id = $1 AND scope_id = $2 AND kind = $3 AND key = $4 AND rev <= $5
          ORDER BY rev DESC
          LIMIT 1",
    )
    .bind(scope.tenant_id)
    .bind(scope.id)
    .bind(kind)
    .bind(key)
    .bind(signed(rev))
    .fetch_optional(connection)
    .await
    .map_err(error)?;
    match row {
        None | Some((_, None, None)) => Ok(None),
        Some((_, None, Some(_))) => Err(StoreError::Gone(Gone::Redacted)),
        Some((rev, Some(body), _)) => {
            Ok(Some(Document { kind: kind.to_owned(), key: key.to_owned(), rev: rev.cast_unsigned(), body }))
        }
    }
}

const NEWEST: &str = "SELECT d.kind, d.key, d.rev, d.body, d.body_salt, d.body_hash
           FROM change_document d
           JOIN (SELECT kind, key, MAX(rev) AS rev
                   FROM change_document
                  WHERE tenant_id = $1 AND scope_id = $2 AND rev <= $3
                  GROUP BY kind, key) newest
             ON newest.kind = d.kind AND newest.key = d.key AND newest.rev = d.rev
          WHERE d.tenant_id = $1 AND d.scope_id = $2 AND d.body_hash IS NOT NULL";

type NewestRow = (String, String, i64, Option<String>, Option<String>, String);

pub(super) async fn documents_at(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    rev: u64,
) -> Result<Vec<Document>, StoreError> {
    known(connection, scope, rev).await?;
    let rows: Vec<NewestRow> = sqlx::query_as(NEWEST)
        .bind(scope.tenant_id)
        .bind(scope.id)
        .bind(signed(rev))
        .fetch_all(connection)
        .await
        .map_err(error)?;
    let mut documents = Vec::with_capacity(rows.len());
    for (kind, key, rev, body, _, _) in rows {
        let body = body.ok_or(StoreError::Gone(Gone::Redacted))?;
        documents.push(Document { kind, key, rev: rev.cast_unsigned(), body });
    }
    sort(&mut documents);
    Ok(documents)
}

pub(super) async fn past(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    rev: u64,
    documents: &[(String, String)],
) -> Result<Vec<Past>, StoreError> {
    if rev < pruned(connection, scope).await? {
        return Ok(vec![Past::Pruned; documents.len()]);
    }
    let mut found: HashMap<(String, String), Past> = HashMap::with_capacity(documents.len());
    for chunk in documents.chunks(AT_ONCE) {
        let mut select = QueryBuilder::<Db>::new(
            "SELECT d.kind, d.key, d.body, d.body_hash
               FROM change_document d
               JOIN (SELECT kind, key, MAX(rev) AS rev
                       FROM change_document
                      WHERE tenant_id = ",
        );
        select
            .push_bind(scope.tenant_id)
            .push(" AND scope_id = ")
            .push_bind(scope.id)
            .push(" AND rev <= ")
            .push_bind(signed(rev))
            .push(" AND (kind, key) IN (VALUES ");
        let mut list = select.separated(", ");
        for (kind, key) in chunk {
            list.push("(").push_bind_unseparated(kind).push_unseparated(", ");
            list.push_bind_unseparated(key).push_unseparated(")");
        }
        select.push(
            ") GROUP BY kind, key) newest
                 ON newest.kind = d.kind AND newest.key = d.key AND newest.rev = d.rev
              WHERE d.tenant_id = ",
        );
        select.push_bind(scope.tenant_id).push(" AND d.scope_id = ").push_bind(scope.id);
        let rows: Vec<(String, String, Option<String>, Option<String>)> =
            select.build_query_as().persistent(false).fetch_all(&mut *connection).await.map_err(error)?;
        found.extend(rows.into_iter().map(|(kind, key, body, hash)| {
            let past = match (body, hash) {
                (Some(text), _) => Past::Text(text),
                (None, Some(_)) => Past::Redacted,
                (None, None) => Past::Absent,
            };
            ((kind, key), past)
        }));
    }
    Ok(documents.iter().map(|place| found.get(place).cloned().unwrap_or(Past::Absent)).collect())
}

pub(super) async fn rev_before(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    at: Millis,
) -> Result<u64, StoreError> {
    let first: Option<i64> =
        sqlx::query_scalar("SELECT MIN(rev) FROM change WHERE tenant_id = $1 AND scope_id = $2 AND at >= $3")
            .bind(scope.tenant_id)
            .bind(scope.id)
            .bind(at)
            .fetch_one(&mut *connection)
            .await
            .map_err(error)?;
    let last: Option<i64> = sqlx::query_scalar("SELECT rev FROM scope WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id)
        .bind(scope.id)
        .fetch_optional(connection)
        .await
        .map_err(error)?;
    Ok(first.map_or(last.unwrap_or_default(), |first| first - 1).cast_unsigned())
}

pub(super) async fn base(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    after: Option<(String, String)>,
    limit: u32,
) -> Result<(u64, Vec<BaseDocument>), StoreError> {
    let through = pruned(connection, scope).await?;
    if through == 0 {
        return Ok((0, Vec::new()));
    }
    let mut documents = newest(connection, scope, through).await?;
    let after = after.as_ref().map(|(kind, key)| (kind, key));
    let begin = documents.partition_point(|d| after.is_some_and(|after| (&d.kind, &d.key) <= after));
    documents.drain(..begin);
    documents.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok((through, documents))
}

/// Documents that lived at a revision, by the bytes of kind and key.
async fn newest(connection: &mut Connection, scope: ScopeRef<'_>, rev: u64) -> Result<Vec<BaseDocument>, StoreError> {
    let rows: Vec<NewestRow> = sqlx::query_as(NEWEST)
        .bind(scope.tenant_id)
        .bind(scope.id)
        .bind(signed(rev))
        .fetch_all(connection)
        .await
        .map_err(error)?;
    let mut documents: Vec<BaseDocument> = rows
        .into_iter()
        .map(|(kind, key, rev, text, salt, hash)| BaseDocument {
            kind,
            key,
            rev: rev.cast_unsigned(),
            body: Salted { hash, salt, text },
        })
        .collect();
    documents.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
    Ok(documents)
}

pub(super) async fn prunable(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    through: u64,
) -> Result<Option<Prunable>, StoreError> {
    let hash: Option<String> =
        sqlx::query_scalar("SELECT hash FROM change WHERE tenant_id = $1 AND scope_id = $2 AND rev = $3")
            .bind(scope.tenant_id)
            .bind(scope.id)
            .bind(signed(through))
            .fetch_optional(&mut *connection)
            .await
            .map_err(error)?;
    let Some(hash) = hash else { return Ok(None) };
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM change WHERE tenant_id = $1 AND scope_id = $2 AND rev <= $3")
            .bind(scope.tenant_id)
            .bind(scope.id)
            .bind(signed(through))
            .fetch_one(&mut *connection)
            .await
            .map_err(error)?;
    let mut hasher = Sha256::new();
    for BaseDocument { kind, key, rev, body } in newest(connection, scope, through).await? {
        let line = serde_json::to_vec(&(kind, key, rev, body.hash))
            .map_err(|error| StoreError::Database(error.to_string()))?;
        hasher.update(&line);
        hasher.update(b"\n");
    }
    Ok(Some(Prunable { through, hash, count: count.cast_unsigned(), base: hex(&hasher.finalize()) }))
}

/// [`RowWrite::Prune`]. What was written last for each document stays, so that everything after the mark can be undone
/// and the log still leads to the present.
pub(super) async fn prune(connection: &mut Connection, scope: ScopeRef<'_>, through: u64) -> Result<(), CommitError> {
    let marked =
        sqlx::query("UPDATE scope SET pruned = $3 WHERE tenant_id = $1 AND id = $2 AND pruned < $3 AND rev > $3")
            .bind(scope.tenant_id)
            .bind(scope.id)
            .bind(signed(through))
            .execute(&mut *connection)
            .await
            .map_err(error)?;
    if marked.rows_affected() == 0 {
        return Err(StoreError::Database(format!("{} cannot be pruned through {through}", scope.id)).into());
    }
    dialect::forgetting(connection).await.map_err(error)?;
    for statement in [
        "DELETE FROM change_document
          WHERE tenant_id = $1 AND scope_id = $2 AND rev <= $3
            AND (body_hash IS NULL
                 OR EXISTS (SELECT 1
                              FROM change_document later
                             WHERE later.tenant_id = $1
                               AND later.scope_id = $2
                               AND later.kind = change_document.kind
                               AND later.key = change_document.key
                               AND later.rev > change_document.rev
                               AND later.rev <= $3))",
        "DELETE FROM change WHERE tenant_id = $1 AND scope_id = $2 AND rev <= $3",
        "DELETE FROM audit_head WHERE tenant_id = $1 AND scope_id = $2 AND rev < $3",
    ] {
        sqlx::query(statement)
            .bind(scope.tenant_id)
            .bind(scope.id)
            .bind(signed(through))
            .execute(&mut *connection)
            .await
            .map_err(error)?;
    }
    Ok(())
}

/// [`RowWrite::Redact`].
pub(super) async fn redact(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    row: &RowWrite,
) -> Result<(), CommitError> {
    let RowWrite::Redact { rev, actor_name, reason, documents } = row else { return Ok(()) };
    dialect::forgetting(connection).await.map_err(error)?;
    let rev = signed(*rev);
    let mut missing = Vec::new();
    for (wanted, what, statement) in [
        (
            actor_name,
            "actor_name",
            "UPDATE change SET actor_name = NULL, actor_name_salt = NULL
              WHERE tenant_id = $1 AND scope_id = $2 AND rev = $3 AND actor_name IS NOT NULL",
        ),
        (
            reason,
            "reason",
            "UPDATE change SET reason = NULL, reason_salt = NULL
              WHERE tenant_id = $1 AND scope_id = $2 AND rev = $3 AND reason IS NOT NULL",
        ),
    ] {
        if *wanted {
            let done = sqlx::query(statement)
                .bind(scope.tenant_id)
                .bind(scope.id)
                .bind(rev)
                .execute(&mut *connection)
                .await
                .map_err(error)?;
            if done.rows_affected() == 0 {
                missing.push(what.to_owned());
            }
        }
    }
    for (kind, key) in documents {
        let done = sqlx::query(
            "UPDATE change_document SET body = NULL, body_salt = NULL
              WHERE tenant_id = $1 AND scope_id = $2 AND rev = $3 AND kind = $4 AND key = $5 AND body IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM document d
                                 WHERE d.tenant_id = $1 AND d.scope_id = $2 AND d.kind = $4 AND d.key = $5
                                   AND d.rev = $3)",
        )
        .bind(scope.tenant_id)
        .bind(scope.id)
        .bind(rev)
        .bind(kind)
        .bind(key)
        .execute(&mut *connection)
        .await
        .map_err(error)?;
        if done.rows_affected() == 0 {
            missing.push(format!("{kind} {key}"));
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(StoreError::Database(format!("{} of {}:{rev} cannot be redacted", missing.join(", "), scope.id)).into())
    }
}
