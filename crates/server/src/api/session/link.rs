//! `POST /api/v1/session/link`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{SecondFactorAnswer, SessionAnswer, entered};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;

/// A one-time link.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct SignInLink {
    /// Secret of the link.
    token: String,
}

/// Signs in with a one-time link. It stands for a password: for an account with a second factor the answer is 202.
#[utoipa::path(post, path = "/api/v1/session/link", operation_id = "useSignInLink", tag = "session",
    request_body = SignInLink, responses((status = 200, body = SessionAnswer), (status = 202, body = SecondFactorAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["token"])?;
    let token = fields.secret("token");
    fields.done()?;
    entered(visitor.use_link(&token).await?).await
}
