//! `GET /api/v1/projects/{project}/flags/{flag}`

use super::answered;
use super::item::FlagAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfFlag;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One flag.
#[utoipa::path(get, path = "/api/v1/projects/{project}/flags/{flag}", operation_id = "getFlag", tag = "flags",
    params(OfFlag), responses((status = 200, body = FlagAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfFlag>,
) -> Result<Answer, Problem> {
    answered(&access, access.live(), &name.flag, Answer::ok).await
}
