//! Plans as they are answered.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::plan::{self, Action, Entry};
use yardarm_model::sentence;

use crate::api::flags::item::LastChange;
use crate::api::history::read::SentenceDifference;
use crate::api::projects::VersionAnswer;
use crate::auth::{Plan, ProjectAccess, Right};

/// Documents whose last change is told; reading one may cost a look into the log.
const LAST_CHANGES: usize = 200;

/// What would be done, and to what.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanAnswer {
    /// Names this plan: applying it with `?plan=` does this or nothing.
    fingerprint: String,
    /// The project that it was made for.
    version: VersionAnswer,
    /// How many documents, by action: `create`, `update`, `archive`, `restore`, `remove`.
    counts: BTreeMap<String, usize>,
    /// In the order of kinds and keys; empty when there is nothing to do.
    entries: Vec<PlanEntry>,
    /// What is in the project and not named by the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    unnamed: Option<UnnamedAnswer>,
}

/// What becomes of one document.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanEntry {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind; `environment/flag` for configurations.
    key: String,
    /// What becomes of it.
    #[schema(value_type = PlanAction)]
    action: Action,
    /// It is in a production environment, or is one.
    production: bool,
    /// Member by member. Of a plan of more than 5,000 documents, the rest is listed without.
    #[schema(value_type = Vec<PlanChange>)]
    changes: Vec<plan::Change>,
    /// Of a segment: what comes into its lists and leaves them.
    #[schema(value_type = Vec<PlanList>)]
    lists: Vec<plan::ListChange>,
    /// In words, both sides.
    #[schema(value_type = Vec<SentenceDifference>)]
    sentences: Vec<sentence::Difference>,
    /// Who is affected, in words.
    effects: Vec<String>,
    /// Who wrote it last; null for what is new, and beyond the first 200.
    last_change: Option<LastChange>,
}

/// A member of a document that changes.
#[derive(serde::Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes model's Change, which knows nothing of OpenAPI")]
pub(crate) struct PlanChange {
    /// JSON pointer (RFC 6901) into the document; empty for the whole.
    pointer: String,
    /// Null when it was not there.
    before: Value,
    /// Null when it is gone.
    after: Value,
}

/// A list of a segment that changes.
#[derive(serde::Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes model's ListChange, which knows nothing of OpenAPI")]
pub(crate) struct PlanList {
    /// `included` or `excluded`.
    list: String,
    /// How many keys come.
    added: usize,
    /// How many keys leave.
    removed: usize,
    /// The first ten that come.
    first_added: Vec<String>,
    /// The first ten that leave.
    first_removed: Vec<String>,
}

/// What becomes of a document.
#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlanAction {
    /// It is new.
    Create,
    /// It becomes another.
    Update,
    /// A flag that is served nowhere any more.
    Archive,
    /// A flag that was archived.
    Restore,
    /// It goes.
    Remove,
}

/// What a file does not name; the first hundred keys of each.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnnamedAnswer {
    /// Flags that are not archived.
    flags: Vec<String>,
    /// Segments.
    segments: Vec<String>,
    /// Environments.
    environments: Vec<String>,
    /// How many there are of all three.
    total: usize,
}

impl From<plan::Unnamed> for UnnamedAnswer {
    fn from(rest: plan::Unnamed) -> Self {
        Self { flags: rest.flags, segments: rest.segments, environments: rest.environments, total: rest.total }
    }
}

/// A plan with who wrote last what it touches.
pub(crate) async fn answered<R: Right>(
    access: &ProjectAccess<R>,
    made: Plan,
    unnamed: Option<plan::Unnamed>,
) -> PlanAnswer {
    let mut counts = BTreeMap::new();
    for entry in &made.entries {
        *counts.entry(word(entry.action).to_owned()).or_default() += 1;
    }
    PlanAnswer {
        fingerprint: made.fingerprint,
        version: VersionAnswer::of(&made.live),
        counts,
        entries: entries(access, made.entries).await,
        unnamed: unnamed.map(UnnamedAnswer::from),
    }
}

/// Entries of a plan with who wrote last what they touch.
pub(crate) async fn entries<R: Right>(access: &ProjectAccess<R>, entries: Vec<Entry>) -> Vec<PlanEntry> {
    let revisions = entries.iter().map(|entry| entry.revision).filter(|rev| *rev > 0).take(LAST_CHANGES).collect();
    let notes = access.notes(revisions).await;
    let of = |entry: Entry| {
        let note = notes.get(&entry.revision);
        PlanEntry {
            kind: entry.kind.as_str().to_owned(),
            key: entry.key,
            action: entry.action,
            production: entry.production,
            changes: entry.changes,
            lists: entry.lists,
            sentences: entry.sentences,
            effects: entry.effects,
            last_change: note.map(|note| LastChange::of(note)),
        }
    };
    entries.into_iter().map(of).collect()
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Archive => "archive",
        Action::Restore => "restore",
        Action::Remove => "remove",
    }
}
