//! `DELETE /api/v1/projects/{project}/segments/{segment}`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use crate::api::answer::Answer;
use crate::api::names::OfSegment;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Path;

/// Deletes a segment. Refused while a flag or another segment uses it.
#[utoipa::path(delete, path = "/api/v1/projects/{project}/segments/{segment}", operation_id = "deleteSegment",
    tag = "segments", params(OfSegment), responses((status = 204)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::SegmentDelete>,
    Path(name): Path<OfSegment>,
) -> Result<Answer, Stop> {
    let key = name.segment;
    let precondition = Precondition::Optional(Kind::Segment, key.clone());
    let changed = access.change(Command::DeleteSegment { key }, precondition).await?;
    Ok(Answer::empty().version(&changed.live))
}
