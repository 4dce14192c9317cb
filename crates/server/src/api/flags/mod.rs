//! Flags.

pub(crate) mod archive;
pub(crate) mod copy;
pub(crate) mod create;
pub(crate) mod item;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod restore;
pub(crate) mod update;

use yardarm_hub::LiveProject;
use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use self::item::FlagAnswer;
use super::answer::Answer;
use crate::auth::{Precondition, ProjectAccess, Right, Stop, Writes, refusal, revision};
use crate::problem::Problem;

/// A flag with its `ETag`.
pub(crate) async fn answered<R: Right>(
    access: &ProjectAccess<R>,
    live: &LiveProject,
    key: &str,
    make: fn(&FlagAnswer) -> Answer,
) -> Result<Answer, Problem> {
    let notes = access.notes(item::last_rev(&live.state, key).into_iter().collect()).await;
    let flag = FlagAnswer::of(&live.state, key, &notes).ok_or_else(refusal::not_found)?;
    Ok(make(&flag).etag(revision(&live.state, Kind::Flag, key)))
}

/// Changes a flag and answers with it.
pub(crate) async fn changed<R: Writes>(access: &ProjectAccess<R>, key: &str, command: Command) -> Result<Answer, Stop> {
    let changed = access.change(command, Precondition::Optional(Kind::Flag, key.to_owned())).await?;
    Ok(answered(access, &changed.live, key, Answer::ok).await?.version(&changed.live))
}
