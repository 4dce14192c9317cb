//! `GET /api/v1/projects/{project}/segments/{segment}`

use super::{SegmentAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfSegment;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One segment.
#[utoipa::path(get, path = "/api/v1/projects/{project}/segments/{segment}", operation_id = "getSegment",
    tag = "segments", params(OfSegment), responses((status = 200, body = SegmentAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfSegment>,
) -> Result<Answer, Problem> {
    answered(access.state(), &name.segment, Answer::ok)
}
