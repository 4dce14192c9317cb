//! `PATCH /api/v1/projects/{project}/segments/{segment}`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::{SegmentAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfSegment;
use crate::api::schema::SegmentPatch;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// Changes a segment; `included` and `excluded` replace the whole lists.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/segments/{segment}", operation_id = "updateSegment",
    tag = "segments", params(OfSegment), request_body = SegmentPatch, responses((status = 200, body = SegmentAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::SegmentUpdate>,
    Path(name): Path<OfSegment>,
    Body(patch): Body,
) -> Result<Answer, Stop> {
    let key = name.segment;
    let precondition = Precondition::Optional(Kind::Segment, key.clone());
    let changed = access.change(Command::UpdateSegment { key: key.clone(), patch }, precondition).await?;
    Ok(answered(&changed.live.state, &key, Answer::ok)?.version(&changed.live))
}
