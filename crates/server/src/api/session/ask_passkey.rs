//! `POST /api/v1/session/passkey/challenge`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{Asked, Visitor};
use crate::problem::Problem;
use crate::webauthn::RequestOptions;

/// What the browser asks an authenticator.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyChallenge {
    /// For `PublicKeyCredential.parseRequestOptionsFromJSON` and then `navigator.credentials.get`.
    options: RequestOptions,
    /// To be given back with the credential, within five minutes.
    ticket: String,
}

impl From<Asked<RequestOptions>> for PasskeyChallenge {
    fn from(Asked { options, ticket }: Asked<RequestOptions>) -> Self {
        Self { options, ticket }
    }
}

/// Draws a challenge for signing in with a passkey, without saying who one is: go on with `signInByPasskey`.
#[utoipa::path(post, path = "/api/v1/session/passkey/challenge", operation_id = "askForPasskey", tag = "session",
    responses((status = 200, body = PasskeyChallenge)))]
pub(crate) async fn handler(visitor: Visitor) -> Result<Answer, Problem> {
    Ok(Answer::ok(&PasskeyChallenge::from(visitor.ask_for_any_passkey()?)))
}
