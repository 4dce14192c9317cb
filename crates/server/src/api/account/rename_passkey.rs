//! `PATCH /api/v1/account/passkeys/{passkey}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::list_passkeys::PasskeyAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfPasskey;
use crate::auth::{Member, TenantAccess};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// Another name.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct PasskeyName {
    /// For people.
    name: String,
}

/// Renames one of the caller's passkeys.
#[utoipa::path(patch, path = "/api/v1/account/passkeys/{passkey}", operation_id = "renamePasskey", tag = "account",
    params(OfPasskey), request_body = PasskeyName, responses((status = 200, body = PasskeyAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<Member>,
    Path(of): Path<OfPasskey>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name"])?;
    let name = fields.text("name", 64);
    fields.done()?;
    Ok(Answer::ok(&PasskeyAnswer::from(access.rename_passkey(&of.passkey, name).await?)))
}
