//! `GET /api/v1/sso-connections`

use serde::Deserialize;
use utoipa::IntoParams;

use super::SsoConnectionAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SsoConnectionQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In name or issuer.
    search: Option<String>,
}

/// The tenant's SSO connections, oldest first.
#[utoipa::path(get, path = "/api/v1/sso-connections", operation_id = "listSsoConnections", tag = "sso",
    params(SsoConnectionQuery), responses((status = 200, body = Page<SsoConnectionAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::SsoManage>,
    Query(query): Query<SsoConnectionQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let connections = access.sso_connections().await?.into_iter();
    let items = connections
        .filter(|listed| {
            let connection = &listed.connection;
            connection.name.to_lowercase().contains(&search) || connection.issuer.to_lowercase().contains(&search)
        })
        .map(|listed| Placed::by_key(listed.id.clone(), SsoConnectionAnswer::from(listed)))
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
