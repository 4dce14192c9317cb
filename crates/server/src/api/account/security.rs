//! `GET /api/v1/account/security`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// How somebody signs in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecurityAnswer {
    /// There is a password.
    password: bool,
    /// An authenticator app gives codes.
    totp: bool,
    /// Passkeys.
    passkeys: u32,
    /// Browsers make passkeys for this server's address.
    passkeys_available: bool,
    /// Recovery codes that are left.
    recovery_codes: u32,
}

/// How the caller signs in.
#[utoipa::path(get, path = "/api/v1/account/security", operation_id = "getSecurity", tag = "account",
    responses((status = 200, body = SecurityAnswer)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    let factors = access.second_factors().await?;
    Ok(Answer::ok(&SecurityAnswer {
        password: access.user().password_hash.is_some(),
        totp: factors.totp,
        passkeys: factors.passkeys,
        passkeys_available: access.passkeys_available(),
        recovery_codes: factors.recovery_codes,
    }))
}
