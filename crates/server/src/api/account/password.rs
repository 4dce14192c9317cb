//! `PUT /api/v1/account/password`

use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::session::{SessionAnswer, signed_in_answer};
use crate::auth::{Member, TenantAccess};
use crate::json::Body;
use crate::problem::Problem;

/// A new password.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewPassword {
    /// At least 12 characters.
    password: String,
}

/// Sets the caller's password. Needs a sign-in within the last ten minutes. All sessions end; the caller gets a new one.
#[utoipa::path(put, path = "/api/v1/account/password", operation_id = "setPassword", tag = "account",
    request_body = NewPassword, responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["password"])?;
    let password = fields.secret("password");
    fields.done()?;
    signed_in_answer(&access.set_password(password).await?).await
}
