//! `DELETE /api/v1/projects/{project}/policies/{policy}`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use crate::api::answer::Answer;
use crate::api::names::OfPolicy;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::Path;

/// Deletes a policy. What it asks for is asked for this change, too.
#[utoipa::path(delete, path = "/api/v1/projects/{project}/policies/{policy}", operation_id = "deletePolicy",
    tag = "policies", params(OfPolicy), responses((status = 204)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::PolicyManage>,
    Path(name): Path<OfPolicy>,
) -> Result<Answer, Stop> {
    let key = name.policy;
    let precondition = Precondition::Optional(Kind::Policy, key.clone());
    let changed = access.change(Command::DeletePolicy { key }, precondition).await?;
    Ok(Answer::empty().version(&changed.live))
}
