//! `POST /api/v1/projects/{project}/environments`

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::command::Command;

use super::{EnvironmentAnswer, answered};
use crate::api::answer::Answer;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Body;

/// A new environment.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; model reads it, with all errors at once")]
pub(crate) struct NewEnvironment {
    /// Unique in the project, fixed.
    key: String,
    /// For people.
    name: String,
    /// Position in lists and columns, from 0.
    position: Option<u32>,
    /// Colour in the console, 1 to 6.
    color: Option<u8>,
    /// Changes here are reviewed before they are saved.
    production: Option<bool>,
}

/// Makes an environment. Every flag is off in it.
#[utoipa::path(post, path = "/api/v1/projects/{project}/environments", operation_id = "createEnvironment",
    tag = "environments", request_body = NewEnvironment, responses((status = 201, body = EnvironmentAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::EnvironmentManage>, Body(body): Body) -> Result<Answer, Stop> {
    let key = body.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let changed = access.change(Command::CreateEnvironment { body }, Precondition::None).await?;
    Ok(answered(&changed.live.state, &key, Answer::created)?.version(&changed.live))
}
