//! Projects.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod update;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_hub::LiveProject;
use yardarm_model::document::Kind;

use crate::api::answer::Answer;
use crate::auth::revision;

/// The state of a project: what orders two of them. A new epoch means that the server was restored from a backup.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionAnswer {
    /// Random.
    epoch: String,
    /// Counted from 1 without gaps.
    rev: u64,
}

impl VersionAnswer {
    pub(crate) fn of(live: &LiveProject) -> Self {
        Self { epoch: live.scope.epoch.clone(), rev: live.scope.rev }
    }
}

impl From<&yardarm_eval::ruleset::Version> for VersionAnswer {
    fn from(version: &yardarm_eval::ruleset::Version) -> Self {
        Self { epoch: version.epoch.clone(), rev: version.rev }
    }
}

/// A project.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProjectAnswer {
    /// Unique in the tenant.
    key: String,
    /// For people.
    pub(crate) name: String,
    /// What it is for.
    description: String,
    /// Where it stands.
    version: VersionAnswer,
    /// How many environments.
    environments: usize,
    /// How many flags that are not archived.
    flags: usize,
}

impl ProjectAnswer {
    pub(crate) fn of(live: &LiveProject) -> Self {
        let state = &live.state;
        let project = state.project.as_ref();
        Self {
            key: live.scope.key.clone(),
            name: project.map(|project| project.name.clone()).unwrap_or_default(),
            description: project.map(|project| project.description.clone()).unwrap_or_default(),
            version: VersionAnswer::of(live),
            environments: state.environments.len(),
            flags: state.flags.values().filter(|flag| !flag.archived).count(),
        }
    }
}

/// A project with the `ETag` of its document.
pub(crate) fn answered(live: &LiveProject, make: fn(&ProjectAnswer) -> Answer) -> Answer {
    make(&ProjectAnswer::of(live)).etag(revision(&live.state, Kind::Project, &live.scope.key))
}
