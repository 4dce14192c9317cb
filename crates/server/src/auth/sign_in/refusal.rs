//! Refusals of signing in and of managing one's own factors.

use http::StatusCode;

use crate::problem::Problem;
use crate::webauthn::Flaw;

pub(super) fn step_over() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "sign_in_step_over",
        "This step of signing in took too long, was taken already, or was begun in another browser. Begin again.",
    )
}

pub(super) fn wrong_code() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "code_wrong",
        "The code is not right, or was used before. Each code of an authenticator app counts once, for half a minute.",
    )
}

pub(super) fn too_many_codes(minutes: i64) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
        format!("Too many wrong codes for this account. Try again in {minutes} minutes."),
    )
    .retry_between(60, 120)
}

pub(super) fn second_factor_required() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "second_factor_required",
        "This tenant asks its members for a second factor. Add an authenticator app or a passkey to your account \
         (Account, Security), then sign in with it.",
    )
}

pub(super) fn sso_required(tenant: &str) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "sso_required",
        format!("Members of {tenant} sign in with its identity provider. Sign out, then choose single sign-on."),
    )
}

pub(in crate::auth) fn managed_elsewhere() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "managed_elsewhere",
        "You came by a tenant's identity provider, which speaks for that tenant only and not for your whole account. \
         Sign in with your password or a passkey to change how you sign in.",
    )
}

pub(super) fn reauthentication_required(minutes: i64) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "reauthentication_required",
        format!("This needs a sign-in within the last {minutes} minutes. Sign in again, then repeat it."),
    )
}

pub(super) fn no_password() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no_password",
        "This account has no password yet, so a second factor would be the only one. Set a password first.",
    )
}

/// Of the last factor, where a tenant wants one.
pub(super) fn second_factor_demanded(tenant: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "second_factor_demanded",
        format!(
            "{tenant} asks its members for a second factor, and this is your last one. Add another one, then take this \
             one away."
        ),
    )
}

pub(super) fn passkeys_unavailable() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "passkeys_unavailable",
        "Browsers make passkeys for a name over https only, or for localhost, and this server's address is neither. The \
         operator sets it: YARDARM_BASE_URL=https://flags.example.com.",
    )
}

/// Of a new one.
pub(super) fn passkey_unusable(flaw: Flaw) -> Problem {
    let why = format!("this passkey cannot be added: {flaw}");
    Problem::invalid().error("/credential", "passkey_unusable", why)
}

pub(super) fn passkey_known() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "passkey_known",
        "This passkey was added before. Use another authenticator, or rename the one there is.",
    )
}

pub(super) fn too_many_passkeys(most: usize) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many_passkeys",
        format!("An account has at most {most} passkeys. Take one away that you do not use."),
    )
}

/// The last way into an account.
pub(super) fn only_way_in() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no_password",
        "This account has no password, so this passkey is the only way in. Set a password first, or add another passkey.",
    )
}

/// Whatever is not right about it: unknown, somebody else's, or badly signed.
pub(super) fn wrong_passkey() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "passkey_wrong",
        "This passkey opens nothing here: it was taken away, is of another account, or its answer is not right.",
    )
}

pub(super) fn no_sso() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_sso",
        "There is no single sign-on of this name. Ask an owner of your tenant for its key, or sign in another way.",
    )
}

pub(super) fn sso_unavailable(why: &str) -> Problem {
    tracing::warn!(why, "single sign-on failed");
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "sso_unavailable",
        "The identity provider cannot be used now. Try again later, or tell an owner of your tenant.",
    )
}

pub(in crate::auth) fn operators_token() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "managed_elsewhere",
        "You are an operator of this installation, and came by a tenant's identity provider, which speaks for that tenant \
         only. Sign in with your password or a passkey to make access tokens.",
    )
}
