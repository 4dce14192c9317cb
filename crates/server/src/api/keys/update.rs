//! `PATCH /api/v1/projects/{project}/keys/{key}`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::KeyAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfKey;
use crate::auth::{Precondition, ProjectAccess, Stop, can, refusal};
use crate::json::{Body, Path};

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; model reads it, with all errors at once")]
pub(crate) struct KeyPatch {
    /// For people.
    name: Option<String>,
    /// Of a client key: answer only contexts that the application's server has signed.
    attested: Option<bool>,
}

/// Renames an SDK key, or has it ask for signed contexts: from the next evaluation on.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/keys/{key}", operation_id = "updateKey", tag = "keys",
    params(OfKey), request_body = KeyPatch, responses((status = 200, body = KeyAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::SdkKeyManage>,
    Path(name): Path<OfKey>,
    Body(patch): Body,
) -> Result<Answer, Stop> {
    let id = name.key;
    let precondition = Precondition::Optional(Kind::SdkKey, id.clone());
    let changed = access.change(Command::UpdateSdkKey { id: id.clone(), patch }, precondition).await?;
    let key = changed.live.state.sdk_keys.get(&id).ok_or_else(refusal::not_found)?;
    Ok(Answer::ok(&KeyAnswer::of(&id, key)).version(&changed.live))
}
