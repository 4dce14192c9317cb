//! `DELETE /api/v1/projects/{project}/keys/{key}`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use crate::api::answer::Answer;
use crate::api::names::OfKey;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Path;

/// Revokes an SDK key: it opens nothing from now on, and open streams end.
#[utoipa::path(delete, path = "/api/v1/projects/{project}/keys/{key}", operation_id = "revokeKey", tag = "keys",
    params(OfKey), responses((status = 204)))]
pub(crate) async fn handler(access: ProjectAccess<can::SdkKeyManage>, Path(name): Path<OfKey>) -> Result<Answer, Stop> {
    let id = name.key;
    let precondition = Precondition::Optional(Kind::SdkKey, id.clone());
    let changed = access.change(Command::RevokeSdkKey { id }, precondition).await?;
    Ok(Answer::empty().version(&changed.live))
}
