//! `POST /api/v1/projects/{project}/environments/{environment}/promotion`

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::command::Command;
use yardarm_model::{limits, plan};

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfEnvironment;
use crate::api::transfer::planned::{PlanAnswer, answered};
use crate::auth::{ProjectAccess, Right, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What is brought.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"from": "staging", "flags": ["new-checkout"], "with_state": false}))]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Promotion {
    /// Environment that it comes from.
    from: String,
    /// Only these flags; all that are configured there by default.
    flags: Option<Vec<String>>,
    /// Whether they are on comes along too; by default each stays on or off.
    with_state: Option<bool>,
}

/// What bringing the configurations of another environment to this one would do. Nothing is written.
#[utoipa::path(post, path = "/api/v1/projects/{project}/environments/{environment}/promotion",
    operation_id = "planPromotion", tag = "environments", params(OfEnvironment), request_body = Promotion,
    responses((status = 200, body = PlanAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfEnvironment>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let digest = digest(&name.environment, &body);
    Ok(Answer::ok(&planned(&access, command(&name.environment, body)?, digest).await?))
}

/// Reads what is to be brought to an environment.
pub(super) fn command(to: &str, body: Value) -> Result<Command, Problem> {
    let mut fields = Fields::of(body, &["from", "flags", "with_state"])?;
    let from = fields.text("from", limits::KEY);
    let flags = fields.any("flags").and_then(|value| keys(&mut fields, value));
    let with_state = fields.any("with_state").unwrap_or(Value::Bool(false));
    let with_state = with_state.as_bool().unwrap_or_else(|| {
        fields.wrong("with_state", "type", "must be true or false");
        false
    });
    fields.done()?;
    Ok(Command::Promote { from, to: to.to_owned(), flags, with_state })
}

/// Keys of flags; whether they are there is looked at when all else is known.
fn keys(fields: &mut Fields, value: Value) -> Option<Vec<String>> {
    let Ok(keys) = serde_json::from_value::<Vec<String>>(value) else {
        fields.wrong("flags", "type", "must be a list of keys");
        return None;
    };
    if keys.len() > limits::FLAGS {
        fields.wrong("flags", "too_many", format!("has {} keys; the limit is {}", keys.len(), limits::FLAGS));
    }
    Some(keys)
}

/// Names the request to promote.
pub(super) fn digest(to: &str, body: &Value) -> String {
    format!("promote {to} {}", plan::digest(body))
}

/// The plan of a promotion.
pub(super) async fn planned<R: Right>(
    access: &ProjectAccess<R>,
    command: Command,
    digest: String,
) -> Result<PlanAnswer, Problem> {
    let made = access.plan(command, digest).await?;
    Ok(answered(access, made, None).await)
}
