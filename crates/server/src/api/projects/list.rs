//! `GET /api/v1/projects`

use serde::Deserialize;
use utoipa::IntoParams;

use super::ProjectAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{Member, TenantAccess};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProjectQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key or name.
    search: Option<String>,
}

/// Projects of the open tenant, by key.
#[utoipa::path(get, path = "/api/v1/projects", operation_id = "listProjects", tag = "projects", params(ProjectQuery),
    responses((status = 200, body = Page<ProjectAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<Member>,
    Query(query): Query<ProjectQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let items = access
        .projects()
        .iter()
        .map(|live| Placed::by_key(live.scope.key.clone(), ProjectAnswer::of(live)))
        .filter(|placed| {
            placed.key.to_lowercase().contains(&search) || placed.item.name.to_lowercase().contains(&search)
        })
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
