//! `PATCH /api/v1/projects/{project}/environments/{environment}`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::{EnvironmentAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfEnvironment;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; model reads it, with all errors at once")]
pub(crate) struct EnvironmentPatch {
    /// For people.
    name: Option<String>,
    /// Position in lists and columns, from 0.
    position: Option<u32>,
    /// Colour in the console, 1 to 6.
    color: Option<u8>,
    /// Changes here are reviewed before they are saved.
    production: Option<bool>,
}

/// Changes an environment.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/environments/{environment}",
    operation_id = "updateEnvironment", tag = "environments", params(OfEnvironment), request_body = EnvironmentPatch,
    responses((status = 200, body = EnvironmentAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::EnvironmentManage>,
    Path(name): Path<OfEnvironment>,
    Body(patch): Body,
) -> Result<Answer, Stop> {
    let key = name.environment;
    let precondition = Precondition::Optional(Kind::Environment, key.clone());
    let changed = access.change(Command::UpdateEnvironment { key: key.clone(), patch }, precondition).await?;
    Ok(answered(&changed.live.state, &key, Answer::ok)?.version(&changed.live))
}
