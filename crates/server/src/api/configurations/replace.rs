//! `PUT /api/v1/projects/{project}/flags/{flag}/environments/{environment}`

use yardarm_model::command::Command;
use yardarm_model::configuration_key;
use yardarm_model::document::Kind;

use super::answered;
use crate::api::answer::Answer;
use crate::api::names::OfConfiguration;
use crate::api::schema::{Configuration, ConfigurationAnswer};
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// Replaces what a flag serves in one environment. Needs `If-Match`.
#[utoipa::path(put, path = "/api/v1/projects/{project}/flags/{flag}/environments/{environment}",
    operation_id = "replaceConfiguration", tag = "flags", params(OfConfiguration), request_body = Configuration,
    responses((status = 200, body = ConfigurationAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ConfigurationUpdate>,
    Path(name): Path<OfConfiguration>,
    Body(body): Body,
) -> Result<Answer, Stop> {
    let OfConfiguration { flag, environment } = name;
    let precondition = Precondition::Required(Kind::Configuration, configuration_key(&environment, &flag));
    let command = Command::PutConfiguration { flag: flag.clone(), environment: environment.clone(), body };
    let changed = access.change(command, precondition).await?;
    Ok(answered(&changed.live.state, &environment, &flag)?.version(&changed.live))
}
