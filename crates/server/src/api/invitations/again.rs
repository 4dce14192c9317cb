//! `POST /api/v1/invitations/{invitation}/again`

use super::InvitationLink;
use crate::api::answer::Answer;
use crate::api::names::OfInvitation;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Makes a new link in the place of the old one, which works no more.
#[utoipa::path(post, path = "/api/v1/invitations/{invitation}/again", operation_id = "inviteAgain", tag = "people",
    params(OfInvitation), responses((status = 200, body = InvitationLink)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberManage>,
    Path(path): Path<OfInvitation>,
) -> Result<Answer, Problem> {
    let (invitation, token) = access.invite_again(&path.invitation).await?;
    Ok(Answer::ok(&InvitationLink { meta: invitation.into(), token }))
}
