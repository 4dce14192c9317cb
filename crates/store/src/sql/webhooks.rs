//! Webhooks: secrets, cursors and deliveries.

use sqlx::QueryBuilder;

use super::{Connection, Db, dialect};
use crate::{
    Attempt, Backlog, CommitError, Delivery, DeliveryQuery, DeliveryState, Millis, NewDelivery, StoreError,
    WebhookCursor, WebhookRow, WebhookWrite,
};

/// Rows removed at once, so that no statement takes long.
const FORGET_AT_ONCE: i64 = 1_000;

/// A row written inside a commit, `tenant_id` being the tenant of the commit's scope.
pub(super) async fn write(connection: &mut Connection, tenant_id: &str, row: &WebhookWrite) -> Result<(), CommitError> {
    let id = row.id();
    if !matches!(row, WebhookWrite::Insert { .. }) {
        let found: Option<i64> = sqlx::query_scalar("SELECT position FROM webhook WHERE id = $1 AND tenant_id = $2")
            .bind(id)
            .bind(tenant_id)
            .fetch_optional(&mut *connection)
            .await
            .map_err(dialect::error)?;
        if found.is_none() {
            return Err(StoreError::Database("no such webhook in this tenant".into()).into());
        }
    }
    match row {
        WebhookWrite::Insert { row, from } => {
            if row.tenant_id != tenant_id {
                return Err(StoreError::Database("a webhook belongs to the tenant whose log says so".into()).into());
            }
            insert(connection, row).await?;
            seek(connection, tenant_id, id, from).await?;
        }
        WebhookWrite::Rotate { id, secret, previous_until } => {
            run(sqlx::query(
                "UPDATE webhook SET previous_secret = secret, previous_until = $3, secret = $2 WHERE id = $1",
            )
            .bind(id)
            .bind(secret)
            .bind(previous_until)
            .execute(connection)
            .await)?;
        }
        WebhookWrite::SetUrl { id, url } => {
            run(sqlx::query("UPDATE webhook SET url = $2 WHERE id = $1").bind(id).bind(url).execute(connection).await)?;
        }
        WebhookWrite::Seek { id, to } => seek(connection, tenant_id, id, to).await?,
        WebhookWrite::Delete { id } => {
            for statement in [
                // In the order in which everybody takes these locks.
                "DELETE FROM webhook WHERE id = $1",
                "DELETE FROM webhook_cursor WHERE webhook_id = $1",
                "DELETE FROM webhook_delivery WHERE webhook_id = $1",
            ] {
                run(sqlx::query(statement).bind(id).execute(&mut *connection).await)?;
            }
        }
        WebhookWrite::Queue { id, delivery, at } => {
            append(connection, tenant_id, id, std::slice::from_ref(delivery), *at).await?;
            // Whoever queues it by hand sends it at once: the first attempt has begun.
            run(sqlx::query("UPDATE webhook_delivery SET attempts = 1 WHERE webhook_id = $1 AND id = $2")
                .bind(id)
                .bind(&delivery.id)
                .execute(connection)
                .await)?;
        }
        WebhookWrite::Replay { id, deliveries, at } => {
            for delivery in deliveries {
                run(sqlx::query(
                    "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, due_at = $3, error = NULL
                          WHERE webhook_id = $1 AND id = $2",
                )
                .bind(id)
                .bind(delivery)
                .bind(at)
                .execute(&mut *connection)
                .await)?;
            }
        }
    }
    Ok(())
}

fn run<T>(result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
    result.map_err(dialect::error)
}

async fn insert(connection: &mut Connection, row: &WebhookRow) -> Result<(), StoreError> {
    let WebhookRow { id, tenant_id, secret, previous_secret, previous_until, url, delivered_at } = row;
    run(sqlx::query(
        "INSERT INTO webhook (id, tenant_id, secret, previous_secret, previous_until, url, position, delivered_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
    )
    .bind(id)
    .bind(tenant_id)
    .bind(secret)
    .bind(previous_secret)
    .bind(previous_until)
    .bind(url)
    .bind(delivered_at)
    .execute(connection)
    .await)?;
    Ok(())
}

