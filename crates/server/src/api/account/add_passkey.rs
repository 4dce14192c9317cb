//! `POST /api/v1/account/passkeys`

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::list_passkeys::PasskeyAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{Member, TenantAccess};
use crate::json::Body;
use crate::problem::Problem;
use crate::webauthn::Created;

/// A new passkey.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewPasskey {
    /// Of the enrolment.
    ticket: String,
    /// For people: where the passkey is.
    name: String,
    /// What `toJSON()` of the browser's credential gives (`RegistrationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
}

/// The passkey, and recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedPasskey {
    passkey: PasskeyAnswer,
    /// Each works once in place of a second factor. Empty when there were some before.
    recovery_codes: Vec<String>,
}

/// Adds a passkey: it signs in by itself, and it is a second factor after the password, which sign-ins ask for from now on. The
/// session goes on under a new id.
#[utoipa::path(post, path = "/api/v1/account/passkeys", operation_id = "addPasskey", tag = "account",
    request_body = NewPasskey, responses((status = 201, body = AddedPasskey)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["ticket", "name", "credential"])?;
    let ticket = fields.text("ticket", 4_096);
    let name = fields.text("name", 64);
    let created = fields.credential(Created::read);
    fields.done()?;
    let Some(created) = created else { return Err(Problem::invalid()) };
    let added = access.add_passkey(&ticket, name, &created).await?;
    let answer = AddedPasskey { passkey: added.passkey.into(), recovery_codes: added.recovery_codes };
    Ok(Answer::created(&answer).cookie(&added.session.cookie))
}
