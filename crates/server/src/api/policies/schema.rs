//! Policies and verdicts for OpenAPI: `yardarm-model` owns them and knows nothing of it.
#![expect(dead_code, reason = "these describe documents; nothing is made of them")]

use serde::Deserialize;
use utoipa::ToSchema;

/// A new policy; it has at least one rule.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"key": "production", "approvals": {"required": 1}, "largest_step": 25}))]
pub(crate) struct NewPolicy {
    /// Unique in the project.
    key: String,
    /// For people; the key by default.
    name: Option<String>,
    /// Why it exists.
    description: Option<String>,
    /// Environments it is for; every one that is marked production by default.
    environments: Option<Vec<String>>,
    /// Flags it is for; all by default.
    flags: Option<FlagSelection>,
    /// Others must consent first.
    approvals: Option<Approvals>,
    /// Times at which nothing may change.
    freeze: Option<Vec<Freeze>>,
    /// Percentage points by which one change may widen who is served a variant: above 0, at most 100, three decimals.
    largest_step: Option<f64>,
    /// Flags must have an owner.
    require_owner: Option<bool>,
    /// Changes must say why.
    require_reason: Option<bool>,
    /// Attributes that nothing new may look at, and what is below them.
    forbidden_attributes: Option<Vec<String>>,
    /// What is served must have been tried for a time.
    min_soak: Option<MinSoak>,
    /// Approvals, freezes and reasons are for turning a flag off, too.
    hold_kills: Option<bool>,
}

/// What can be changed of a policy (JSON Merge Patch); null removes a rule.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"largest_step": 10}))]
pub(crate) struct PolicyPatch {
    /// For people.
    name: Option<String>,
    /// Why it exists.
    description: Option<String>,
    /// All of them.
    environments: Option<Vec<String>>,
    /// All of it.
    flags: Option<FlagSelection>,
    /// Others must consent first.
    approvals: Option<Approvals>,
    /// All of them.
    freeze: Option<Vec<Freeze>>,
    /// In percentage points.
    largest_step: Option<f64>,
    /// Flags must have an owner.
    require_owner: Option<bool>,
    /// Changes must say why.
    require_reason: Option<bool>,
    /// All of them.
    forbidden_attributes: Option<Vec<String>>,
    /// What is served must have been tried for a time.
    min_soak: Option<MinSoak>,
    /// Approvals, freezes and reasons are for turning a flag off, too.
    hold_kills: Option<bool>,
}

/// What a policy says.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PolicyRules {
    /// For people.
    name: String,
    /// Why it exists.
    description: Option<String>,
    /// Environments it is for; absent: every one that is marked production.
    environments: Option<Vec<String>>,
    /// Flags it is for; absent: all.
    flags: Option<FlagSelection>,
    /// Others must consent first.
    approvals: Option<Approvals>,
    /// Times at which nothing may change.
    freeze: Option<Vec<Freeze>>,
    /// In percentage points.
    largest_step: Option<f64>,
    /// Flags must have an owner.
    require_owner: Option<bool>,
    /// Changes must say why.
    require_reason: Option<bool>,
    /// Attributes that nothing new may look at.
    forbidden_attributes: Option<Vec<String>>,
    /// What is served must have been tried for a time.
    min_soak: Option<MinSoak>,
    /// Approvals, freezes and reasons are for turning a flag off, too.
    hold_kills: Option<bool>,
    /// Milliseconds since 1970.
    created_at: i64,
}

/// Which flags a policy is for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FlagSelection {
    /// Those with any of these tags.
    tags: Vec<String>,
}

/// Who must consent.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Approvals {
    /// How many people, 1 to 10.
    required: u8,
    /// Roles (keys) of which one is enough; with no groups either: whoever may approve.
    roles: Option<Vec<String>>,
    /// Groups (keys) of which one is enough.
    groups: Option<Vec<String>>,
    /// The author's own consent counts.
    author_may_approve: Option<bool>,
}

/// A time at which nothing may change.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Freeze {
    /// For people.
    name: String,
    /// Weekdays on which it begins, every week; absent: it is there once.
    days: Option<Vec<FreezeDay>>,
    /// `2026-12-20T00:00`, or `18:00` each week.
    from: String,
    /// `2027-01-04T09:00`; each week `08:00` or `24:00`, on the next day when it is not after `from`.
    until: String,
    /// IANA time zone.
    time_zone: String,
}

/// A day of the week.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FreezeDay {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// For how long something must have been tried.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MinSoak {
    /// 1 to 8,760.
    hours: u32,
    /// Where; absent: the flag is unchanged here for so long.
    environment: Option<String>,
}

/// What policies say about a change.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PolicyVerdict {
    /// Environments in which it may change what is served, or what holds there.
    environments: Vec<String>,
    /// The flags in them; the first 200.
    touched: Vec<TouchedFlag>,
    /// Who must consent.
    approvals: Vec<ApprovalRequirement>,
    /// What stands against it; the first 200.
    violations: Vec<PolicyViolation>,
    /// What could not be computed, or is worth knowing; the first 200.
    notes: Vec<PolicyNote>,
}

/// A flag whose answers may change in an environment.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TouchedFlag {
    /// Environment key.
    environment: String,
    /// Flag key.
    flag: String,
    /// The flag is only turned off there, or asks one that is.
    kill: bool,
}

/// Consent that a policy asks for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ApprovalRequirement {
    /// Key of the policy.
    policy: String,
    /// Its name.
    name: String,
    /// The environments for which it asks.
    environments: Vec<String>,
    /// How many people.
    required: u8,
    /// Roles (keys) of which one is enough.
    roles: Vec<String>,
    /// Groups (keys) of which one is enough.
    groups: Vec<String>,
    /// The author's own consent counts.
    author_may_approve: bool,
}

/// Something that a policy forbids.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PolicyViolation {
    /// Key of the policy.
    policy: String,
    /// `freeze`, `largest_step`, `require_owner`, `require_reason`, `forbidden_attributes`, `min_soak`.
    rule: String,
    /// Stable: `policy_freeze`, `policy_largest_step`, …
    code: String,
    /// Environment key; empty when it is about the whole change.
    environment: String,
    /// Kind of the document.
    kind: String,
    /// Its key.
    key: String,
    /// JSON pointer into the document; empty for the whole.
    pointer: String,
    /// For people.
    message: String,
    /// An emergency bypass may pass over it.
    may_bypass: bool,
    /// From then on (milliseconds since 1970) it stands against the change no more.
    clears_at: Option<i64>,
}

/// Something worth knowing.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PolicyNote {
    /// Key of the policy.
    policy: String,
    /// `step_unknown`, `attribute_used_before`.
    code: String,
    /// Environment key; empty when it is about the whole change.
    environment: String,
    /// Kind of the document.
    kind: String,
    /// Its key.
    key: String,
    /// For people.
    message: String,
}
