//! `GET /api/v1/projects/{project}/history/{rev}`

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::document::{Configuration, Kind};
use yardarm_model::sentence;
use yardarm_store::Past;

use super::{ChangeHead, shown};
use crate::api::answer::Answer;
use crate::api::names::OfRevision;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Documents shown with before and after; an import may touch more.
const SHOWN: usize = 200;

/// A change with what it did.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeDetail {
    #[serde(flatten)]
    head: ChangeHead,
    /// The first 200 documents with what they were and what they became.
    documents: Vec<Difference>,
}

/// A document before and after.
#[derive(Serialize, ToSchema)]
pub(crate) struct Difference {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind.
    key: String,
    /// The change removed it.
    removed: bool,
    /// What it was, or what it became, was redacted or pruned.
    redacted: bool,
    /// Null when the change made it.
    before: Option<Value>,
    /// Null when the change removed it.
    after: Option<Value>,
    /// Of a configuration: what is different, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<SentenceDifference>>)]
    sentences: Option<Vec<sentence::Difference>>,
}

/// A sentence of a configuration that changed, came or went.
#[derive(serde::Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes model's Difference, which knows nothing of OpenAPI")]
pub(crate) struct SentenceDifference {
    /// Null when it is new.
    before: Option<String>,
    /// Null when it is gone.
    after: Option<String>,
}

/// What changed of a configuration, in words; nothing where the past reads it no more.
fn sentences(kind: &str, before: Option<&str>, after: Option<&str>) -> Option<Vec<sentence::Difference>> {
    if kind != Kind::Configuration.as_str() {
        return None;
    }
    let read = |body: Option<&str>| body.map(serde_json::from_str::<Configuration>).transpose().ok();
    Some(sentence::between(read(before)?.as_ref(), read(after)?.as_ref()))
}

/// One change with before and after.
#[utoipa::path(get, path = "/api/v1/projects/{project}/history/{rev}", operation_id = "getChange", tag = "history",
    params(OfRevision), responses((status = 200, body = ChangeDetail)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfRevision>,
) -> Result<Answer, Problem> {
    let change = access.past_change(name.rev).await?;
    let written = change
        .documents
        .iter()
        .map(|document| ((document.kind.clone(), document.key.clone()), document.body.as_deref(), false));
    let redacted = change.redacted.iter().map(|place| (place.clone(), None, true));
    let (places, afters): (Vec<_>, Vec<_>) =
        written.chain(redacted).take(SHOWN).map(|(place, after, redacted)| (place, (after, redacted))).unzip();
    let befores = access.past(change.rev.saturating_sub(1), &places).await?;
    let mut documents = Vec::new();
    for (((kind, key), (after, redacted)), before) in places.into_iter().zip(afters).zip(befores) {
        let (before, unknown) = match &before {
            Past::Text(text) => (Some(text.as_str()), false),
            Past::Absent => (None, false),
            Past::Redacted | Past::Pruned => (None, true),
        };
        documents.push(Difference {
            removed: after.is_none() && !redacted,
            redacted: redacted || unknown,
            before: shown(&kind, before),
            after: shown(&kind, after),
            sentences: sentences(&kind, before, after),
            kind,
            key,
        });
    }
    Ok(Answer::ok(&ChangeDetail { head: ChangeHead::from(&change), documents }))
}
