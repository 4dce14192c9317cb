//! `GET /api/v1/service-accounts`

use serde::Deserialize;
use utoipa::IntoParams;

use super::ServiceAccountAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ServiceAccountQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In id or name.
    search: Option<String>,
}

/// Service accounts by name.
#[utoipa::path(get, path = "/api/v1/service-accounts", operation_id = "listServiceAccounts", tag = "people",
    params(ServiceAccountQuery), responses((status = 200, body = Page<ServiceAccountAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Query(query): Query<ServiceAccountQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let accounts = access.service_accounts().into_iter().map(ServiceAccountAnswer::from);
    let items = accounts
        .filter(|account| [&account.id, &account.name].iter().any(|text| text.to_lowercase().contains(&search)))
        .map(|account| Placed { primary: account.name.to_lowercase(), key: account.id.clone(), item: account })
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
