//! `DELETE /api/v1/projects/{project}/environments/{environment}`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use crate::api::answer::Answer;
use crate::api::names::OfEnvironment;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Path;

/// Deletes an environment with what is configured there; its SDK keys open nothing from now on.
#[utoipa::path(delete, path = "/api/v1/projects/{project}/environments/{environment}",
    operation_id = "deleteEnvironment", tag = "environments", params(OfEnvironment), responses((status = 204)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::EnvironmentManage>,
    Path(name): Path<OfEnvironment>,
) -> Result<Answer, Stop> {
    let key = name.environment;
    let precondition = Precondition::Optional(Kind::Environment, key.clone());
    let changed = access.change(Command::DeleteEnvironment { key }, precondition).await?;
    Ok(Answer::empty().version(&changed.live))
}
