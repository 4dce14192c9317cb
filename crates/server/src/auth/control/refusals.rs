//! What change control refuses.

use http::StatusCode;
use yardarm_model::change_request::Stage;
use yardarm_model::control::{Requirement, Verdict};
use yardarm_model::document::Kind;
use yardarm_model::limits;

use super::consent::NeededApproval;
use crate::auth::refusal::{internal, invalid, wrong};
use crate::problem::Problem;

/// Code of what needs consent that it does not have.
pub(crate) const APPROVAL_REQUIRED: &str = "approval_required";

fn bad_request(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

fn conflict(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
}

pub(super) fn two_ways() -> Problem {
    bad_request(
        "two_ways",
        "A change goes into a change request or past the policies, not both: send one of the two headers.",
    )
}

pub(super) fn bad_bypass() -> Problem {
    bad_request("bypass_invalid", "X-Yardarm-Bypass is `true`, or is not sent.")
}

pub(super) fn bad_change_request() -> Problem {
    bad_request("change_request_invalid", "X-Yardarm-Change-Request is `new` or the id of a change request, `chr_…`.")
}

pub(super) fn header_unreadable(name: &str) -> Problem {
    let detail = format!("{name} is sent once, as percent-encoded UTF-8 of at most 500 characters on one line.");
    Problem::new(StatusCode::BAD_REQUEST, "header_invalid", detail)
}

pub(super) fn not_here(header: &str) -> Problem {
    let detail = format!(
        "{header} means nothing here: it is for changes of what is in a project, and the secret of an SDK key cannot wait. \
         Nothing was changed; send the request without it."
    );
    Problem::new(StatusCode::BAD_REQUEST, "way_unknown_here", detail)
}

pub(super) fn bypass_without_reason() -> Problem {
    let detail = "Nothing passes the policies without a reason: send X-Yardarm-Reason.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "reason_required", detail)
}

/// Says who has to consent, and how to ask them.
fn consent(problem: Problem, needed: &[NeededApproval]) -> Problem {
    needed
        .iter()
        .filter(|one| !one.is_given())
        .fold(problem, |problem, one| problem.error("", APPROVAL_REQUIRED, sentence(&one.requirement, one.given.len())))
}

/// `the policy "Production" wants 2 approvals for production by somebody with the role approver; 1 is there`.
fn sentence(requirement: &Requirement, given: usize) -> String {
    let Requirement { name, policy, environments, required, roles, groups, .. } = requirement;
    let count = if *required == 1 { "one approval".to_owned() } else { format!("{required} approvals") };
    let place = if environments.is_empty() { String::new() } else { format!(" for {}", environments.join(", ")) };
    let by = match (&roles[..], &groups[..]) {
        ([], []) => String::new(),
        (roles, []) => format!(" by people with the role {}", roles.join(" or ")),
        ([], groups) => format!(" by people of the group {}", groups.join(" or ")),
        (roles, groups) => {
            format!(" by people with the role {} or of the group {}", roles.join(" or "), groups.join(" or "))
        }
    };
    format!("the policy {name:?} ({policy}) wants {count}{place}{by}; {given} of {required} are given")
}

/// What stands against a change: its policies, all at once.
pub(super) fn held(verdict: &Verdict, needed: &[NeededApproval], in_request: bool) -> Problem {
    let problem = if verdict.violations.is_empty() {
        let ask = if in_request {
            "Somebody has to approve the change request first."
        } else {
            "Ask for it instead: send the same request with `X-Yardarm-Change-Request: new` (`yardarm … --change-request new`), \
             submit it and have it approved."
        };
        conflict(
            APPROVAL_REQUIRED,
            format!(
                "This needs others' consent. Nothing was changed. {ask} In an emergency, whoever holds `change_request.bypass` \
                 there sends `X-Yardarm-Bypass: true` (`--bypass`) with a reason, and the audit log says so."
            ),
        )
    } else {
        conflict("policy_violation", "Policies of this project forbid this. Nothing was changed.")
    };
    let problem = verdict.violations.iter().fold(problem, |problem, violation| {
        let place =
            if violation.environment.is_empty() { String::new() } else { format!(" in {}", violation.environment) };
        let what = match violation.key.as_str() {
            "" => String::new(),
            key => format!(" ({} {key}{place})", violation.kind),
        };
        problem.error(
            violation.pointer.clone(),
            violation.code,
            format!("{}{what}; policy {}", violation.message, violation.policy),
        )
    });
    let problem = consent(problem, needed);
    match serde_json::to_value(verdict) {
        Ok(verdict) => problem.with("verdict", verdict),
        Err(error) => internal(error),
    }
}

/// What not even an emergency passes over.
pub(super) fn beyond_bypass(verdict: &Verdict) -> Problem {
    let problem = conflict("policy_violation", "Not even an emergency passes over this. Nothing was changed.");
    let beyond = verdict.violations.iter().filter(|violation| !violation.may_bypass);
    beyond.fold(problem, |problem, one| problem.error(one.pointer.clone(), one.code, one.message.clone()))
}

/// Something that can only be done to a request that is not as far as this one.
pub(super) fn wrong_stage(stage: Stage, wanted: &str) -> Problem {
    let detail = format!("This change request is {}; only one that is {wanted} can be changed so.", stage.as_str());
    conflict("change_request_stage", detail)
}

pub(super) fn is_scheduled() -> Problem {
    let detail = "This change request has a time, which is part of what was approved. Call the schedule off first to apply it now.";
    conflict("scheduled", detail)
}

pub(super) fn not_scheduled() -> Problem {
    conflict("not_scheduled", "This change request has no time, or its time was changed.")
}

/// The approval is of something else than what is there now.
pub(super) fn other_content(hash: &str) -> Problem {
    conflict(
        "other_content",
        "What you saw is not what this change request holds now. Look at it again; approve its present hash if you still agree.",
    )
    .with("hash", hash.into())
}

pub(super) fn moved(places: &[(Kind, String)]) -> Problem {
    let problem = conflict(
        "rebase_needed",
        "Something that this change request replaces or refers to was changed since, so its approvals count no more. Rebase \
         it (`yardarm changes rebase`), look at it again and have it approved.",
    );
    let told = places.iter().take(limits::PROBLEMS);
    told.fold(problem, |problem, (kind, key)| problem.error("", "moved", format!("{kind} {key} was changed since")))
}

pub(super) fn own_work() -> Problem {
    Problem::forbidden(
        "This is your own work, or you made the token that it was put together with: somebody else has to consent to it.",
    )
}

pub(super) fn not_a_person() -> Problem {
    Problem::forbidden("Only people consent to changes; a service account cannot.")
}

pub(super) fn not_asked() -> Problem {
    Problem::forbidden(
        "None of the policies that want consent to this asks you: you hold none of their roles and are in none of their groups.",
    )
}

pub(super) fn not_the_author() -> Problem {
    Problem::forbidden("Only those who put it together withdraw a change request; others reject it.")
}

pub(super) fn nothing_to_draft() -> Problem {
    conflict("nothing_to_draft", "This is so already: there is nothing to put into a change request.")
}

pub(super) fn empty() -> Problem {
    conflict(
        "change_request_empty",
        "There is nothing left to do in this change request. Put something in, or withdraw it.",
    )
}

pub(super) fn too_many(what: &str, most: usize) -> Problem {
    conflict("limit", format!("{what}: at most {most}. Finish or withdraw some first."))
}

pub(super) fn too_large(what: &str, most: usize) -> Problem {
    conflict(
        "change_request_too_large",
        format!("A change request holds at most {most} {what}. Split it into several."),
    )
}

pub(super) fn keys_cannot_wait(key: &str) -> Problem {
    conflict("way_unknown_here", "An SDK key cannot wait in a change request; make, rotate or revoke it by itself.")
        .error("", "sdk_key", format!("SDK key {key} would be changed"))
}

/// A merge that somebody has to decide.
pub(super) fn conflicts(conflicts: &[yardarm_model::change_request::Conflict]) -> Problem {
    let problem = conflict(
        "merge_conflict",
        "Both sides changed these places. Choose for each: the same request again with `choices` of {kind, key, pointer, take}, \
         where `take` is `request` or `current`.",
    );
    let problem = conflicts.iter().take(limits::PROBLEMS).fold(problem, |problem, one| {
        let words = format!("{} {} at {:?} was changed on both sides", one.kind, one.key, one.pointer);
        problem.error(one.pointer.clone(), "merge_conflict", words)
    });
    match serde_json::to_value(conflicts) {
        Ok(conflicts) => problem.with("conflicts", conflicts),
        Err(error) => internal(error),
    }
}

pub(super) fn needless_choice(index: usize) -> Problem {
    let text = "there is no conflict at this place; leave it out";
    invalid(vec![wrong(&format!("/choices/{index}"), "no_conflict", text)])
}
