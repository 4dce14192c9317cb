//! `DELETE /api/v1/session`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Signed out here, and not yet at the identity provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedOut {
    /// Where a browser goes to sign out there, too.
    location: String,
}

/// Signs out: the session ends on the server. Who came by an identity provider is told where to sign out of that one, too.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "signOut", tag = "session",
    responses((status = 204), (status = 200, body = SignedOut)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    let (cookie, location) = access.sign_out().await?;
    let answer = location.map_or_else(Answer::empty, |location| Answer::ok(&SignedOut { location }));
    Ok(answer.cookie(&cookie))
}
