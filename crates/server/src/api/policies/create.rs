//! `POST /api/v1/projects/{project}/policies`

use serde_json::Value;
use yardarm_model::command::Command;

use super::schema::NewPolicy;
use super::{PolicyAnswer, answered};
use crate::api::answer::Answer;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Body;

/// Makes a policy. It is for the changes after it.
#[utoipa::path(post, path = "/api/v1/projects/{project}/policies", operation_id = "createPolicy", tag = "policies",
    request_body = NewPolicy, responses((status = 201, body = PolicyAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::PolicyManage>, Body(body): Body) -> Result<Answer, Stop> {
    let key = body.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let changed = access.change(Command::CreatePolicy { body }, Precondition::None).await?;
    Ok(answered(&changed.live.state, &key, Answer::created)?.version(&changed.live))
}
