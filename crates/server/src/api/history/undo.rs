//! `POST /api/v1/projects/{project}/history/{rev}/undo`

use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::{ChangeItem, put_back};
use crate::api::answer::Answer;
use crate::api::names::OfRevision;
use crate::auth::{Precondition, ProjectAccess, Stop, can, refusal};
use crate::json::{Path, Query};

/// How.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UndoQuery {
    /// Also where something was changed since.
    force: Option<bool>,
}

/// Puts back what a change did, in a new change. Refused when a document was changed since, unless forced. A flag that
/// the change made is archived: its key is never used again.
#[utoipa::path(post, path = "/api/v1/projects/{project}/history/{rev}/undo", operation_id = "undoChange",
    tag = "history", params(OfRevision, UndoQuery), responses((status = 200, body = ChangeItem)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeUndo>,
    Path(name): Path<OfRevision>,
    Query(query): Query<UndoQuery>,
) -> Result<Answer, Stop> {
    let change = access.past_change(name.rev).await?;
    let mut documents = Vec::new();
    let mut expected = Vec::new();
    let written = change.documents.iter().map(|document| (&document.kind, &document.key, document.body.is_some()));
    let redacted = change.redacted.iter().map(|(kind, key)| (kind, key, true));
    // What was consented to, or let through in an emergency, happened: it is not undone with what it led to.
    let of_the_project = |kind: &str| !matches!(kind, "change_request" | "bypass");
    for (kind, key, lived) in written.chain(redacted).filter(|(kind, ..)| of_the_project(kind)) {
        let before = access.document_at(kind, key, change.rev.saturating_sub(1)).await?;
        let kind = Kind::parse(kind).ok_or_else(refusal::not_found)?;
        let body = before.map(|before| serde_json::from_str::<Value>(&before.body)).transpose();
        documents.push((kind, key.clone(), body.map_err(refusal::internal)?));
        expected.push((kind, key.clone(), if lived { change.rev } else { 0 }));
    }
    let force = query.force.unwrap_or(false);
    let precondition = if force { Precondition::None } else { Precondition::Unchanged(expected) };
    let changed = access.change(Command::RestoreDocuments { documents }, precondition).await?;
    Ok(put_back(&changed.live, changed.change.as_ref())?)
}
