//! `POST /api/v1/projects/{project}/apply`

use serde::Deserialize;
use utoipa::IntoParams;
use yardarm_model::command::Command;

use super::import::{ImportBody, Imported};
use super::{plan, planned};
use crate::api::answer::Answer;
use crate::auth::refusal::{self, PLAN_MOVED};
use crate::auth::{Planned, Precondition, ProjectAccess, Stop, can};
use crate::json::Query;

/// How.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApplyQuery {
    /// Also archive flags and delete segments that the file does not name, if it names any of their kind.
    prune: Option<bool>,
    /// Fingerprint of a plan of the same file: what it says is done, or nothing.
    plan: Option<String>,
}

/// Makes the project as a file says, in one change or not at all. With `plan`, a plan that has moved since is a 412 that
/// brings the plan as it is now (member `plan`).
#[utoipa::path(post, path = "/api/v1/projects/{project}/apply", operation_id = "applyProject", tag = "transfer",
    params(ApplyQuery), request_body = Object, responses((status = 200, body = Imported)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectImport>,
    Query(query): Query<ApplyQuery>,
    ImportBody(body): ImportBody,
) -> Result<Answer, Stop> {
    let prune = query.prune.unwrap_or(false);
    let precondition = match query.plan {
        Some(fingerprint) => Precondition::Planned(Planned { digest: plan::digest(&body, prune), fingerprint }),
        None => Precondition::None,
    };
    let before = std::sync::Arc::clone(&access.live().state);
    match access.change(Command::Apply { body: body.clone(), prune }, precondition).await {
        Ok(done) => Ok(Imported::answer(&before, &done)),
        Err(Stop::Refused(moved)) if moved.code == PLAN_MOVED => {
            let now: planned::PlanAnswer = plan::of_file(&access, body, prune).await?;
            Err(moved.with("plan", serde_json::to_value(&now).map_err(refusal::internal)?).into())
        }
        Err(stopped) => Err(stopped),
    }
}
