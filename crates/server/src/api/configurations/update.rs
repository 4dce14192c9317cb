//! `PATCH /api/v1/projects/{project}/flags/{flag}/environments/{environment}`

use yardarm_model::command::Command;
use yardarm_model::configuration_key;
use yardarm_model::document::Kind;

use super::answered;
use crate::api::answer::Answer;
use crate::api::names::OfConfiguration;
use crate::api::schema::{ConfigurationAnswer, ConfigurationPatch};
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// Changes what a flag serves in one environment (JSON Merge Patch).
#[utoipa::path(patch, path = "/api/v1/projects/{project}/flags/{flag}/environments/{environment}",
    operation_id = "updateConfiguration", tag = "flags", params(OfConfiguration), request_body = ConfigurationPatch,
    responses((status = 200, body = ConfigurationAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ConfigurationUpdate>,
    Path(name): Path<OfConfiguration>,
    Body(patch): Body,
) -> Result<Answer, Stop> {
    let OfConfiguration { flag, environment } = name;
    let precondition = Precondition::Optional(Kind::Configuration, configuration_key(&environment, &flag));
    let command = Command::UpdateConfiguration { flag: flag.clone(), environment: environment.clone(), patch };
    let changed = access.change(command, precondition).await?;
    Ok(answered(&changed.live.state, &environment, &flag)?.version(&changed.live))
}
