//! `PATCH /api/v1/projects/{project}/policies/{policy}`

use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::schema::PolicyPatch;
use super::{PolicyAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfPolicy;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// Changes a policy; null removes a rule. What it asks for is asked for this change, too.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/policies/{policy}", operation_id = "updatePolicy",
    tag = "policies", params(OfPolicy), request_body = PolicyPatch, responses((status = 200, body = PolicyAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::PolicyManage>,
    Path(name): Path<OfPolicy>,
    Body(patch): Body,
) -> Result<Answer, Stop> {
    let key = name.policy;
    let precondition = Precondition::Optional(Kind::Policy, key.clone());
    let changed = access.change(Command::UpdatePolicy { key: key.clone(), patch }, precondition).await?;
    Ok(answered(&changed.live.state, &key, Answer::ok)?.version(&changed.live))
}
