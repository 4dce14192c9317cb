//! `POST /api/v1/invitations/look`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;

/// The link.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct LinkSecret {
    /// Secret of the link.
    token: String,
}

/// What a link is good for.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedAnswer {
    /// Name of the tenant.
    tenant: String,
    /// Who is invited.
    email: String,
    /// When the link ends.
    expires_at: i64,
    /// Whether somebody with this address can sign in already: then they sign in and join, else they accept.
    known: bool,
}

/// Says what a link is good for. Nothing is used up.
#[utoipa::path(post, path = "/api/v1/invitations/look", operation_id = "lookAtInvitation", tag = "people",
    request_body = LinkSecret, responses((status = 200, body = InvitedAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["token"])?;
    let token = fields.secret("token");
    fields.done()?;
    let invited = visitor.look_at_invitation(&token).await?;
    let answer = InvitedAnswer {
        tenant: invited.tenant.name,
        email: invited.email,
        expires_at: invited.expires_at,
        known: invited.known,
    };
    Ok(Answer::ok(&answer))
}
