//! Policies: what changes must keep to.

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod schema;
pub(crate) mod update;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::document::{Kind, State};

use super::answer::Answer;
use crate::auth::{refusal, revision};
use crate::problem::Problem;

/// A policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyAnswer {
    /// Unique in the project.
    key: String,
    /// What it says, without rules that it does not have.
    #[serde(flatten)]
    #[schema(value_type = schema::PolicyRules)]
    rules: Value,
    /// The environments that it is for now, sorted.
    holds_in: Vec<String>,
    /// Revision that wrote it: its `ETag`.
    pub(crate) revision: u64,
}

impl PolicyAnswer {
    pub(crate) fn of(state: &State, key: &str) -> Option<Self> {
        let policy = state.policies.get(key)?;
        let covered = state.environments.iter().filter(|(key, environment)| match &policy.environments {
            Some(named) => named.contains(key),
            None => environment.production,
        });
        Some(Self {
            key: key.to_owned(),
            rules: serde_json::to_value(&**policy).ok()?,
            holds_in: covered.map(|(key, _)| key.clone()).collect(),
            revision: revision(state, Kind::Policy, key),
        })
    }
}

/// A policy with its `ETag`.
pub(crate) fn answered(state: &State, key: &str, make: fn(&PolicyAnswer) -> Answer) -> Result<Answer, Problem> {
    let policy = PolicyAnswer::of(state, key).ok_or_else(refusal::not_found)?;
    Ok(make(&policy).etag(policy.revision))
}
