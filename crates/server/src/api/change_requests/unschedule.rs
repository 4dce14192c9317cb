//! `DELETE /api/v1/projects/{project}/change-requests/{change_request}/schedule`

use super::answered;
use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Calls a schedule off. Approvals were for that time, and count no more.
#[utoipa::path(delete, path = "/api/v1/projects/{project}/change-requests/{change_request}/schedule",
    operation_id = "unscheduleChangeRequest", tag = "change requests", params(OfChangeRequest),
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ScheduleManage>,
    Path(name): Path<OfChangeRequest>,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let changed = access.unschedule_change_request(&id).await?;
    answered(&access, &id, changed).await
}
