//! `GET /api/v1/projects/{project}/segments/{segment}/lists/{list}`

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::answer::Answer;
use crate::api::names::OfList;
use crate::api::page::{Page, cursor, limit, read_cursor};
use crate::auth::{ProjectAccess, can, refusal};
use crate::json::{Path, Query};
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SegmentKeyQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In the key; with regard to case.
    search: Option<String>,
}

/// Keys in one of a segment's lists, in order.
#[utoipa::path(get, path = "/api/v1/projects/{project}/segments/{segment}/lists/{list}",
    operation_id = "listSegmentKeys", tag = "segments", params(OfList, SegmentKeyQuery),
    responses((status = 200, body = Page<String>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfList>,
    Query(query): Query<SegmentKeyQuery>,
) -> Result<Answer, Problem> {
    let size = limit(query.limit)?;
    let mut keys = access.state().segment_keys(&name.segment, &name.list).ok_or_else(refusal::not_found)?;
    if let Some(search) = &query.search {
        keys.retain(|key| key.contains(search.as_str()));
    }
    let begin = match &query.cursor {
        None => 0,
        Some(text) => {
            let (_, last) = read_cursor(text)?;
            keys.partition_point(|key| *key <= last.as_str())
        }
    };
    let total = keys.len();
    let items: Vec<&str> = keys.into_iter().skip(begin).take(size).collect();
    let next = items.last().filter(|_| total > begin + size).map(|last| cursor("", last));
    Ok(Answer::ok(&Page { items, next, total }))
}
