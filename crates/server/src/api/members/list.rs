//! `GET /api/v1/members`

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::api::session::UserAnswer;
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Somebody in the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    /// Who.
    user: UserAnswer,
    /// Keys of the roles that they were given.
    roles: BTreeSet<String>,
    /// Keys of the groups that they are in, whose roles they hold, too.
    groups: BTreeSet<String>,
}

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
#[utoipa::path(get, path = "/api/v1/members", operation_id = "listMembers", tag = "tenants", params(MemberQuery),
    responses((status = 200, body = Page<Member>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Query(query): Query<MemberQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let members = access.members().await?.into_iter();
    let items = members
        .filter(|(user, _)| user.name.to_lowercase().contains(&search) || user.email.contains(&search))
        .map(|(user, member)| Placed {
            primary: user.name.to_lowercase(),
            key: user.id.clone(),
            item: Member {
                user: UserAnswer { id: user.id, name: user.name, email: user.email },
                roles: member.roles,
                groups: member.groups,
            },
        })
        .collect();
    Ok(Answer::ok(&page(items, false, query.limit, query.cursor.as_deref())?))
}
