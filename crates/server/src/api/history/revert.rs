//! `POST /api/v1/projects/{project}/revert`

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::command::Command;
use yardarm_model::document::Kind;

use super::{ChangeItem, put_back};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{Precondition, ProjectAccess, Stop, can, refusal};
use crate::json::Body;

/// Which document, and when it was right.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Revert {
    /// `flag`, `configuration`, `segment`, …
    kind: String,
    /// Unique in the kind; `environment/flag` for configurations.
    key: String,
    /// A revision of the project.
    rev: u64,
}

/// Puts one document back as it was at a revision, in a new change. A flag that was not there yet is archived: its key is
/// never used again.
#[utoipa::path(post, path = "/api/v1/projects/{project}/revert", operation_id = "revertDocument", tag = "history",
    request_body = Revert, responses((status = 200, body = ChangeItem)))]
pub(crate) async fn handler(access: ProjectAccess<can::ChangeUndo>, Body(body): Body) -> Result<Answer, Stop> {
    let mut fields = Fields::of(body, &["kind", "key", "rev"])?;
    let kind = fields.text("kind", 32);
    let key = fields.text("key", 300);
    let kind = Kind::parse(&kind).or_else(|| {
        fields.wrong("kind", "kind_unknown", format!("must be one of {}", Kind::ALL.map(Kind::as_str).join(", ")));
        None
    });
    let newest = access.live().scope.rev;
    let rev = fields.any("rev").and_then(|rev| rev.as_u64()).filter(|rev| (1..=newest).contains(rev));
    if rev.is_none() {
        fields.wrong("rev", "revision_unknown", format!("must be a revision of this project, 1 to {newest}"));
    }
    fields.done()?;
    let (Some(kind), Some(rev)) = (kind, rev) else { return Err(refusal::not_found().into()) };
    let past = access.document_at(kind.as_str(), &key, rev).await?;
    if past.is_none() && access.state().revision(kind, &key).is_none() {
        return Err(refusal::not_found().into());
    }
    let body = past.map(|past| serde_json::from_str::<Value>(&past.body)).transpose().map_err(refusal::internal)?;
    let command = Command::RestoreDocuments { documents: vec![(kind, key.clone(), body)] };
    let changed = access.change(command, Precondition::Optional(kind, key)).await?;
    Ok(put_back(&changed.live, changed.change.as_ref())?)
}
