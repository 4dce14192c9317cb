//! Every refusal that the authenticator and the endpoints make, each in one place.

use http::header::{ETAG, HeaderValue, RETRY_AFTER};
use http::{HeaderName, StatusCode};
use yardarm_model::authority::{Level, Permission};
use yardarm_model::command::Refusal;
use yardarm_store::{CommitError, StoreError};

use crate::problem::{Problem, ProblemError};

/// The same for what is missing and for what belongs to somebody else.
pub(crate) fn not_found() -> Problem {
    Problem::not_found()
}

pub(crate) fn unauthenticated() -> Problem {
    Problem::unauthorized("Sign in, or send an access token: Authorization: Bearer yd_pat_….")
}

pub(super) fn bad_token() -> Problem {
    Problem::unauthorized(
        "This is no access token that is good now: it was mistyped, revoked, has expired, or is an SDK key. \
         Make one with `yardarm tokens create` or in the console.",
    )
}

pub(super) fn two_credentials() -> Problem {
    Problem::unauthorized("Send one Authorization header, not several.")
}

pub(super) fn sign_in_failed() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "sign_in_failed", "The e-mail address or the password is not right.")
}

pub(super) fn too_many_attempts(seconds: u64) -> Problem {
    let detail = format!("Too many attempts to sign in. Try again in {} minutes.", seconds.div_ceil(60));
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
        .header(RETRY_AFTER, HeaderValue::from(seconds))
}

pub(super) fn link_used() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "link_used",
        "This link does not work: it was used, has expired, or is no longer needed. Ask for a new one.",
    )
}

pub(super) fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "This request was sent by another site. Changes with a cookie are taken from the console only; use an access token.",
    )
}

pub(super) fn not_json() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "The body must be JSON: send Content-Type: application/json.",
    )
}

pub(crate) fn forbidden(permission: Permission) -> Problem {
    let place = match permission.level() {
        Level::Tenant => "in the tenant",
        Level::Project => "in this project",
        Level::Environment => "in this environment",
    };
    Problem::forbidden(format!(
        "This needs the permission `{}` {place}, which you or your token do not hold. The role {} has it, and custom roles may.",
        permission.as_str(),
        permission.least().as_str(),
    ))
}

pub(super) fn not_operator() -> Problem {
    Problem::forbidden("Only operators of this installation make tenants.")
}

/// `what` at `pointer` allows more than the caller holds.
pub(crate) fn grants_too_much(pointer: &str, what: &str) -> Problem {
    let detail = "You can grant, change and take away only what you hold yourself. Ask somebody who holds more.";
    Problem::forbidden(detail).error(pointer, "grants_too_much", format!("{what} allows more than you hold"))
}

fn conflict(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
}

/// What is to be removed is still named elsewhere.
pub(super) fn in_use(what: &str, uses: &[String]) -> Problem {
    let mut problem = conflict("in_use", format!("This {what} is still in use. Take it away there first."));
    for place in uses.iter().take(100) {
        problem = problem.error("", "in_use", format!("{place} has it"));
    }
    problem
}

pub(super) fn too_many(what: &str, most: usize) -> Problem {
    conflict("limit", format!("A tenant has at most {most} {what}. Remove some first."))
}

pub(super) fn last_owner() -> Problem {
    conflict("last_owner", "A tenant always has an owner. Make somebody else an owner first.")
}

pub(super) fn already_member() -> Problem {
    conflict("already_member", "Somebody with this address is in the tenant already. Change their roles instead.")
}

pub(super) fn already_invited() -> Problem {
    conflict("already_invited", "This address was invited already. Send that invitation again, or take it back first.")
}

pub(super) fn sign_in_first() -> Problem {
    let detail = "Somebody with this address can sign in already. If it is you, sign in and open the link again.";
    conflict("sign_in_first", detail)
}

pub(super) fn another_address() -> Problem {
    Problem::forbidden("This invitation was sent to another address than yours. Sign in as who it was sent to.")
}

pub(super) fn not_a_session() -> Problem {
    Problem::new(StatusCode::CONFLICT, "not_a_session", "An access token has no session; this is for browsers.")
}

pub(super) fn bad_reason() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "reason_invalid",
        "X-Yardarm-Reason is percent-encoded UTF-8 of at most 500 characters without control characters.",
    )
}

pub(super) fn reason_required() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "reason_required",
        "Nothing is taken out of the log without a reason: send X-Yardarm-Reason.",
    )
}

pub(super) fn if_match_unreadable() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "if_match_invalid", "If-Match is the ETag of the answer you read: \"12\".")
}

