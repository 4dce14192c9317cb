//! `GET /api/v1/security-log`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yardarm_store::RefusedQuery;

use crate::api::answer::Answer;
use crate::api::page::{bad_cursor, cursor, limit, read_cursor};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which refusals.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefusalFilter {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// With this code: `sign_in_failed`, `forbidden`, `unauthorized`, `not_found`, `cross_site`, …
    code: Option<String>,
    /// From this address.
    source: Option<String>,
    /// By this actor: `user:usr_…`.
    actor: Option<String>,
    /// From this instant on, milliseconds since 1970.
    since: Option<i64>,
    /// Before this instant, milliseconds since 1970.
    until: Option<i64>,
    /// What belongs to no tenant instead: unknown credentials, unknown people. For operators.
    installation: Option<bool>,
}

/// A page of refusals.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusalPage {
    /// Newest minute first.
    items: Vec<Refusal>,
    /// `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// Attempts of one minute that are alike.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// Start of the minute, milliseconds since 1970.
    minute: i64,
    /// When the last one was.
    last_at: i64,
    /// Address they came from; empty when it is not known, `others` when there were too many to tell apart.
    source: String,
    /// Who, as far as that is known: `user:usr_…`.
    actor: String,
    /// Stable code of the refusal.
    code: String,
    /// HTTP status.
    status: u16,
    /// Method and path of the route.
    route: String,
    /// How many.
    count: u64,
    /// W3C trace id of the last one.
    trace_id: String,
}

/// Attempts that were refused, added up by minute, newest first.
#[utoipa::path(get, path = "/api/v1/security-log", operation_id = "listSecurityLog", tag = "audit",
    params(RefusalFilter), responses((status = 200, body = RefusalPage)))]
pub(crate) async fn handler(
    access: TenantAccess<can::SecurityLogRead>,
    Query(filter): Query<RefusalFilter>,
) -> Result<Answer, Problem> {
    let size = limit(filter.limit)?;
    let after = match filter.cursor.as_deref().map(read_cursor).transpose()? {
        None => None,
        Some((minute, id)) => Some((minute.parse().map_err(|_| bad_cursor())?, id)),
    };
    let query = RefusedQuery {
        tenant_id: String::new(),
        code: filter.code,
        source: filter.source,
        actor: filter.actor,
        since: filter.since,
        until: filter.until,
        after,
        limit: u32::try_from(size).unwrap_or(u32::MAX - 1) + 1,
    };
    let mut refusals = access.refusals(filter.installation.unwrap_or(false), query).await?;
    let more = refusals.len() > size;
    refusals.truncate(size);
    let next = refusals.last().filter(|_| more).map(|last| cursor(&last.minute.to_string(), &last.id));
    let items = refusals
        .into_iter()
        .map(|one| Refusal {
            minute: one.minute,
            last_at: one.last_at,
            source: one.source,
            actor: one.actor,
            code: one.code,
            status: one.status,
            route: one.route,
            count: one.count,
            trace_id: one.trace_id,
        })
        .collect();
    Ok(Answer::ok(&RefusalPage { items, next }))
}
