//! `POST /api/v1/projects/{project}/keys/{key}/rotate`

use serde::Deserialize;
use utoipa::ToSchema;

use super::KeyAnswer;
use super::create::CreatedKey;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfKey;
use crate::auth::{ProjectAccess, Stop, can, refusal};
use crate::json::{Body, Path};

/// Longest time that both keys are good, seconds: 90 days. Whoever needs longer creates a second key.
const LONGEST: i64 = 90 * 24 * 60 * 60;

/// How long both are good.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Rotation {
    /// How long the old key goes on, seconds: 0 (it ends at once) to 7776000 (90 days).
    overlap_seconds: i64,
}

/// Makes another key like this one. The old one opens the environment until the overlap is over; then it is refused and its
/// open streams end.
#[utoipa::path(post, path = "/api/v1/projects/{project}/keys/{key}/rotate", operation_id = "rotateKey", tag = "keys",
    params(OfKey), request_body = Rotation, responses((status = 201, body = CreatedKey)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::SdkKeyManage>,
    Path(name): Path<OfKey>,
    Body(body): Body,
) -> Result<Answer, Stop> {
    let mut fields = Fields::of(body, &["overlap_seconds"])?;
    let overlap = match fields.any("overlap_seconds").map(|value| value.as_i64()) {
        Some(Some(seconds @ 0..=LONGEST)) => seconds,
        Some(_) => {
            fields.wrong("overlap_seconds", "out_of_range", format!("must be whole seconds, 0 to {LONGEST}"));
            0
        }
        None => {
            fields.wrong("overlap_seconds", "missing", "is needed: for how many seconds both keys are good");
            0
        }
    };
    fields.done()?;
    let until = access.now() + overlap * 1_000;
    let (id, secret, changed) = access.rotate_sdk_key(&name.key, until).await?;
    let key = changed.live.state.sdk_keys.get(&id).ok_or_else(refusal::not_found)?;
    Ok(Answer::created(&CreatedKey { meta: KeyAnswer::of(&id, key), key: secret }).version(&changed.live))
}
