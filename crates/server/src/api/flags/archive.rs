//! `POST /api/v1/projects/{project}/flags/{flag}/archive`

use yardarm_model::command::Command;

use super::changed;
use super::item::FlagAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfFlag;
use crate::auth::{ProjectAccess, Stop, can};
use crate::json::Path;

/// Archives a flag: it is served nowhere, keeps its key for ever and can be restored. Refused while another flag needs it.
#[utoipa::path(post, path = "/api/v1/projects/{project}/flags/{flag}/archive", operation_id = "archiveFlag", tag = "flags",
    params(OfFlag), responses((status = 200, body = FlagAnswer)))]
pub(crate) async fn handler(access: ProjectAccess<can::FlagArchive>, Path(name): Path<OfFlag>) -> Result<Answer, Stop> {
    changed(&access, &name.flag, Command::ArchiveFlag { key: name.flag.clone() }).await
}
