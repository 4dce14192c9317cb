//! `POST /api/v1/projects/{project}/flags`

use serde_json::Value;
use yardarm_model::command::Command;

use super::answered;
use super::item::FlagAnswer;
use crate::api::answer::Answer;
use crate::api::schema::NewFlag;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Body;

/// Makes a flag. It is off in every environment.
#[utoipa::path(post, path = "/api/v1/projects/{project}/flags", operation_id = "createFlag", tag = "flags",
    request_body = NewFlag, responses((status = 201, body = FlagAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::FlagCreate>, Body(body): Body) -> Result<Answer, Stop> {
    let key = body.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let changed = access.change(Command::CreateFlag { body }, Precondition::None).await?;
    Ok(answered(&access, &changed.live, &key, Answer::created).await?.version(&changed.live))
}
