//! `POST /api/v1/session/second-factor`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{SessionAnswer, signed_in_answer};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;

/// A second factor.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct SecondFactor {
    /// Of the authenticator app, or a recovery code.
    code: String,
}

/// The second step of signing in. A code counts once. After five wrong ones from one address that address waits; after ten from
/// anywhere the account does, for fifteen minutes.
#[utoipa::path(post, path = "/api/v1/session/second-factor", operation_id = "useSecondFactor", tag = "session",
    request_body = SecondFactor, responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["code"])?;
    let code = fields.text("code", 64);
    fields.done()?;
    signed_in_answer(&visitor.show_code(&code).await?).await
}
