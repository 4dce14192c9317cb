//! `GET /api/v1/invitations`

use serde::Deserialize;
use utoipa::IntoParams;

use super::InvitationAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvitationQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In the e-mail address.
    search: Option<String>,
}

/// Open invitations, newest first.
#[utoipa::path(get, path = "/api/v1/invitations", operation_id = "listInvitations", tag = "people",
    params(InvitationQuery), responses((status = 200, body = Page<InvitationAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Query(query): Query<InvitationQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let invitations = access.invitations().into_iter().map(InvitationAnswer::from);
    let items = invitations
        .filter(|invitation| invitation.email.contains(&search))
        .map(|invitation| Placed {
            primary: format!("{:020}", invitation.created_at),
            key: invitation.id.clone(),
            item: invitation,
        })
        .collect();
    Ok(Answer::ok(&page(items, true, query.limit, query.cursor.as_deref())?))
}
