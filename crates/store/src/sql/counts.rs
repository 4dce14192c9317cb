//! Evaluation counts: sums by hour, never through the log.

use std::collections::BTreeMap;

use sqlx::QueryBuilder;

use super::{Connection, Db, dialect};
use crate::reach::Reach;
use crate::{Count, CountBatch, CountQuery, Millis, StoreError};

/// Rows in one multi-row statement: well below both databases' limits on parameters.
const ROWS_AT_ONCE: usize = 1_000;
/// How long a batch id is remembered: longer than any SDK retries a batch.
const BATCH_MEMORY_MS: Millis = 48 * 60 * 60 * 1_000;
/// Forgotten batch ids removed at once, so that no statement takes long.
const FORGET_AT_ONCE: i64 = 1_000;
/// Most rows that one query answers with.
const MOST_ROWS: i64 = 100_000;

/// Everything but BEGIN and COMMIT. False when every batch was added before.
pub(super) async fn add(
    connection: &mut Connection,
    at: Millis,
    batches: &[CountBatch<'_>],
) -> Result<bool, sqlx::Error> {
    // In order of their ids, so that two nodes with the same batches never wait for each other crosswise.
    let mut batches: Vec<_> = batches.iter().collect();
    batches.sort_by_key(|batch| batch.id);
    let mut sums: BTreeMap<_, BTreeMap<_, i64>> = BTreeMap::new();
    let mut added = false;
    for CountBatch { id, counts } in batches {
        let noted = sqlx::query("INSERT INTO count_batch (batch, at) VALUES ($1, $2) ON CONFLICT (batch) DO NOTHING")
            .bind(*id)
            .bind(at)
            .execute(&mut *connection)
            .await?;
        if noted.rows_affected() == 0 {
            continue;
        }
        added = true;
        for Count { tenant_id, scope_id, environment, flag, variant, reason, sdk, hour, count } in *counts {
            let sums = sums.entry(tenant_id).or_default();
            let sum = sums.entry((scope_id, environment, flag, hour, variant, reason, sdk)).or_default();
            *sum = sum.saturating_add(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }
    // One row for each key, in key order: an upsert may not meet a row twice, and nobody waits crosswise here either.
    for (tenant_id, sums) in sums {
        dialect::reach(connection, Reach::Tenant(tenant_id)).await?;
        let rows: Vec<_> = sums.into_iter().collect();
        for chunk in rows.chunks(ROWS_AT_ONCE) {
            let mut upsert = QueryBuilder::<Db>::new(
                "INSERT INTO count_hour (tenant_id, scope_id, environment, flag, hour, variant, reason, sdk, count) ",
            );
            upsert.push_values(chunk, |mut row, ((scope_id, environment, flag, hour, variant, reason, sdk), count)| {
                row.push_bind(tenant_id);
                row.push_bind(*scope_id).push_bind(*environment).push_bind(*flag).push_bind(**hour);
                row.push_bind(*variant).push_bind(*reason).push_bind(*sdk).push_bind(*count);
            });
            upsert.push(
                " ON CONFLICT (tenant_id, scope_id, environment, flag, hour, variant, reason, sdk)
                  DO UPDATE SET count = count_hour.count + excluded.count",
            );
            upsert.build().persistent(false).execute(&mut *connection).await?;
        }
    }
    Ok(added)
}

/// Removes some batch ids that are too old to come again.
pub(super) async fn forget(connection: &mut Connection, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM count_batch
          WHERE batch IN (SELECT batch FROM count_batch WHERE at < $1 ORDER BY at LIMIT $2)",
    )
    .bind(now - BATCH_MEMORY_MS)
    .bind(FORGET_AT_ONCE)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn counts(connection: &mut Connection, query: &CountQuery) -> Result<Vec<Count>, StoreError> {
    let CountQuery { tenant_id, scope_id, environment, flag, since } = query;
    let mut select = QueryBuilder::<Db>::new(
        "SELECT environment, flag, variant, reason, sdk, hour, count FROM count_hour WHERE tenant_id = ",
    );
    select.push_bind(tenant_id).push(" AND scope_id = ").push_bind(scope_id).push(" AND hour >= ").push_bind(since);
    if let Some(environment) = environment {
        select.push(" AND environment = ").push_bind(environment);
    }
    if let Some(flag) = flag {
        select.push(" AND flag = ").push_bind(flag);
    }
    // The newest ones, should there be too many.
    select.push(" ORDER BY hour DESC LIMIT ").push_bind(MOST_ROWS);
    let rows: Vec<(String, String, String, String, String, i64, i64)> =
        select.build_query_as().fetch_all(connection).await.map_err(dialect::error)?;
    let mut counts: Vec<Count> = rows
        .into_iter()
        .map(|(environment, flag, variant, reason, sdk, hour, count)| Count {
            tenant_id: tenant_id.clone(),
            scope_id: scope_id.clone(),
            environment,
            flag,
            variant,
            reason,
            sdk,
            hour,
            count: count.cast_unsigned(),
        })
        .collect();
    counts.sort_by(|a, b| {
        (a.hour, &a.environment, &a.flag, &a.variant, &a.reason, &a.sdk).cmp(&(
            b.hour,
            &b.environment,
            &b.flag,
            &b.variant,
            &b.reason,
            &b.sdk,
        ))
    });
    Ok(counts)
}
