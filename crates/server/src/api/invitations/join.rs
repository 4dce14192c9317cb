//! `POST /api/v1/invitations/join`

use super::Joined;
use super::look::LinkSecret;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{Member, TenantAccess};
use crate::json::Body;
use crate::problem::Problem;

/// Accepts an invitation as somebody who is signed in with the invited address.
#[utoipa::path(post, path = "/api/v1/invitations/join", operation_id = "joinByInvitation", tag = "people",
    request_body = LinkSecret, responses((status = 200, body = Joined)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["token"])?;
    let token = fields.secret("token");
    fields.done()?;
    let tenant = access.join_by_invitation(&token).await?;
    Ok(Answer::ok(&Joined { tenant: tenant.key, email: access.user().email.clone() }))
}
