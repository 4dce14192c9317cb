//! The document of a change request; its key is its id, `chr_…`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::Kind;

/// A change that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// For people.
    pub title: String,
    /// Why, at length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who made it.
    pub author: Person,
    /// Ids of everybody who put something into it, and of whoever made the token they came with: none of them consents to
    /// what is their own.
    pub editors: BTreeSet<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// How far it is.
    pub stage: Stage,
    /// Since when, milliseconds since 1970.
    pub stage_at: i64,
    /// What it leaves, in the order of kinds and keys. Empty once it is over: the log has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// What the items refer to, as it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends: Vec<Dependency>,
    /// What it touches (kind, key): stays when the items are gone.
    pub touches: Vec<(Kind, String)>,
    /// Of everything that will be applied: [`super::hash`].
    pub hash: String,
    /// When it happens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// One for each person, the newest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// Oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// Somebody, as they were called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// `usr_…` or `svc_…`.
    pub id: String,
    /// Shown name.
    pub name: String,
}

/// How far a change request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody is asked yet.
    Draft,
    /// Others are asked.
    Open,
    /// Somebody asked for changes. It can be changed and submitted again.
    Rejected,
    /// Its time came and it could not be applied. It can be changed and submitted again.
    Failed,
    /// Over: its author took it back.
    Withdrawn,
    /// Over: it is done.
    Applied,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Draft, Self::Open, Self::Rejected, Self::Failed, Self::Withdrawn, Self::Applied];

    /// `draft`, `open`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
            Self::Applied => "applied",
        }
    }

    /// Nothing happens to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Applied)
    }
}

/// One document that the request leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Kind of document.
    pub kind: Kind,
    /// Unique in the kind.
    pub key: String,
    /// Revision of the document it was made from; 0 when there was none.
    pub base_revision: u64,
    /// That document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Value>,
    /// What it becomes; nothing removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// A document that decides what the items mean. A segment counts with its lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Kind of document.
    pub kind: Kind,
    /// Unique in the kind.
    pub key: String,
    /// Revision that was looked at; 0 when there was none.
    pub revision: u64,
}

/// When a change happens by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// As it was said: `2026-03-29T02:30:00`.
    pub local: String,
    /// IANA name: `Europe/Berlin`.
    pub zone: String,
    /// The instant, milliseconds since 1970.
    pub at: i64,
    /// How much later it may still happen, seconds.
    pub grace_seconds: u64,
    /// Who said so: it happens in their name, with what they may do then.
    pub by: Person,
    /// The token they came with: no more than it allows happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Somebody's consent to one content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who.
    pub by: Person,
    /// Milliseconds since 1970.
    pub at: i64,
    /// What they consented to.
    pub hash: String,
    /// Their words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// Somebody's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// Who.
    pub by: Person,
    /// Milliseconds since 1970.
    pub at: i64,
    /// What they did with them.
    pub remark: Remark,
    /// The words.
    pub text: String,
}

/// What a comment came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Nothing.
    Comment,
    /// A rejection.
    Rejection,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Who did it.
    pub by: Person,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The project's revision that it became, when it was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl ChangeRequest {
    /// What it leaves, as a command leaves it.
    pub fn documents(&self) -> crate::command::Documents {
        self.items.iter().map(|item| (item.kind, item.key.clone(), item.body.clone())).collect()
    }

    /// Ends it: what it would leave is not kept here any more.
    pub fn end(&mut self, stage: Stage, outcome: Outcome) {
        self.stage = stage;
        self.stage_at = outcome.at;
        self.outcome = Some(outcome);
        if stage.is_over() {
            self.items.clear();
            self.depends.clear();
        }
    }
}
