//! `POST /api/v1/projects/{project}/policies/check`

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use yardarm_model::command::Command;
use yardarm_model::control::Verdict;
use yardarm_model::limits;

use super::schema::{NewPolicy, PolicyVerdict};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::history::ChangeHead;
use crate::auth::{Checked, ProjectAccess, can};
use crate::json::{Body, Query};
use crate::problem::Problem;

/// Changes of the past that a policy is tried on, unless said otherwise.
const REPLAYED: u64 = 100;
/// Longest reason, characters; as in the header of a change.
const REASON: usize = 500;

/// When.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckQuery {
    /// As if the change were made then (milliseconds since 1970); now by default.
    at: Option<i64>,
}

/// What is asked: one change, a draft of a policy to try on it or on the past, or both.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"configuration": {"flag": "new-checkout", "environment": "production", "patch": {"on": true}}}))]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct PolicyCheck {
    /// What a flag serves in an environment: `{flag, environment}` with `patch` or, for all of it, `body`.
    configuration: Option<Value>,
    /// `{flag, patch}`.
    flag: Option<Value>,
    /// `{segment, patch}`.
    segment: Option<Value>,
    /// `{document, prune?}`: a file to apply.
    file: Option<Value>,
    /// A policy that is not there yet, with its key; one of that key is put in place of the one that is there.
    policy: Option<NewPolicy>,
    /// The author's words.
    reason: Option<String>,
    /// Try the draft on so many changes of the past, 1 to 500 (100 when no change is given).
    replay: Option<u64>,
}

/// What policies say.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyCheckAnswer {
    /// About the change; null when none was given.
    #[schema(value_type = Option<PolicyVerdict>)]
    verdict: Option<Verdict>,
    /// Nothing stands against it and nobody has to consent.
    clear: Option<bool>,
    /// What the draft says about the past; null when that was not asked.
    past: Option<Replay>,
}

/// What a policy would have said about the past.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replay {
    /// How many changes it was tried on, from the last one back.
    changes: usize,
    /// It ended where the past was pruned or redacted.
    cut: bool,
    /// Rules that are not tried on the past: how long something had been tried is not looked up.
    left_out: Vec<&'static str>,
    /// The changes that it would have held, newest first.
    held: Vec<Held>,
}

/// A change that a policy would have held.
#[derive(Serialize, ToSchema)]
pub(crate) struct Held {
    #[serde(flatten)]
    change: ChangeHead,
    /// Why.
    #[schema(value_type = PolicyVerdict)]
    verdict: Verdict,
}

/// What policies say about a change that is not made, and what a policy that is not there yet would say about it or about
/// the past. Nothing is written.
#[utoipa::path(post, path = "/api/v1/projects/{project}/policies/check", operation_id = "checkPolicies",
    tag = "policies", params(CheckQuery), request_body = PolicyCheck,
    responses((status = 200, body = PolicyCheckAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<CheckQuery>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let asked = Asked::of(&body)?;
    let at = query.at.unwrap_or_else(|| access.now());
    let verdict = match asked.changes.into_iter().next() {
        Some(change) => Some(access.check(change, asked.policy.clone(), at, asked.reason).await?),
        None => None,
    };
    let past = match (asked.policy, asked.replay) {
        (Some(policy), Some(count)) => {
            let Checked { changes, cut, held } = access.replay(policy, count).await?;
            let held = held
                .iter()
                .map(|(change, verdict)| Held { change: ChangeHead::from(change), verdict: verdict.clone() });
            Some(Replay { changes, cut, left_out: vec!["min_soak"], held: held.collect() })
        }
        _ => None,
    };
    Ok(Answer::ok(&PolicyCheckAnswer { clear: verdict.as_ref().map(Verdict::is_clear), verdict, past }))
}

/// A change, and where in the body its own part begins.
type Change = (Command, &'static str);

#[derive(Default)]
struct Asked {
    changes: Vec<Change>,
    policy: Option<Value>,
    reason: String,
    replay: Option<u32>,
}

impl Asked {
    fn of(body: &Value) -> Result<Self, Problem> {
        let known = ["configuration", "flag", "segment", "file", "policy", "reason", "replay"];
        let given = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
        let kinds: Vec<&'static str> =
            ["configuration", "flag", "segment", "file"].into_iter().filter(|name| given(name)).collect();
        let mut fields = Fields::of(body.clone(), &known)?;
        let mut asked = Self::default();
        for kind in &kinds {
            asked.changes.extend(change(&mut fields, kind));
        }
        asked.policy = fields.any("policy");
        asked.reason = fields.optional_text("reason", REASON).unwrap_or_default();
        let replay = fields.any("replay").map(|value| value.as_u64().unwrap_or_default());
        let most = limits::POLICY_REPLAY as u64;
        if replay.is_some_and(|count| !(1..=most).contains(&count)) {
            fields.wrong("replay", "out_of_range", format!("is 1 to {most} changes"));
        }
        if asked.policy.is_none() && replay.is_some() {
            fields.wrong("policy", "missing", "is needed: the policy to try on the past");
        } else if asked.policy.is_none() && kinds.is_empty() {
            fields.wrong("configuration", "missing", "or flag, segment, file or policy is needed: what to ask about");
        }
        if let [_, more, ..] = kinds[..] {
            fields.wrong(more, "too_many", "is one change too many: ask about one at a time");
        }
        fields.done()?;
        let replay = replay.or_else(|| kinds.is_empty().then_some(REPLAYED));
        asked.replay = replay.and_then(|count| u32::try_from(count).ok());
        Ok(asked)
    }
}

/// Reads one change.
fn change(fields: &mut Fields, kind: &'static str) -> Option<Change> {
    let known: &[&str] = match kind {
        "configuration" => &["flag", "environment", "patch", "body"],
        "flag" => &["flag", "patch"],
        "segment" => &["segment", "patch"],
        _ => &["document", "prune"],
    };
    fields.object(kind, known, |inside| {
        Some(match kind {
            "configuration" => {
                let flag = inside.text("flag", limits::KEY);
                let environment = inside.text("environment", limits::KEY);
                match (inside.any("patch"), inside.any("body")) {
                    (Some(patch), None) => {
                        (Command::UpdateConfiguration { flag, environment, patch }, "/configuration/patch")
                    }
                    (None, Some(body)) => {
                        (Command::PutConfiguration { flag, environment, body }, "/configuration/body")
                    }
                    (None, None) | (Some(_), Some(_)) => {
                        inside.wrong("patch", "missing", "or body is needed, and not both");
                        return None;
                    }
                }
            }
            "flag" => {
                let key = inside.text("flag", limits::KEY);
                (Command::UpdateFlag { key, patch: whole(inside, "patch")? }, "/flag/patch")
            }
            "segment" => {
                let key = inside.text("segment", limits::KEY);
                (Command::UpdateSegment { key, patch: whole(inside, "patch")? }, "/segment/patch")
            }
            _ => {
                let prune = inside.optional_bool("prune").unwrap_or_default();
                (Command::Apply { body: whole(inside, "document")?, prune }, "/file/document")
            }
        })
    })
}

fn whole(fields: &mut Fields, name: &str) -> Option<Value> {
    fields.needs(name);
    fields.any(name)
}
