//! `PATCH /api/v1/projects/{project}/flags/{flag}`

use yardarm_model::command::Command;

use super::changed;
use super::item::FlagAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfFlag;
use crate::api::schema::FlagPatch;
use crate::auth::{ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// Changes what a flag is in every environment.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/flags/{flag}", operation_id = "updateFlag", tag = "flags",
    params(OfFlag), request_body = FlagPatch, responses((status = 200, body = FlagAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::FlagUpdate>,
    Path(name): Path<OfFlag>,
    Body(patch): Body,
) -> Result<Answer, Stop> {
    changed(&access, &name.flag, Command::UpdateFlag { key: name.flag.clone(), patch }).await
}
