//! `GET /api/v1/groups`

use serde::Deserialize;
use utoipa::IntoParams;

use super::GroupAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key or name.
    search: Option<String>,
}

/// Groups by key.
#[utoipa::path(get, path = "/api/v1/groups", operation_id = "listGroups", tag = "people", params(GroupQuery),
    responses((status = 200, body = Page<GroupAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Query(query): Query<GroupQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let groups = access.groups().into_iter().map(GroupAnswer::from);
    let items = groups
        .filter(|group| [&group.key, &group.name].iter().any(|text| text.to_lowercase().contains(&search)))
        .map(|group| Placed::by_key(group.key.clone(), group))
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