async fn seek(connection: &mut Connection, tenant_id: &str, id: &str, to: &[WebhookCursor]) -> Result<(), StoreError> {
    for WebhookCursor { scope_id, epoch, rev } in to {
        run(sqlx::query(
            "INSERT INTO webhook_cursor (tenant_id, webhook_id, scope_id, epoch, rev) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (webhook_id, scope_id) DO UPDATE SET epoch = excluded.epoch, rev = excluded.rev",
        )
        .bind(tenant_id)
        .bind(id)
        .bind(scope_id)
        .bind(epoch)
        .bind(rev.cast_signed())
        .execute(&mut *connection)
        .await)?;
    }
    Ok(())
}

/// Everything but BEGIN and COMMIT. The row's lock gives each delivery a position of its own, and lets one of two nodes that
/// read the same changes find that the cursor has moved. False: it has.
pub(super) async fn queue(
    connection: &mut Connection,
    tenant_id: &str,
    webhook_id: &str,
    from: Option<&WebhookCursor>,
    to: &WebhookCursor,
    deliveries: &[NewDelivery],
    at: Millis,
) -> Result<bool, StoreError> {
    let locked = run(sqlx::query("UPDATE webhook SET position = position WHERE id = $1 AND tenant_id = $2")
        .bind(webhook_id)
        .bind(tenant_id)
        .execute(&mut *connection)
        .await)?;
    if locked.rows_affected() == 0 {
        return Ok(false);
    }
    let stands: Option<(String, i64)> =
        run(sqlx::query_as("SELECT epoch, rev FROM webhook_cursor WHERE webhook_id = $1 AND scope_id = $2")
            .bind(webhook_id)
            .bind(&to.scope_id)
            .fetch_optional(&mut *connection)
            .await)?;
    if stands != from.map(|cursor| (cursor.epoch.clone(), cursor.rev.cast_signed())) {
        return Ok(false);
    }
    seek(connection, tenant_id, webhook_id, std::slice::from_ref(to)).await?;
    append(connection, tenant_id, webhook_id, deliveries, at).await?;
    Ok(true)
}

async fn append(
    connection: &mut Connection,
    tenant_id: &str,
    webhook_id: &str,
    deliveries: &[NewDelivery],
    at: Millis,
) -> Result<(), StoreError> {
    for NewDelivery { id, scope_id, rev, event, due_at } in deliveries {
        let position: i64 =
            run(sqlx::query_scalar("UPDATE webhook SET position = position + 1 WHERE id = $1 RETURNING position")
                .bind(webhook_id)
                .fetch_one(&mut *connection)
                .await)?;
        run(sqlx::query(
            "INSERT INTO webhook_delivery
                     (tenant_id, webhook_id, position, id, scope_id, rev, event, created_at, state, attempts, due_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9)
                 ON CONFLICT (webhook_id, id) DO NOTHING",
        )
        .bind(tenant_id)
        .bind(webhook_id)
        .bind(position)
        .bind(id)
        .bind(scope_id)
        .bind(rev.cast_signed())
        .bind(event)
        .bind(at)
        .bind(due_at)
        .execute(&mut *connection)
        .await)?;
    }
    Ok(())
}

type WebhookColumns =
    (String, String, String, Option<String>, Option<i64>, Option<String>, Option<i64>, Option<i64>, Option<String>);

/// With their documents: a webhook without one has just gone.
pub(super) async fn webhooks(
    connection: &mut Connection,
    tenant_id: &str,
) -> Result<Vec<(WebhookRow, u64, String)>, StoreError> {
    let rows: Vec<WebhookColumns> = run(sqlx::query_as(
        "SELECT w.id, w.tenant_id, w.secret, w.previous_secret, w.previous_until, w.url, w.delivered_at, d.rev, d.body
           FROM webhook w
           JOIN document d ON d.scope_id = w.tenant_id AND d.kind = 'webhook' AND d.key = w.id
          WHERE w.tenant_id = $1",
    )
    .bind(tenant_id)
    .fetch_all(connection)
    .await)?;
    let row =
        |(id, tenant_id, secret, previous_secret, previous_until, url, delivered_at, rev, body): WebhookColumns| {
            let row = WebhookRow { id, tenant_id, secret, previous_secret, previous_until, url, delivered_at };
            Some((row, rev?.cast_unsigned(), body?))
        };
    Ok(rows.into_iter().filter_map(row).collect())
}

