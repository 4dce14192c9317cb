//! Environments.

pub(crate) mod create;
pub(crate) mod evaluate;
pub(crate) mod list;
pub(crate) mod promote;
pub(crate) mod promotion;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::document::{Kind, State};

use crate::api::answer::Answer;
use crate::auth::{refusal, revision};
use crate::problem::Problem;

/// An environment.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnvironmentAnswer {
    /// Unique in the project.
    pub(crate) key: String,
    /// For people.
    pub(crate) name: String,
    /// Position in lists and columns, from 0.
    pub(crate) position: u32,
    /// Colour in the console, 1 to 6.
    color: u8,
    /// Changes here are reviewed before they are saved.
    production: bool,
    /// Revision that wrote it: its `ETag`.
    revision: u64,
}

impl EnvironmentAnswer {
    pub(crate) fn of(state: &State, key: &str) -> Option<Self> {
        let environment = state.environments.get(key)?;
        Some(Self {
            key: key.to_owned(),
            name: environment.name.clone(),
            position: environment.position,
            color: environment.color,
            production: environment.production,
            revision: revision(state, Kind::Environment, key),
        })
    }
}

/// An environment with its `ETag`.
pub(crate) fn answered(state: &State, key: &str, make: fn(&EnvironmentAnswer) -> Answer) -> Result<Answer, Problem> {
    let environment = EnvironmentAnswer::of(state, key).ok_or_else(refusal::not_found)?;
    Ok(make(&environment).etag(environment.revision))
}
