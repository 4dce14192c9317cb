//! `PATCH /api/v1/projects/{project}`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::{ProjectAnswer, answered};
use crate::api::answer::Answer;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Body;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; model reads it, with all errors at once")]
pub(crate) struct ProjectPatch {
    /// For people.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
}

/// Changes a project's name or description.
#[utoipa::path(patch, path = "/api/v1/projects/{project}", operation_id = "updateProject", tag = "projects",
    request_body = ProjectPatch, responses((status = 200, body = ProjectAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::ProjectUpdate>, Body(body): Body) -> Result<Answer, Stop> {
    let precondition = Precondition::Optional(Kind::Project, access.key().to_owned());
    let changed = access.change(Command::UpdateProject { body }, precondition).await?;
    Ok(answered(&changed.live, Answer::ok).version(&changed.live))
}
