//! `GET /api/v1/members`

use serde::Deserialize;
use utoipa::IntoParams;

use super::Member;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MemberQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In name or e-mail address.
    search: Option<String>,
}

/// People of the open tenant, by name.
#[utoipa::path(get, path = "/api/v1/members", operation_id = "listMembers", tag = "people", params(MemberQuery),
    responses((status = 200, body = Page<Member>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Query(query): Query<MemberQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let members = access.members().await?.into_iter();
    let items = members
        .filter(|item| item.user.name.to_lowercase().contains(&search) || item.user.email.contains(&search))
        .map(|item| Placed {
            primary: item.user.name.to_lowercase(),
            key: item.user.id.clone(),
            item: Member::from(item),
        })
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