pub(super) async fn webhook(
    connection: &mut Connection,
    tenant_id: &str,
    id: &str,
) -> Result<Option<WebhookRow>, StoreError> {
    type Columns = (String, Option<String>, Option<i64>, Option<String>, Option<i64>);
    let row: Option<Columns> = run(sqlx::query_as(
        "SELECT secret, previous_secret, previous_until, url, delivered_at FROM webhook WHERE id = $1 AND tenant_id = $2",
    )
    .bind(id)
    .bind(tenant_id)
    .fetch_optional(connection)
    .await)?;
    Ok(row.map(|(secret, previous_secret, previous_until, url, delivered_at)| WebhookRow {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        secret,
        previous_secret,
        previous_until,
        url,
        delivered_at,
    }))
}

pub(super) async fn cursors(
    connection: &mut Connection,
    tenant_id: &str,
    webhook_id: &str,
) -> Result<Vec<WebhookCursor>, StoreError> {
    let rows: Vec<(String, String, i64)> = run(sqlx::query_as(
        "SELECT scope_id, epoch, rev FROM webhook_cursor WHERE tenant_id = $1 AND webhook_id = $2",
    )
    .bind(tenant_id)
    .bind(webhook_id)
    .fetch_all(connection)
    .await)?;
    let cursor =
        |(scope_id, epoch, rev): (String, String, i64)| WebhookCursor { scope_id, epoch, rev: rev.cast_unsigned() };
    Ok(rows.into_iter().map(cursor).collect())
}

pub(super) async fn backlog(
    connection: &mut Connection,
    tenant_id: &str,
    webhook_id: &str,
) -> Result<Backlog, StoreError> {
    let (waiting, due_at): (i64, Option<i64>) = run(sqlx::query_as(
        "SELECT COUNT(*), MIN(due_at)
           FROM webhook_delivery
          WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'waiting'",
    )
    .bind(tenant_id)
    .bind(webhook_id)
    .fetch_one(connection)
    .await)?;
    Ok(Backlog { waiting: waiting.cast_unsigned(), due_at })
}

const DELIVERY_COLUMNS: &str = "webhook_id, position, id, scope_id, rev, event, created_at, state, attempts, due_at, \
     attempted_at, status, took_ms, error";

