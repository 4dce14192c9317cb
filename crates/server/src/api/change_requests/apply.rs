//! `POST /api/v1/projects/{project}/change-requests/{change_request}/apply`

use super::answered;
use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Applies what was approved, in one change. Needs the permissions that the documents need, and is refused when anything of it moved.
#[utoipa::path(post, path = "/api/v1/projects/{project}/change-requests/{change_request}/apply",
    operation_id = "applyChangeRequest", tag = "change requests", params(OfChangeRequest),
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestCreate>,
    Path(name): Path<OfChangeRequest>,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let changed = access.apply_change_request(&id).await?;
    answered(&access, &id, changed).await
}
