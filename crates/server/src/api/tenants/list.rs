//! `GET /api/v1/tenants`

use serde::Deserialize;
use utoipa::IntoParams;

use super::TenantAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{Belonging, Member, TenantAccess};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TenantQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key or name.
    search: Option<String>,
}

/// Tenants the caller belongs to, by key.
#[utoipa::path(get, path = "/api/v1/tenants", operation_id = "listTenants", tag = "tenants", params(TenantQuery),
    responses((status = 200, body = Page<TenantAnswer>)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Query(query): Query<TenantQuery>) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let tenants = access.tenants().await?.into_iter();
    let items = tenants
        .filter(|Belonging { tenant, .. }| {
            tenant.key.to_lowercase().contains(&search) || tenant.name.to_lowercase().contains(&search)
        })
        .map(|Belonging { tenant, standing, rules }| {
            Placed::by_key(tenant.key.clone(), TenantAnswer::new(&tenant, standing, rules))
        })
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
