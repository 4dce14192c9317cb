//! What is said about a change: the shape of a verdict.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::document::Kind;

/// What policies say about a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// Environments in which it may change what is served, or what holds there, sorted.
    pub environments: BTreeSet<String>,
    /// The flags in them, sorted; the first [`crate::limits::VERDICT_ITEMS`].
    pub touched: Vec<Touched>,
    /// Who must consent: one for each policy that asks for it and covers what is touched.
    pub approvals: Vec<Requirement>,
    /// What stands against it; the first [`crate::limits::VERDICT_ITEMS`].
    pub violations: Vec<Violation>,
    /// What could not be computed, or is worth knowing; the first [`crate::limits::VERDICT_ITEMS`].
    pub notes: Vec<Note>,
}

impl Verdict {
    /// Nothing stands against it and nobody has to consent.
    pub fn is_clear(&self) -> bool {
        self.approvals.is_empty() && self.violations.is_empty()
    }

    /// Whether an emergency bypass would let it through: nothing that stands against it is beyond one.
    pub fn may_bypass(&self) -> bool {
        self.violations.iter().all(|violation| violation.may_bypass)
    }
}

/// A flag whose answers may change in an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Touched {
    /// Environment key.
    pub environment: String,
    /// Flag key.
    pub flag: String,
    /// The flag is only turned off there, or asks one that is.
    pub kill: bool,
}

/// Consent that a policy asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Key of the policy.
    pub policy: String,
    /// Its name.
    pub name: String,
    /// The environments for which it asks, sorted: roles are looked at there. Empty when it is only about the policy itself.
    pub environments: Vec<String>,
    /// How many people.
    pub required: u8,
    /// Roles (keys) of which one is enough; with no groups either: whoever may approve.
    pub roles: Vec<String>,
    /// Groups (keys) of which one is enough.
    pub groups: Vec<String>,
    /// The author's own consent counts.
    pub author_may_approve: bool,
}

/// The rules that can be violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// [`crate::document::Policy::freeze`].
    Freeze,
    /// [`crate::document::Policy::largest_step`].
    LargestStep,
    /// [`crate::document::Policy::require_owner`].
    RequireOwner,
    /// [`crate::document::Policy::require_reason`].
    RequireReason,
    /// [`crate::document::Policy::forbidden_attributes`].
    ForbiddenAttributes,
    /// [`crate::document::Policy::min_soak`].
    MinSoak,
}

/// Something that a policy forbids.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// Key of the policy.
    pub policy: String,
    /// Its rule.
    pub rule: Rule,
    /// Stable code, of [`crate::codes`]: `policy_freeze`, `policy_largest_step`, …
    pub code: &'static str,
    /// Environment key; empty when it is about the whole change.
    pub environment: String,
    /// Kind of the document.
    pub kind: Kind,
    /// Its key: `environment/flag` for configurations.
    pub key: String,
    /// JSON pointer into the document; empty for the whole.
    pub pointer: String,
    /// For people: the limit, and what to do.
    pub message: String,
    /// An emergency bypass may pass over it.
    pub may_bypass: bool,
    /// From then on it stands against the same change no more: milliseconds since 1970. Absent when waiting does not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clears_at: Option<i64>,
}

/// Something worth knowing that stands against nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Key of the policy.
    pub policy: String,
    /// Stable code: `step_unknown`, `attribute_used_before`, `soak_unknown`.
    pub code: &'static str,
    /// Environment key; empty when it is about the whole change.
    pub environment: String,
    /// Kind of the document.
    pub kind: Kind,
    /// Its key.
    pub key: String,
    /// For people.
    pub message: String,
}
