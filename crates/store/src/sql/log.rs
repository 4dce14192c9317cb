//! The one write: [`commit`].

use sqlx::QueryBuilder;

use super::dialect;
use super::quota::{self, Left};
use super::{Connection, Db, past, people};
use crate::chain::{self, Seals};
use crate::{
    Attribution, Change, Commit, CommitError, DocumentWrite, Quota, RowWrite, Scope, ScopeKind, ScopeRef, StoreError,
};

/// Rows in one multi-row statement: well below both databases' limits on parameters.
const ROWS_AT_ONCE: usize = 1_000;

/// A log that a commit adds a change to.
struct Entry<'a> {
    scope: ScopeRef<'a>,
    expected: Option<&'a (String, u64)>,
    documents: &'a [DocumentWrite],
}

/// A revision that was taken.
struct Taken {
    rev: i64,
    prev_hash: String,
}

/// Everything of a commit but BEGIN and COMMIT.
pub(super) async fn commit(
    connection: &mut Connection,
    commit: &Commit,
    quotas: &[Quota],
) -> Result<Change, CommitError> {
    let Commit { tenant_id, scope_id: own, expected, attribution, documents, rows } = commit;
    let log = |id| ScopeRef { tenant_id, id };
    let mut entries = vec![Entry { scope: log(own), expected: expected.as_ref(), documents }];
    entries.extend(rows.iter().filter_map(|row| match row {
        RowWrite::AlsoLog { scope_id, documents } => Some(Entry { scope: log(scope_id), expected: None, documents }),
        _ => None,
    }));
    // Every commit takes its locks in this order, so that no two wait for each other crosswise.
    entries.sort_by_key(|entry| entry.scope.id);

    // A scope that this commit makes has nobody to wait for; it must be there before its revision is taken.
    let logged = |scope: &Scope| entries.iter().any(|entry| entry.scope.id == scope.id);
    for row in rows {
        match row {
            RowWrite::InsertTenant(tenant) => people::insert_tenant(connection, tenant).await?,
            RowWrite::InsertScope(scope) if logged(scope) => insert_scope(connection, scope).await?,
            _ => {}
        }
    }
    let mut taken = Vec::with_capacity(entries.len());
    for entry in &entries {
        taken.push(take(connection, entry).await?);
    }

    for row in rows {
        if let RowWrite::InsertScope(scope) = row
            && scope.kind == ScopeKind::Project
        {
            key_is_free(connection, scope).await?;
        }
    }

    let left: Vec<Left<'_>> =
        entries.iter().map(|entry| Left { scope_id: entry.scope.id, documents: entry.documents }).collect();
    quota::check(connection, tenant_id, &left, quotas, attribution.at).await?;

    let mut made = None;
    for (Entry { scope, documents, .. }, Taken { rev, prev_hash }) in entries.iter().zip(taken) {
        let seals = seals(attribution, documents)?;
        let change = Change {
            rev: rev.cast_unsigned(),
            attribution: attribution.clone(),
            hash: chain::hash(scope.id, rev.cast_unsigned(), &prev_hash, attribution, documents, &seals),
            prev_hash,
            documents: documents.to_vec(),
            redacted: Vec::new(),
        };
        insert_change(connection, *scope, &change, &seals).await.map_err(dialect::error)?;
        append_documents(connection, *scope, rev, documents, &seals).await.map_err(dialect::error)?;
        write_current(connection, *scope, rev, documents).await.map_err(dialect::error)?;
        if scope.id == own {
            made = Some(change);
        }
    }
    let Some(change) = made else { return Err(CommitError::NoScope) };

    for row in rows {
        match row {
            RowWrite::InsertTenant(_) | RowWrite::AlsoLog { .. } => {}
            RowWrite::InsertScope(scope) if logged(scope) => {}
            RowWrite::InsertScope(scope) => insert_scope(connection, scope).await?,
            RowWrite::Redact { .. } => past::redact(connection, log(own), row).await?,
            RowWrite::Prune { through } => past::prune(connection, log(own), *through).await?,
            row => people::write(connection, tenant_id, row).await?,
        }
    }
    for entry in &entries {
        dialect::notify(connection, entry.scope.id).await.map_err(dialect::error)?;
    }
    Ok(change)
}

/// The serialisation point: from here until COMMIT nobody else writes to this scope, so revisions are gapless and in
/// commit order.
async fn take(connection: &mut Connection, entry: &Entry<'_>) -> Result<Taken, CommitError> {
    let Entry { scope: ScopeRef { tenant_id, id }, expected, .. } = entry;
    let taken: Option<i64> = sqlx::query_scalar(
        "UPDATE scope SET rev = rev + 1
          WHERE tenant_id = $1 AND id = $2 AND ($3 IS NULL OR (epoch = $3 AND rev = $4))
      RETURNING rev",
    )
    .bind(tenant_id)
    .bind(id)
    .bind(expected.map(|(epoch, _)| epoch.as_str()))
    .bind(expected.map(|(_, rev)| rev.cast_signed()))
    .fetch_optional(&mut *connection)
    .await
    .map_err(dialect::error)?;
    let Some(rev) = taken else { return Err(refused(connection, entry.scope).await?) };

    // A statement of its own, after the lock: in the UPDATE's RETURNING it would see the log as it was before waiting.
    let prev_hash: Option<String> =
        sqlx::query_scalar("SELECT hash FROM change WHERE tenant_id = $1 AND scope_id = $2 AND rev = $3")
            .bind(tenant_id)
            .bind(id)
            .bind(rev - 1)
            .fetch_optional(&mut *connection)
            .await
            .map_err(dialect::error)?;
    let prev_hash = match prev_hash {
        Some(hash) => hash,
        None if rev == 1 => chain::GENESIS.to_owned(),
        None => {
            return Err(StoreError::Damaged { table: "change", what: format!("{id} has no {}", rev - 1) }.into());
        }
    };
    Ok(Taken { rev, prev_hash })
}

