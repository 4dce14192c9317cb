//! `PATCH /api/v1/projects/{project}/segments/{segment}/lists`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::{SegmentAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfSegment;
use crate::api::schema::SegmentListEdit;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// Adds keys to a segment's lists and removes some; only the chunks that change are moved.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/segments/{segment}/lists", operation_id = "editSegmentLists",
    tag = "segments", params(OfSegment), request_body = SegmentListEdit, responses((status = 200, body = SegmentAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::SegmentUpdate>,
    Path(name): Path<OfSegment>,
    Body(body): Body,
) -> Result<Answer, Stop> {
    let key = name.segment;
    let precondition = Precondition::Optional(Kind::Segment, key.clone());
    let changed = access.change(Command::EditSegmentLists { key: key.clone(), body }, precondition).await?;
    Ok(answered(&changed.live.state, &key, Answer::ok)?.version(&changed.live))
}
