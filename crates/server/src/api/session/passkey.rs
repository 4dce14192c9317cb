//! `POST /api/v1/session/passkey`

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{SessionAnswer, signed_in_answer};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;
use crate::webauthn::Asserted;

/// A passkey that was shown.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct ShownPasskey {
    /// Of the challenge.
    ticket: String,
    /// What `toJSON()` of the browser's credential gives (`AuthenticationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
}

/// Ticket and credential.
pub(super) fn read(body: Value) -> Result<(String, Asserted), Problem> {
    let mut fields = Fields::of(body, &["ticket", "credential"])?;
    let ticket = fields.text("ticket", 4_096);
    let asserted = fields.credential(Asserted::read);
    fields.done()?;
    Ok((ticket, asserted.ok_or_else(Problem::invalid)?))
}

/// Signs in with a passkey alone. Its PIN or biometric is the second factor, so nothing more is asked for.
#[utoipa::path(post, path = "/api/v1/session/passkey", operation_id = "signInByPasskey", tag = "session",
    request_body = ShownPasskey, responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let (ticket, asserted) = read(body)?;
    signed_in_answer(&visitor.show_passkey(&ticket, &asserted).await?).await
}
