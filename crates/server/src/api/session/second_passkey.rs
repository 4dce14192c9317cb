//! `POST /api/v1/session/second-factor/passkey`

use super::passkey::{ShownPasskey, read};
use super::{SessionAnswer, signed_in_answer};
use crate::api::answer::Answer;
use crate::auth::Visitor;
use crate::json::Body;
use crate::problem::Problem;

/// The second step of signing in, with a passkey. Tries are counted together with those of `useSecondFactor`.
#[utoipa::path(post, path = "/api/v1/session/second-factor/passkey", operation_id = "useSecondPasskey", tag = "session",
    request_body = ShownPasskey, responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let (ticket, asserted) = read(body)?;
    signed_in_answer(&visitor.show_second_passkey(&ticket, &asserted).await?).await
}
