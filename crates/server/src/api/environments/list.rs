//! `GET /api/v1/projects/{project}/environments`

use serde::Deserialize;
use utoipa::IntoParams;

use super::EnvironmentAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{ProjectAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EnvironmentQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key or name.
    search: Option<String>,
}

/// Environments in their order.
#[utoipa::path(get, path = "/api/v1/projects/{project}/environments", operation_id = "listEnvironments",
    tag = "environments", params(EnvironmentQuery), responses((status = 200, body = Page<EnvironmentAnswer>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let state = access.state();
    let items = state
        .environments
        .keys()
        .filter_map(|key| EnvironmentAnswer::of(state, key))
        .filter(|one| one.key.to_lowercase().contains(&search) || one.name.to_lowercase().contains(&search))
        .map(|item| Placed { primary: format!("{:010}", item.position), key: item.key.clone(), item })
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
