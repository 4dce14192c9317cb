//! `POST /api/v1/invitations`

use serde::Deserialize;
use utoipa::ToSchema;

use super::InvitationLink;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// A new invitation.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewInvitation {
    /// Who: only this address can accept.
    email: String,
    /// Keys of the roles that they will hold; none by default.
    roles: Option<Vec<String>>,
    /// Keys of the groups that they will be in; none by default.
    groups: Option<Vec<String>>,
}

/// Invites somebody. The link works once, for seven days, and only for that address.
#[utoipa::path(post, path = "/api/v1/invitations", operation_id = "createInvitation", tag = "people",
    request_body = NewInvitation, responses((status = 201, body = InvitationLink)))]
pub(crate) async fn handler(access: TenantAccess<can::MemberManage>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["email", "roles", "groups"])?;
    let email = fields.email("email").to_lowercase();
    let roles = fields.texts("roles").unwrap_or_default();
    let groups = fields.texts("groups").unwrap_or_default();
    fields.done()?;
    let (invitation, token) = access.invite(email, roles, groups).await?;
    Ok(Answer::created(&InvitationLink { meta: invitation.into(), token }))
}
