//! `POST /api/v1/session/second-factor/passkey/challenge`

use super::ask_passkey::PasskeyChallenge;
use crate::api::answer::Answer;
use crate::auth::Visitor;
use crate::problem::Problem;

/// Draws a challenge for a passkey as the second factor, in the browser that has shown the password: go on with
/// `useSecondPasskey`.
#[utoipa::path(post, path = "/api/v1/session/second-factor/passkey/challenge", operation_id = "askForSecondPasskey",
    tag = "session", responses((status = 200, body = PasskeyChallenge)))]
pub(crate) async fn handler(visitor: Visitor) -> Result<Answer, Problem> {
    Ok(Answer::ok(&PasskeyChallenge::from(visitor.ask_for_second_passkey().await?)))
}
