//! `POST /api/v1/projects/{project}/flags/{flag}/restore`

use yardarm_model::command::Command;

use super::changed;
use super::item::FlagAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfFlag;
use crate::auth::{ProjectAccess, Stop, can};
use crate::json::Path;

/// Takes a flag out of the archive, configured as it was.
#[utoipa::path(post, path = "/api/v1/projects/{project}/flags/{flag}/restore", operation_id = "restoreFlag", tag = "flags",
    params(OfFlag), responses((status = 200, body = FlagAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::FlagArchive>, Path(name): Path<OfFlag>) -> Result<Answer, Stop> {
    changed(&access, &name.flag, Command::RestoreFlag { key: name.flag.clone() }).await
}
