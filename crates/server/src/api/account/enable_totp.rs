//! `PUT /api/v1/account/totp`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{Member, TenantAccess};
use crate::json::Body;
use crate::problem::Problem;

/// The app's first code.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct EnableTotp {
    /// Of the enrolment.
    ticket: String,
    /// Six digits.
    code: String,
}

/// Recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each works once in place of a code of the app. Empty when there were some before.
    pub(super) recovery_codes: Vec<String>,
}

/// From now on the caller's sign-ins ask for a code. The session goes on under a new id.
#[utoipa::path(put, path = "/api/v1/account/totp", operation_id = "enableTotp", tag = "account",
    request_body = EnableTotp, responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["ticket", "code"])?;
    let ticket = fields.text("ticket", 4_096);
    let code = fields.text("code", 64);
    fields.done()?;
    let enabled = access.enable_totp(&ticket, &code).await?;
    let codes = RecoveryCodes { recovery_codes: enabled.recovery_codes };
    Ok(Answer::ok(&codes).cookie(&enabled.session.cookie))
}
