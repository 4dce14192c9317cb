//! What happened in a project, and putting it back.

pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod revert;
pub(crate) mod undo;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use yardarm_hub::LiveProject;
use yardarm_model::EVIDENCE;
use yardarm_model::document::Kind;
use yardarm_model::plan::without_hash;
use yardarm_model::sentence;
use yardarm_store::Change;

use super::answer::Answer;
use crate::auth::refusal;
use crate::problem::Problem;

/// What a project's history is made of, for the description of the API: the kinds of its documents and of what only the
/// history knows. Clients may choose from all of them.
pub(crate) struct KindName;

impl PartialSchema for KindName {
    fn schema() -> RefOr<Schema> {
        let names = Kind::ALL.map(Kind::as_str).into_iter().chain(EVIDENCE);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for KindName {}

/// A change in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeItem {
    #[serde(flatten)]
    head: ChangeHead,
    /// What it touched, the first 100.
    documents: Vec<TouchedDocument>,
}

/// A change without what it touched.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeHead {
    /// Revision of the project.
    rev: u64,
    /// Milliseconds since 1970.
    at: i64,
    /// `user:usr_…`, `system:demo`.
    actor: String,
    /// Shown name at that time; empty once it was redacted.
    actor_name: String,
    /// What they came with: `session`, `token:tok_…`.
    via: String,
    /// `flag.create`, `configuration.update`, …
    action: String,
    /// The author's words.
    reason: String,
    /// W3C trace id.
    trace_id: String,
    /// Chained SHA-256.
    hash: String,
    /// In a few words: `flag new-checkout in production`.
    summary: String,
    /// How many documents it touched.
    documents_total: usize,
}

/// A document that a change touched.
#[derive(Serialize, ToSchema)]
pub(crate) struct TouchedDocument {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind; `environment/flag` for configurations.
    key: String,
    /// The change removed it.
    removed: bool,
    /// What it became was redacted.
    redacted: bool,
}

/// Documents listed with a change.
const LISTED: usize = 100;

impl From<&Change> for ChangeHead {
    fn from(change: &Change) -> Self {
        let who = &change.attribution;
        Self {
            rev: change.rev,
            at: who.at,
            actor: who.actor.clone(),
            actor_name: who.actor_name.clone(),
            via: who.via.clone(),
            action: who.action.clone(),
            reason: who.reason.clone(),
            trace_id: who.trace_id.clone(),
            hash: change.hash.clone(),
            summary: summary(change),
            documents_total: change.documents.len() + change.redacted.len(),
        }
    }
}

impl From<&Change> for ChangeItem {
    fn from(change: &Change) -> Self {
        let written = change.documents.iter().map(|document| TouchedDocument {
            kind: document.kind.clone(),
            key: document.key.clone(),
            removed: document.body.is_none(),
            redacted: false,
        });
        let redacted = change.redacted.iter().map(|(kind, key)| TouchedDocument {
            kind: kind.clone(),
            key: key.clone(),
            removed: false,
            redacted: true,
        });
        Self { head: ChangeHead::from(change), documents: written.chain(redacted).take(LISTED).collect() }
    }
}

/// What a change touched, in a few words.
pub(crate) fn summary(change: &Change) -> String {
    // Chunks of lists are how segments are kept, not what people change.
    let mut told: Vec<String> = Vec::new();
    let named = change.documents.iter().filter(|document| document.kind != "segment_list");
    let chunks = change.documents.iter().filter(|document| document.kind == "segment_list");
    for document in named.chain(chunks) {
        let text = match (document.kind.as_str(), document.key.split_once('/')) {
            ("configuration", Some((environment, flag))) => format!("{flag} in {environment}"),
            ("segment_list", Some((segment, _))) => format!("segment {segment}"),
            ("sdk_key", _) => "SDK key".to_owned(),
            (kind, _) => format!("{kind} {}", document.key),
        };
        if !told.contains(&text) {
            told.push(text);
        }
        if told.len() > 3 {
            break;
        }
    }
    if told.len() > 3 {
        return format!("{}, {} and more", told[0], told[1]);
    }
    told.join(", ")
}

/// A stored body as it is shown: exact forms with their words, and without the hash of an SDK key, which signs
/// contexts and tickets.
pub(crate) fn shown(kind: &str, body: Option<&str>) -> Option<Value> {
    let mut body: Value = serde_json::from_str(body?).ok()?;
    let Some(kind) = Kind::parse(kind) else { return Some(body) };
    sentence::word(kind, &mut body);
    if kind == Kind::ChangeRequest {
        // Those of before versions that left it out remember it, too.
        for item in body["items"].as_array_mut().into_iter().flatten() {
            let kind = item["kind"].as_str().and_then(Kind::parse);
            for side in ["base", "body"] {
                if let (Some(kind), Some(document)) = (kind, item.get_mut(side)) {
                    *document = without_hash(kind, document.take());
                }
            }
        }
    }
    Some(without_hash(kind, body))
}

/// The new change. One that would change nothing was not made, and that is said.
pub(crate) fn put_back(live: &LiveProject, change: Option<&Change>) -> Result<Answer, Problem> {
    let change = change.ok_or_else(refusal::nothing_to_put_back)?;
    Ok(Answer::ok(&ChangeItem::from(change)).version(live))
}
