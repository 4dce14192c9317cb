//! `GET /api/v1/projects/{project}`

use super::{ProjectAnswer, answered};
use crate::api::answer::Answer;
use crate::auth::{ProjectAccess, can};
use crate::problem::Problem;

/// One project.
#[utoipa::path(get, path = "/api/v1/projects/{project}", operation_id = "getProject", tag = "projects",
    responses((status = 200, body = ProjectAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::ProjectRead>) -> Result<Answer, Problem> {
    Ok(answered(access.live(), Answer::ok))
}
