//! `GET /api/v1/projects/{project}/change-requests/{change_request}`

use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// A change request: what it would do, what the policies say about it now, whose consent it has and whose it lacks, and
/// whether something moved under it.
#[utoipa::path(get, path = "/api/v1/projects/{project}/change-requests/{change_request}",
    operation_id = "readChangeRequest", tag = "change requests", params(OfChangeRequest),
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfChangeRequest>,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let reviewed = access.review(&id).await?;
    let revision = reviewed.revision;
    Ok(Answer::ok(&ChangeRequestAnswer::of(&access, &id, reviewed).await).etag(revision))
}
