//! `GET /api/v1/projects/{project}/policies`

use serde::Deserialize;
use utoipa::IntoParams;

use super::PolicyAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{ProjectAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PolicyQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key, name or description.
    search: Option<String>,
}

/// Policies by key.
#[utoipa::path(get, path = "/api/v1/projects/{project}/policies", operation_id = "listPolicies", tag = "policies",
    params(PolicyQuery), responses((status = 200, body = Page<PolicyAnswer>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<PolicyQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let state = access.state();
    let found = state.policies.iter().filter(|(key, policy)| {
        [*key, &policy.name, &policy.description].iter().any(|text| text.to_lowercase().contains(&search))
    });
    let placed = found.map(|(key, _)| Placed::by_key(key.clone(), key)).collect();
    let cut = page(placed, false, query.limit, query.cursor.as_deref())?;
    let items: Vec<_> = cut.items.into_iter().filter_map(|key| PolicyAnswer::of(state, key)).collect();
    Ok(Answer::ok(&Page { items, next: cut.next, total: cut.total }))
}