pub(super) fn if_match_required() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        "if_match_required",
        "Replacing a document needs If-Match with the ETag you read, so that nobody's change is lost. PATCH does not.",
    )
}

pub(super) fn stale(rev: u64) -> Problem {
    let tag = HeaderValue::from_str(&format!("\"{rev}\"")).expect("digits in quotes are a valid header");
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "stale",
        format!("Somebody changed it after you read it; it is at \"{rev}\" now. Read it again and repeat your change."),
    )
    .header(ETAG, tag)
}

/// A plan that is no longer what would be done.
pub(super) fn plan_moved() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        PLAN_MOVED,
        "Something that this plan touches was changed after it was made. Nothing was applied; look at the plan as it is now.",
    )
}

/// Code of [`plan_moved`].
pub(crate) const PLAN_MOVED: &str = "plan_moved";

pub(super) fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "Too many changes to this project at the same moment. Nothing was changed; try again.",
    )
    .retry_between(1, 3)
}

pub(super) fn made_but_unread(rev: u64, error: &StoreError) -> Problem {
    tracing::warn!(rev, %error, "a change was made and could not be read back");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "made_but_unread",
        format!("The change was made as revision {rev}, but it cannot be shown now. Do not repeat it; read again."),
    )
    .header(HeaderName::from_static("x-yardarm-made"), HeaderValue::from(rev))
}

pub(super) fn taken(pointer: &str, what: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "conflict", format!("This {what} is taken. Choose another one.")).error(
        pointer,
        "key_taken",
        format!("this {what} is taken"),
    )
}

pub(super) fn later_changes(names: &[String]) -> Problem {
    let mut problem = Problem::new(
        StatusCode::CONFLICT,
        "later_changes",
        "Something was changed since. Undo the later changes first, or repeat this with ?force=true to lose them.",
    );
    for name in names.iter().take(100) {
        problem = problem.error("", "later_change", format!("{name} was changed since"));
    }
    problem
}

/// An undo or a revert of what is so already, or of what stays as it is (a revoked key).
pub(crate) fn nothing_to_put_back() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "nothing_to_put_back",
        "This is so already, or is something that is not taken back, such as the end of an SDK key. Nothing was changed.",
    )
}

/// A key or id in a body that names nothing of the tenant: foreign and missing are the same.
pub(crate) fn unknown(pointer: &str, what: &str, key: &str) -> Problem {
    let (code, hint) = match what {
        "role" => ("role_unknown", "; built in are viewer, editor, admin and owner"),
        "group" => ("group_unknown", ""),
        "person" => ("person_unknown", ""),
        _ => ("service_account_unknown", ""),
    };
    invalid(vec![wrong(pointer, code, format!("there is no {what} {key:?} in this tenant{hint}"))])
}

/// The body is not acceptable.
pub(crate) fn invalid(errors: Vec<ProblemError>) -> Problem {
    let mut problem = Problem::invalid();
    problem.errors = errors;
    problem
}

/// One thing that is wrong.
pub(crate) fn wrong(pointer: &str, code: &'static str, message: impl Into<String>) -> ProblemError {
    ProblemError { pointer: pointer.to_owned(), code: code.into(), message: message.into() }
}

/// The errors of a refusal whose body was a part of a larger one.
pub(super) fn below(pointer: &str, refusal: Refusal) -> Vec<ProblemError> {
    let deeper = |problem: yardarm_model::command::Problem| ProblemError {
        pointer: format!("{pointer}{}", problem.pointer),
        code: problem.code.into(),
        message: problem.message,
    };
    refusal.problems.into_iter().map(deeper).collect()
}

/// A tenant has as many webhooks as it may.
pub(super) fn too_many_webhooks(most: usize) -> Problem {
    let detail = format!("A tenant has at most {most} webhooks. Remove one that is not needed.");
    Problem::new(StatusCode::CONFLICT, "too_many_webhooks", detail)
}

/// A secret cannot be kept: the operator has to give the server a key.
pub(super) fn not_sealed(error: crate::sealer::SealError) -> Problem {
    tracing::error!(%error, "a secret could not be sealed");
    let detail = "This server cannot keep secrets now; its operator sets YARDARM_SECRET_KEY.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_secret_key", detail)
}

/// A route that the table gives no audit action asked for a commit: our mistake, and nothing is written.
pub(super) fn no_action() -> Problem {
    tracing::error!("a route without an audit action asked for a commit");
    Problem::internal()
}

/// Something of ours failed.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "a request failed");
    Problem::internal()
}

pub(super) fn commit(error: CommitError) -> Problem {
    error.into()
}
