//! `GET /api/v1/projects/{project}/segments`

use serde::Deserialize;
use utoipa::IntoParams;

use super::SegmentAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{ProjectAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SegmentQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key, name or description.
    search: Option<String>,
}

/// Segments by key.
#[utoipa::path(get, path = "/api/v1/projects/{project}/segments", operation_id = "listSegments", tag = "segments",
    params(SegmentQuery), responses((status = 200, body = Page<SegmentAnswer>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<SegmentQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let state = access.state();
    let found = state.segments.iter().filter(|(key, segment)| {
        [*key, &segment.name, &segment.description].iter().any(|text| text.to_lowercase().contains(&search))
    });
    let placed = found.map(|(key, _)| Placed::by_key(key.clone(), key)).collect();
    let cut = page(placed, false, query.limit, query.cursor.as_deref())?;
    let items: Vec<_> = cut.items.into_iter().filter_map(|key| SegmentAnswer::of(state, key)).collect();
    Ok(Answer::ok(&Page { items, next: cut.next, total: cut.total }))
}
