//! `GET /api/v1/projects/{project}/flags/{flag}/environments/{environment}`

use super::answered;
use crate::api::answer::Answer;
use crate::api::names::OfConfiguration;
use crate::api::schema::ConfigurationAnswer;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// What a flag serves in one environment.
#[utoipa::path(get, path = "/api/v1/projects/{project}/flags/{flag}/environments/{environment}",
    operation_id = "getConfiguration", tag = "flags", params(OfConfiguration),
    responses((status = 200, body = ConfigurationAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfConfiguration>,
) -> Result<Answer, Problem> {
    answered(access.state(), &name.environment, &name.flag)
}
