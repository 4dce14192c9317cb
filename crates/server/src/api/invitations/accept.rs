//! `POST /api/v1/invitations/accept`

use serde::Deserialize;
use utoipa::ToSchema;

use super::Joined;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Acceptance {
    /// Secret of the link.
    token: String,
    /// Your name.
    name: String,
    /// At least 12 characters.
    password: String,
}

/// Accepts an invitation as somebody new, who then signs in. The address is the invited one; whoever has it already signs
/// in and joins instead.
#[utoipa::path(post, path = "/api/v1/invitations/accept", operation_id = "acceptInvitation", tag = "people",
    request_body = Acceptance, responses((status = 201, body = Joined)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["token", "name", "password"])?;
    let token = fields.secret("token");
    let name = fields.text("name", 256);
    let password = fields.secret("password");
    fields.done()?;
    let (tenant, email) = visitor.accept_invitation(&token, name, password).await?;
    Ok(Answer::created(&Joined { tenant: tenant.key, email }))
}
