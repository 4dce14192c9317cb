//! `GET /api/v1/roles`

use serde::Deserialize;
use utoipa::IntoParams;
use yardarm_model::authority::BuiltIn;

use super::RoleAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoleQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key or name.
    search: Option<String>,
}

/// Roles by key, built-in ones too.
#[utoipa::path(get, path = "/api/v1/roles", operation_id = "listRoles", tag = "people", params(RoleQuery),
    responses((status = 200, body = Page<RoleAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Query(query): Query<RoleQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let custom = access.roles().into_iter().map(|(key, _, role)| RoleAnswer::custom(key, role));
    let items = BuiltIn::ALL
        .into_iter()
        .map(RoleAnswer::built_in)
        .chain(custom)
        .filter(|role| [&role.key, &role.name].iter().any(|text| text.to_lowercase().contains(&search)))
        .map(|role| Placed::by_key(role.key.clone(), role))
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
