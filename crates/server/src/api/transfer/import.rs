//! `POST /api/v1/projects/{project}/import`

use std::collections::BTreeSet;

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use yardarm_model::command::{Command, Documents};
use yardarm_model::document::{Kind, State};
use yardarm_model::limits;

use crate::api::answer::Answer;
use crate::api::projects::VersionAnswer;
use crate::app::App;
use crate::auth::{Changed, Precondition, ProjectAccess, Stop, can, revision};
use crate::json::{self, Query};
use crate::problem::Problem;

/// How.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Also archive flags and delete segments that it does not hold.
    replace: Option<bool>,
    /// Only say what it would change.
    dry_run: Option<bool>,
}

/// What an import changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    /// One for each document but chunks of lists.
    changed: Vec<ImportedDocument>,
    /// The project after it; as it is, for a dry run.
    version: VersionAnswer,
    /// Revision of the import; null when nothing was written.
    revision: Option<u64>,
}

/// A document that an import changes.
#[derive(Serialize, ToSchema, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ImportedDocument {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind.
    key: String,
    /// `create`, `update` or `remove`.
    action: &'static str,
}

/// A body that may be as large as a whole project.
pub(crate) struct ImportBody(pub(crate) Value);

impl FromRequest<App> for ImportBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        json::must_be_json(request.headers())?;
        let bytes = json::bytes(request, limits::IMPORT_BODY, app.settings.timeouts.request_body).await?;
        let read = tokio::task::spawn_blocking(move || json::parse(&bytes, limits::BODY_DEPTH)).await;
        read.map_err(crate::auth::refusal::internal)?.map(Self)
    }
}

/// Brings an export of ours into the project, in one change or not at all.
#[utoipa::path(post, path = "/api/v1/projects/{project}/import", operation_id = "importProject", tag = "transfer",
    params(ImportQuery), request_body = Object, responses((status = 200, body = Imported)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectImport>,
    Query(query): Query<ImportQuery>,
    ImportBody(body): ImportBody,
) -> Result<Answer, Stop> {
    let command = Command::Import { body, replace: query.replace.unwrap_or(false) };
    if query.dry_run.unwrap_or(false) {
        let decision = access.decide(command, &Precondition::None).await?;
        let changed = changed(&decision.live.state, &decision.documents);
        let version = VersionAnswer::of(&decision.live);
        return Ok(Answer::ok(&Imported { changed, version, revision: None }));
    }
    // What an action is depends on the state before; a change by somebody else in between makes an update a create in
    // this list at worst, never in the project.
    let before = std::sync::Arc::clone(&access.live().state);
    let done = access.change(command, Precondition::None).await?;
    Ok(Imported::answer(&before, &done))
}

impl Imported {
    /// What was done. `before`: the project before it.
    pub(crate) fn answer(before: &State, done: &Changed) -> Answer {
        let documents = done.change.iter().flat_map(|change| &change.documents);
        let list = documents.filter_map(|document| {
            let kind = Kind::parse(&document.kind)?;
            one(before, kind, &document.key, document.body.is_none())
        });
        let changed: BTreeSet<ImportedDocument> = list.collect();
        let answer = Self {
            changed: changed.into_iter().collect(),
            version: VersionAnswer::of(&done.live),
            revision: done.change.as_ref().map(|change| change.rev),
        };
        Answer::ok(&answer).version(&done.live)
    }
}

fn changed(state: &State, documents: &Documents) -> Vec<ImportedDocument> {
    let list = documents.iter().filter_map(|(kind, key, body)| one(state, *kind, key, body.is_none()));
    list.collect::<BTreeSet<_>>().into_iter().collect()
}

fn one(before: &State, kind: Kind, key: &str, removed: bool) -> Option<ImportedDocument> {
    if kind == Kind::SegmentList {
        let segment = key.split('/').next()?;
        return one(before, Kind::Segment, segment, false);
    }
    let action = match (removed, revision(before, kind, key)) {
        (true, _) => "remove",
        (false, 0) => "create",
        (false, _) => "update",
    };
    Some(ImportedDocument { kind: kind.as_str().to_owned(), key: key.to_owned(), action })
}
