//! `GET /api/v1/projects/{project}/environments/{environment}`

use super::{EnvironmentAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfEnvironment;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One environment.
#[utoipa::path(get, path = "/api/v1/projects/{project}/environments/{environment}", operation_id = "getEnvironment",
    tag = "environments", params(OfEnvironment), responses((status = 200, body = EnvironmentAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfEnvironment>,
) -> Result<Answer, Problem> {
    answered(access.state(), &name.environment, Answer::ok)
}