/// Why no revision was taken.
async fn refused(connection: &mut Connection, scope: ScopeRef<'_>) -> Result<CommitError, StoreError> {
    let now: Option<(String, i64)> = sqlx::query_as("SELECT epoch, rev FROM scope WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id)
        .bind(scope.id)
        .fetch_optional(connection)
        .await
        .map_err(dialect::error)?;
    Ok(match now {
        Some((epoch, rev)) => CommitError::Stale { epoch, rev: rev.cast_unsigned() },
        None => CommitError::NoScope,
    })
}

async fn insert_scope(connection: &mut Connection, scope: &Scope) -> Result<(), CommitError> {
    let Scope { id, kind, tenant_id, key, epoch, rev: _ } = scope;
    sqlx::query("INSERT INTO scope (id, kind, tenant_id, key, epoch, rev) VALUES ($1, $2, $3, $4, $5, 0)")
        .bind(id)
        .bind(match kind {
            ScopeKind::Tenant => "tenant",
            ScopeKind::Project => "project",
        })
        .bind(tenant_id)
        .bind(key)
        .bind(epoch)
        .execute(connection)
        .await
        .map_err(|error| people::taken("scope.key", error))?;
    Ok(())
}

/// Keys of a tenant's projects differ by more than case. Looked up when the tenant's revision is taken, so that of two who
/// make twins at once the second finds the first.
async fn key_is_free(connection: &mut Connection, scope: &Scope) -> Result<(), CommitError> {
    let twin: Option<String> = sqlx::query_scalar(
        "SELECT id FROM scope WHERE tenant_id = $1 AND kind = 'project' AND id <> $2 AND lower(key) = lower($3)",
    )
    .bind(&scope.tenant_id)
    .bind(&scope.id)
    .bind(&scope.key)
    .fetch_optional(connection)
    .await
    .map_err(dialect::error)?;
    if twin.is_some() { Err(CommitError::Taken("scope.key")) } else { Ok(()) }
}

/// Fresh salts. They are the store's own: nobody above it has a use for them, and none is ever used twice.
fn seals(attribution: &Attribution, documents: &[DocumentWrite]) -> Result<Seals, StoreError> {
    let mut random = vec![0; Seals::needs(documents)];
    getrandom::fill(&mut random).map_err(|error| StoreError::Database(error.to_string()))?;
    Ok(Seals::new(attribution, documents, &random))
}

async fn insert_change(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    change: &Change,
    seals: &Seals,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO change (tenant_id, scope_id, rev, at, actor, actor_name, actor_name_salt, actor_name_hash, via,
                             action, reason, reason_salt, reason_hash, trace_id, prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(scope.tenant_id)
    .bind(scope.id)
    .bind(change.rev.cast_signed())
    .bind(change.attribution.at)
    .bind(&change.attribution.actor)
    .bind(&change.attribution.actor_name)
    .bind(&seals.actor_name.salt)
    .bind(&seals.actor_name.hash)
    .bind(&change.attribution.via)
    .bind(&change.attribution.action)
    .bind(&change.attribution.reason)
    .bind(&seals.reason.salt)
    .bind(&seals.reason.hash)
    .bind(&change.attribution.trace_id)
    .bind(&change.prev_hash)
    .bind(&change.hash)
    .execute(connection)
    .await?;
    Ok(())
}

async fn append_documents(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    rev: i64,
    documents: &[DocumentWrite],
    seals: &Seals,
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = documents.iter().zip(&seals.documents).collect();
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::<Db>::new(
            "INSERT INTO change_document (tenant_id, scope_id, rev, kind, key, leaf, body, body_salt, body_hash) ",
        );
        insert.push_values(chunk, |mut row, (document, seal)| {
            row.push_bind(scope.tenant_id)
                .push_bind(scope.id)
                .push_bind(rev)
                .push_bind(&document.kind)
                .push_bind(&document.key)
                .push_bind(leaf(&document.key))
                .push_bind(&document.body)
                .push_bind(seal.as_ref().map(|seal| &seal.salt))
                .push_bind(seal.as_ref().map(|seal| &seal.hash));
        });
        insert.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Last path segment of a key.
fn leaf(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

async fn write_current(
    connection: &mut Connection,
    scope: ScopeRef<'_>,
    rev: i64,
    documents: &[DocumentWrite],
) -> Result<(), sqlx::Error> {
    let written: Vec<_> = documents.iter().filter_map(|d| Some((&d.kind, &d.key, d.body.as_deref()?))).collect();
    for chunk in written.chunks(ROWS_AT_ONCE) {
        let mut upsert = QueryBuilder::<Db>::new("INSERT INTO document (tenant_id, scope_id, kind, key, rev, body) ");
        upsert.push_values(chunk, |mut row, (kind, key, body)| {
            row.push_bind(scope.tenant_id).push_bind(scope.id);
            row.push_bind(*kind).push_bind(*key).push_bind(rev).push_bind(*body);
        });
        upsert.push(
            " ON CONFLICT (tenant_id, scope_id, kind, key) DO UPDATE SET rev = excluded.rev, body = excluded.body",
        );
        upsert.build().persistent(false).execute(&mut *connection).await?;
    }
    for document in documents.iter().filter(|d| d.body.is_none()) {
        sqlx::query("DELETE FROM document WHERE tenant_id = $1 AND scope_id = $2 AND kind = $3 AND key = $4")
            .bind(scope.tenant_id)
            .bind(scope.id)
            .bind(&document.kind)
            .bind(&document.key)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
