//! `POST /api/v1/projects/{project}/segments`

use serde_json::Value;
use yardarm_model::command::Command;

use super::{SegmentAnswer, answered};
use crate::api::answer::Answer;
use crate::api::schema::NewSegment;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Body;

/// Makes a segment.
#[utoipa::path(post, path = "/api/v1/projects/{project}/segments", operation_id = "createSegment", tag = "segments",
    request_body = NewSegment, responses((status = 201, body = SegmentAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::SegmentCreate>, Body(body): Body) -> Result<Answer, Stop> {
    let key = body.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let changed = access.change(Command::CreateSegment { body }, Precondition::None).await?;
    Ok(answered(&changed.live.state, &key, Answer::created)?.version(&changed.live))
}
