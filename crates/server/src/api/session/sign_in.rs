//! `POST /api/v1/session`

use serde::Deserialize;
use utoipa::ToSchema;

use super::SessionAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct SignIn {
    /// In any case of letters.
    email: String,
    /// As it was chosen.
    password: String,
}

/// Signs in with a password. An unknown address and a wrong password are the same answer. The session ends after 30 days,
/// however busy or idle; one that the browser had before ends now.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "signIn", tag = "session", request_body = SignIn,
    responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["email", "password"])?;
    let email = fields.text("email", 254);
    let password = fields.secret("password");
    fields.done()?;
    let signed_in = visitor.sign_in(&email, password).await?;
    Ok(Answer::ok(&SessionAnswer::of(&signed_in.access).await?).cookie(&signed_in.cookie))
}
