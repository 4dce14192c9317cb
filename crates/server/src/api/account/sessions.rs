//! `GET /api/v1/account/sessions`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{Member, TenantAccess};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A browser in which the caller is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenSession {
    /// `ses_…`.
    id: String,
    /// The one that asks.
    current: bool,
    /// `password`, `link`, `passkey` or `sso`.
    method: &'static str,
    /// More than one factor was shown.
    second_factor: bool,
    /// Where it was opened; empty when that is not known.
    address: String,
    /// What the browser calls itself.
    user_agent: String,
    /// Milliseconds since 1970.
    created_at: i64,
    /// When it ends by itself.
    expires_at: i64,
}

/// Where the caller is signed in, newest first.
#[utoipa::path(get, path = "/api/v1/account/sessions", operation_id = "listSessions", tag = "account",
    params(SessionQuery), responses((status = 200, body = Page<OpenSession>)))]
pub(crate) async fn handler(
    access: TenantAccess<Member>,
    Query(query): Query<SessionQuery>,
) -> Result<Answer, Problem> {
    let sessions = access.sessions().await?.into_iter();
    let items = sessions
        .map(|session| Placed {
            primary: format!("{:020}", session.created_at),
            key: session.id.clone(),
            item: OpenSession {
                current: access.is_current(&session),
                id: session.id,
                method: session.method.as_str(),
                second_factor: session.second_factor,
                address: session.address,
                user_agent: session.user_agent,
                created_at: session.created_at,
                expires_at: session.expires_at,
            },
        })
        .collect();
    Ok(Answer::ok(&page(items, true, query.limit, query.cursor.as_deref())?))
}
