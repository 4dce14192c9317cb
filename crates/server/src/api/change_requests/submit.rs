//! `POST /api/v1/projects/{project}/change-requests/{change_request}/submit`

use super::answered;
use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Asks others for their consent.
#[utoipa::path(post, path = "/api/v1/projects/{project}/change-requests/{change_request}/submit",
    operation_id = "submitChangeRequest", tag = "change requests", params(OfChangeRequest),
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestCreate>,
    Path(name): Path<OfChangeRequest>,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let changed = access.submit_change_request(&id).await?;
    answered(&access, &id, changed).await
}