type DeliveryColumns = (
    String,
    i64,
    String,
    String,
    i64,
    String,
    i64,
    String,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

fn delivery_from(row: DeliveryColumns) -> Result<Delivery, StoreError> {
    let (webhook_id, position, id, scope_id, rev, event, created_at, state, attempts, due_at, at, status, took, error) =
        row;
    let state = DeliveryState::parse(&state)
        .ok_or_else(|| StoreError::Damaged { table: "webhook_delivery", what: format!("{id} is {state:?}") })?;
    Ok(Delivery {
        webhook_id,
        position: position.cast_unsigned(),
        id,
        scope_id,
        rev: rev.cast_unsigned(),
        event,
        created_at,
        state,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        due_at,
        attempted_at: at,
        status: status.and_then(|status| u16::try_from(status).ok()),
        took_ms: took.map(i64::cast_unsigned),
        error,
    })
}

/// What is due, oldest first; it is due again at `until`, should nobody say what came of it. The outer conditions are
/// looked at again after another node's lock, so that one of two gets it.
pub(super) async fn claim(
    connection: &mut Connection,
    tenant_id: &str,
    webhook_id: &str,
    now: Millis,
    until: Millis,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let text = format!(
        "UPDATE webhook_delivery SET due_at = $3, attempts = attempts + 1
          WHERE tenant_id = $5 AND webhook_id = $1 AND state = 'waiting' AND due_at <= $2
            AND position IN (SELECT position
                               FROM webhook_delivery
                              WHERE webhook_id = $1 AND state = 'waiting' AND due_at <= $2
                              ORDER BY position
                              LIMIT $4)
      RETURNING {DELIVERY_COLUMNS}"
    );
    let rows: Vec<DeliveryColumns> = run(sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(webhook_id)
        .bind(now)
        .bind(until)
        .bind(i64::from(limit))
        .bind(tenant_id)
        .fetch_all(connection)
        .await)?;
    let mut deliveries = rows.into_iter().map(delivery_from).collect::<Result<Vec<_>, _>>()?;
    deliveries.sort_by_key(|delivery| delivery.position);
    Ok(deliveries)
}

/// False: somebody else has claimed it since.
pub(super) async fn settle(
    connection: &mut Connection,
    tenant_id: &str,
    delivery: &Delivery,
    attempt: &Attempt,
) -> Result<bool, StoreError> {
    let Attempt { state, due_at, at, status, took_ms, error } = attempt;
    if *state == DeliveryState::Delivered {
        run(sqlx::query("UPDATE webhook SET delivered_at = $2 WHERE id = $1 AND tenant_id = $3")
            .bind(&delivery.webhook_id)
            .bind(at)
            .bind(tenant_id)
            .execute(&mut *connection)
            .await)?;
    }
    let done = run(sqlx::query(
        "UPDATE webhook_delivery
                SET state = $4, due_at = $5, attempted_at = $6, status = $7, took_ms = $8, error = $9
              WHERE webhook_id = $1 AND position = $2 AND attempts = $3 AND state = 'waiting' AND tenant_id = $10",
    )
    .bind(&delivery.webhook_id)
    .bind(delivery.position.cast_signed())
    .bind(i64::from(delivery.attempts))
    .bind(state.as_str())
    .bind(due_at)
    .bind(at)
    .bind(status.map(i64::from))
    .bind(took_ms.cast_signed())
    .bind(error)
    .bind(tenant_id)
    .execute(&mut *connection)
    .await)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn deliveries(
    connection: &mut Connection,
    query: &DeliveryQuery,
) -> Result<Vec<Delivery>, StoreError> {
    let DeliveryQuery { tenant_id, webhook_id, id, state, since, until, before, limit } = query;
    let mut select =
        QueryBuilder::<Db>::new(format!("SELECT {DELIVERY_COLUMNS} FROM webhook_delivery WHERE tenant_id = "));
    select.push_bind(tenant_id).push(" AND webhook_id = ").push_bind(webhook_id);
    if let Some(id) = id {
        select.push(" AND id = ").push_bind(id);
    }
    if let Some(state) = state {
        select.push(" AND state = ").push_bind(state.as_str());
    }
    if let Some(since) = since {
        select.push(" AND created_at >= ").push_bind(since);
    }
    if let Some(until) = until {
        select.push(" AND created_at < ").push_bind(until);
    }
    if let Some(before) = before {
        select.push(" AND position < ").push_bind(i64::try_from(*before).unwrap_or(i64::MAX));
    }
    select.push(" ORDER BY position DESC LIMIT ").push_bind(i64::from(*limit));
    let rows: Vec<DeliveryColumns> = run(select.build_query_as().fetch_all(connection).await)?;
    rows.into_iter().map(delivery_from).collect()
}

/// Removes some deliveries that ended and are old. What waits stays.
pub(super) async fn forget(connection: &mut Connection, tenant_id: &str, before: Millis) -> Result<(), StoreError> {
    run(sqlx::query(
        "DELETE FROM webhook_delivery
              WHERE tenant_id = $1 AND state <> 'waiting' AND created_at < $2
                AND id IN (SELECT id FROM webhook_delivery
                            WHERE tenant_id = $1 AND state <> 'waiting' AND created_at < $2
                            ORDER BY created_at
                            LIMIT $3)",
    )
    .bind(tenant_id)
    .bind(before)
    .bind(FORGET_AT_ONCE)
    .execute(connection)
    .await)?;
    Ok(())
}
