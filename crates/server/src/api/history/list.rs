//! `GET /api/v1/projects/{project}/history`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yardarm_store::HistoryQuery;

use super::ChangeItem;
use crate::api::answer::Answer;
use crate::api::page::{cursor, limit, read_cursor};
use crate::auth::{ProjectAccess, can, refusal};
use crate::json::Query;
use crate::problem::Problem;

/// Which changes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// That touched this kind of document.
    #[param(value_type = Option<super::KindName>, inline)]
    kind: Option<String>,
    /// That touched this document; needs `kind`.
    key: Option<String>,
    /// That touched this flag or what it serves.
    flag: Option<String>,
    /// By this actor: `user:usr_…`.
    actor: Option<String>,
    /// Of this request.
    trace_id: Option<String>,
}

/// A page of changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangePage {
    /// Newest first.
    items: Vec<ChangeItem>,
    /// `cursor` of the next page; null at the end.
    next: Option<String>,
    /// Revision of the project: the number of all changes.
    total: u64,
}

/// Changes, newest first.
#[utoipa::path(get, path = "/api/v1/projects/{project}/history", operation_id = "listHistory", tag = "history",
    params(ChangeQuery), responses((status = 200, body = ChangePage)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<ChangeQuery>,
) -> Result<Answer, Problem> {
    let size = limit(query.limit)?;
    if query.key.is_some() && query.kind.is_none() {
        return Err(refusal::invalid(vec![refusal::wrong("?kind", "missing", "key needs the kind of document")]));
    }
    let before = match query.cursor.as_deref().map(read_cursor).transpose()? {
        None => None,
        Some((_, rev)) => Some(rev.parse().map_err(|_| crate::api::page::bad_cursor())?),
    };
    let asked = HistoryQuery {
        kind: query.kind,
        key: query.key,
        flag: query.flag,
        actor: query.actor,
        trace_id: query.trace_id,
        before,
        // One more than asked for says whether there is a next page.
        limit: u32::try_from(size).unwrap_or(u32::MAX - 1) + 1,
    };
    let mut changes = access.history(asked).await?;
    let more = changes.len() > size;
    changes.truncate(size);
    let next = changes.last().filter(|_| more).map(|last| cursor("", &last.rev.to_string()));
    let items = changes.iter().map(ChangeItem::from).collect();
    Ok(Answer::ok(&ChangePage { items, next, total: access.live().scope.rev }))
}
