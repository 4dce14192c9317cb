//! `POST /api/v1/projects/{project}/plan`

use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use yardarm_model::command::Command;
use yardarm_model::plan;

use super::import::ImportBody;
use super::planned::{PlanAnswer, answered};
use crate::api::answer::Answer;
use crate::auth::{ProjectAccess, Right, can};
use crate::json::Query;
use crate::problem::Problem;

/// How.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlanQuery {
    /// Also archive flags and delete segments that the file does not name, if it names any of their kind.
    prune: Option<bool>,
}

/// What applying a file would do. Nothing is written.
#[utoipa::path(post, path = "/api/v1/projects/{project}/plan", operation_id = "planProject", tag = "transfer",
    params(PlanQuery), request_body = Object, responses((status = 200, body = PlanAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<PlanQuery>,
    ImportBody(body): ImportBody,
) -> Result<Answer, Problem> {
    let prune = query.prune.unwrap_or(false);
    Ok(Answer::ok(&of_file(&access, body, prune).await?))
}

/// Names the request to apply a file.
pub(super) fn digest(body: &Value, prune: bool) -> String {
    format!("apply {prune} {}", plan::digest(body))
}

/// The plan of a file.
pub(super) async fn of_file<R: Right>(
    access: &ProjectAccess<R>,
    body: Value,
    prune: bool,
) -> Result<PlanAnswer, Problem> {
    let digest = digest(&body, prune);
    let named = body.clone();
    let made = access.plan(Command::Apply { body, prune }, digest).await?;
    let rest = plan::unnamed(&made.live.state, &named);
    Ok(answered(access, made, Some(rest)).await)
}
