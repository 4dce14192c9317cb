//! `POST /api/v1/account/passkeys/enrolment`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;
use crate::webauthn::CreationOptions;

/// What the browser asks an authenticator.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyEnrolment {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` and then `navigator.credentials.create`.
    options: CreationOptions,
    /// To be given back with the credential, within five minutes.
    ticket: String,
}

/// Draws a challenge for a new passkey. Needs a sign-in within the last ten minutes. Nothing changes until the credential comes
/// back with `addPasskey`.
#[utoipa::path(post, path = "/api/v1/account/passkeys/enrolment", operation_id = "enrolPasskey", tag = "account",
    responses((status = 200, body = PasskeyEnrolment)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    let asked = access.ask_for_passkey().await?;
    Ok(Answer::ok(&PasskeyEnrolment { options: asked.options, ticket: asked.ticket }))
}
