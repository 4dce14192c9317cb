//! `POST /api/v1/account/totp/enrolment`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// A secret for an authenticator app.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpEnrolment {
    /// To be typed into the app.
    secret: String,
    /// To be shown as a QR code: `otpauth://totp/…`.
    uri: String,
    /// To be given back with the app's first code, within fifteen minutes.
    ticket: String,
}

/// Draws a secret for an authenticator app. Nothing changes until the app's first code comes back with `enableTotp`.
#[utoipa::path(post, path = "/api/v1/account/totp/enrolment", operation_id = "enrolTotp", tag = "account",
    responses((status = 200, body = TotpEnrolment)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    let enrolment = access.enrol_totp()?;
    Ok(Answer::ok(&TotpEnrolment { secret: enrolment.secret, uri: enrolment.uri, ticket: enrolment.ticket }))
}
