//! `POST /api/v1/projects/{project}/keys`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AudienceName, KeyAnswer};
use crate::api::answer::Answer;
use crate::auth::{ProjectAccess, Stop, can, refusal};
use crate::json::Body;

/// A new SDK key.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; model reads it, with all errors at once")]
pub(crate) struct NewKey {
    /// For people.
    name: String,
    /// Environment it opens.
    environment: String,
    /// Who may hold it.
    audience: AudienceName,
    /// Of a client key: answer only contexts that the application's server has signed (default: false).
    attested: Option<bool>,
}

/// The key and its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    #[serde(flatten)]
    pub(crate) meta: KeyAnswer,
    /// `yd_srv_…` or `yd_cli_…`: keep it now, only its hash is stored.
    pub(crate) key: String,
}

/// Makes an SDK key for one environment.
#[utoipa::path(post, path = "/api/v1/projects/{project}/keys", operation_id = "createKey", tag = "keys",
    request_body = NewKey, responses((status = 201, body = CreatedKey)))]
pub(crate) async fn handler(access: ProjectAccess<can::SdkKeyManage>, Body(body): Body) -> Result<Answer, Stop> {
    let (id, secret, changed) = access.create_sdk_key(body).await?;
    let key = changed.live.state.sdk_keys.get(&id).ok_or_else(refusal::not_found)?;
    let created = CreatedKey { meta: KeyAnswer::of(&id, key), key: secret };
    Ok(Answer::created(&created).version(&changed.live))
}
