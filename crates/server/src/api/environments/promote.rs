//! `POST /api/v1/projects/{project}/environments/{environment}/promote`

use serde::Deserialize;
use utoipa::IntoParams;

use super::promotion::{Promotion, command, digest, planned};
use crate::api::answer::Answer;
use crate::api::names::OfEnvironment;
use crate::api::transfer::import::Imported;
use crate::auth::refusal::{self, PLAN_MOVED};
use crate::auth::{Planned, Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path, Query};

/// How.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PromoteQuery {
    /// Fingerprint of a plan of the same promotion: what it says is done, or nothing.
    plan: Option<String>,
}

/// Brings the configurations of another environment to this one, in one change. Who is in a percentage here stays in it;
/// where there was none, the same people are drawn as there. With `plan`, a plan that has moved since is a 412 that
/// brings the plan as it is now (member `plan`).
#[utoipa::path(post, path = "/api/v1/projects/{project}/environments/{environment}/promote",
    operation_id = "promoteEnvironment", tag = "environments", params(OfEnvironment, PromoteQuery),
    request_body = Promotion, responses((status = 200, body = Imported)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ConfigurationUpdate>,
    Path(name): Path<OfEnvironment>,
    Query(query): Query<PromoteQuery>,
    Body(body): Body,
) -> Result<Answer, Stop> {
    let digest = digest(&name.environment, &body);
    let command = command(&name.environment, body)?;
    let precondition = match query.plan {
        Some(fingerprint) => Precondition::Planned(Planned { digest: digest.clone(), fingerprint }),
        None => Precondition::None,
    };
    let before = std::sync::Arc::clone(&access.live().state);
    match access.change(command.clone(), precondition).await {
        Ok(done) => Ok(Imported::answer(&before, &done)),
        Err(Stop::Refused(moved)) if moved.code == PLAN_MOVED => {
            let now = planned(&access, command, digest).await?;
            Err(moved.with("plan", serde_json::to_value(&now).map_err(refusal::internal)?).into())
        }
        Err(stopped) => Err(stopped),
    }
}
