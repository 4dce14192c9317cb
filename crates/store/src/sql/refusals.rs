//! The security log: attempts that were refused, added up by minute.

use sqlx::QueryBuilder;

use super::dialect::error;
use super::{Connection, Db};
use crate::{Millis, Refused, RefusedQuery, StoreError};

/// In the order of their ids, so that two nodes never wait crosswise.
pub(super) async fn add(connection: &mut Connection, refusals: &[Refused]) -> Result<(), StoreError> {
    let mut sorted: Vec<&Refused> = refusals.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    for chunk in sorted.chunks(500) {
        let mut insert = QueryBuilder::<Db>::new(
            "INSERT INTO refused (id, minute, tenant_id, source, actor, code, status, route, count, last_at, trace_id) ",
        );
        insert.push_values(chunk, |mut row, refused| {
            row.push_bind(&refused.id)
                .push_bind(refused.minute)
                .push_bind(&refused.tenant_id)
                .push_bind(&refused.source)
                .push_bind(&refused.actor)
                .push_bind(&refused.code)
                .push_bind(i64::from(refused.status))
                .push_bind(&refused.route)
                .push_bind(refused.count.cast_signed())
                .push_bind(refused.last_at)
                .push_bind(&refused.trace_id);
        });
        insert.push(
            " ON CONFLICT (id) DO UPDATE SET count = refused.count + excluded.count,
                                             last_at = excluded.last_at,
                                             trace_id = excluded.trace_id",
        );
        insert.build().persistent(false).execute(&mut *connection).await.map_err(error)?;
    }
    Ok(())
}

/// What is too old goes, and the oldest of what is too much.
pub(super) async fn forget(connection: &mut Connection, keep_from: Millis, keep_rows: u32) -> Result<(), StoreError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT minute FROM refused ORDER BY minute DESC LIMIT 1 OFFSET $1")
        .bind(i64::from(keep_rows))
        .fetch_optional(&mut *connection)
        .await
        .map_err(error)?;
    let below = last.map_or(keep_from, |last| keep_from.max(last.saturating_add(1)));
    sqlx::query("DELETE FROM refused WHERE minute < $1").bind(below).execute(connection).await.map_err(error)?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    minute: i64,
    tenant_id: String,
    source: String,
    actor: String,
    code: String,
    status: i64,
    route: String,
    count: i64,
    last_at: i64,
    trace_id: String,
}

pub(super) async fn list(connection: &mut Connection, query: &RefusedQuery) -> Result<Vec<Refused>, StoreError> {
    let RefusedQuery { tenant_id, code, source, actor, since, until, after, limit } = query;
    let mut select = QueryBuilder::<Db>::new(
        "SELECT id, minute, tenant_id, source, actor, code, status, route, count, last_at, trace_id
           FROM refused
          WHERE tenant_id = ",
    );
    select.push_bind(tenant_id);
    for (text, value) in [(" AND code = ", code), (" AND source = ", source), (" AND actor = ", actor)] {
        if let Some(value) = value {
            select.push(text).push_bind(value);
        }
    }
    if let Some(since) = since {
        select.push(" AND minute >= ").push_bind(since);
    }
    if let Some(until) = until {
        select.push(" AND minute < ").push_bind(until);
    }
    if let Some((minute, id)) = after {
        select.push(" AND (minute < ").push_bind(minute).push(" OR (minute = ").push_bind(minute);
        // Ids are hexadecimal: every collation has them in the same order.
        select.push(" AND id < ").push_bind(id).push("))");
    }
    select.push(" ORDER BY minute DESC, id DESC LIMIT ").push_bind(i64::from(*limit));
    let rows: Vec<Row> = select.build_query_as().fetch_all(connection).await.map_err(error)?;
    Ok(rows
        .into_iter()
        .map(|row| Refused {
            id: row.id,
            minute: row.minute,
            tenant_id: row.tenant_id,
            source: row.source,
            actor: row.actor,
            code: row.code,
            status: u16::try_from(row.status).unwrap_or_default(),
            route: row.route,
            count: row.count.cast_unsigned(),
            last_at: row.last_at,
            trace_id: row.trace_id,
        })
        .collect())
}
