//! What people author: the JSON documents of a project. One document is one unit of history, of `If-Match` and of undo.
//!
//! Input is strict (unknown fields are refused with a suggestion); what is stored is always in the normal form that
//! `decide` produced, so two equal documents are equal bytes.

mod policy;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
pub use yardarm_eval::ruleset::ValueType;
use yardarm_eval::ruleset::{Bucket, Condition as ExactCondition, Reason, Serve as ExactServe, Unknown};

pub use crate::kind::Kind;
pub use crate::state::State;
pub use policy::{Approvals, FlagSelection, Freeze, MinSoak, Policy, Weekday};

/// The project itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A place where flags are served: production, staging, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// For people.
    pub name: String,
    /// Position in lists and columns, from 0.
    #[serde(default)]
    pub position: u32,
    /// Colour in the console, 1 to 6.
    #[serde(default = "one")]
    pub color: u8,
    /// Changes here are marked as risky and always reviewed before they are saved.
    #[serde(default)]
    pub production: bool,
}

fn one() -> u8 {
    1
}

/// A flag: what it is in every environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// For people.
    pub name: String,
    /// Why it exists.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Type of every variant's value; fixed for the flag's life.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// In the author's order; at least one. Boolean flags have `on` (true) and `off` (false) unless said otherwise.
    pub variants: Vec<Variant>,
    /// Mixed into bucketing so that two flags pick different users. Made at random with the flag; copied on purpose
    /// when two flags should pick the same users.
    pub salt: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// For finding it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Meant to stay (a kill switch, an entitlement) rather than to be cleaned up.
    #[serde(default)]
    pub permanent: bool,
    /// Archived flags are served nowhere, keep their key for ever and can be restored.
    #[serde(default)]
    pub archived: bool,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// A value that a flag can have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Unique in the flag.
    pub key: String,
    /// Of the flag's type.
    pub value: Value,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A flag in one environment: what it serves there. A flag without a configuration is off and serves its last variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Off serves `off_variant` to everyone, whatever else is configured.
    pub on: bool,
    /// All must hold, or `off_variant` is served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prerequisites: Vec<Prerequisite>,
    /// Looked at before the rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// Tried in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Served when no rule decides.
    pub default: Serve,
    /// Served when off, and when a prerequisite is not met.
    pub off_variant: String,
    /// Served instead of `off_variant` where that was not a variant in the system it came from. Choosing another
    /// `off_variant` removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Exactly>,
    /// Buckets that exact forms name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Bucket>,
    /// What becomes of the flag when no rule decides and the condition of one was unknown.
    #[serde(default, skip_serializing_if = "is_skip")]
    pub unknown: Unknown,
    /// Served when exact forms make the flag refer to itself (default: an error).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Exactly>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_skip(unknown: &Unknown) -> bool {
    *unknown == Unknown::Skip
}

/// An answer in the evaluator's own form: `{"exact": serve, "reason"?: "DISABLED"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exactly {
    /// What is served.
    pub exact: Box<ExactServe>,
    /// Reported reason (default: as for any other answer at this place).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Another flag must answer one of these variants (and be on).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prerequisite {
    /// Flag key in the same project.
    pub flag: String,
    /// Variant keys of that flag.
    pub variants: Vec<String>,
}

/// Individual targets: these keys get this variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Variant key.
    pub variant: String,
    /// Context kind whose `key` is looked up.
    #[serde(default = "user")]
    pub context_kind: String,
    /// Context keys.
    pub keys: Vec<String>,
}

fn user() -> String {
    "user".to_owned()
}

/// A targeting rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable over edits; made by the server when left out.
    #[serde(default)]
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who it is for.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// What they get.
    pub serve: Serve,
    /// Reported reason (default: `SPLIT` where a percentage decided, else `TARGETING_MATCH`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// A condition as authored. Exactly one of these shapes:
/// `{"attribute":"user.country","operator":"in","values":["DE"]}` · `{"segment":"beta"}` · `{"all":[…]}` ·
/// `{"any":[…]}` · `{"not":{…}}` · `{"exact":…}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Every one; an empty list is everyone.
    All(AllOf),
    /// At least one.
    Any(AnyOf),
    /// The opposite; a missing attribute stays "no".
    Not(NotOf),
    /// Member of a segment.
    Segment(InSegment),
    /// One attribute.
    Attribute(AttributeTest),
    /// The evaluator's own form, for what the others cannot say: imported flags answer exactly as they did.
    Exact(ExactOf),
}

/// See [`Condition::Exact`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExactOf {
    /// The condition; buckets it names are in the configuration or the segment.
    pub exact: Box<ExactCondition>,
}

/// See [`Condition::All`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllOf {
    /// Operands.
    pub all: Vec<Condition>,
}

/// See [`Condition::Any`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnyOf {
    /// Operands.
    pub any: Vec<Condition>,
}

/// See [`Condition::Not`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotOf {
    /// Operand.
    pub not: Box<Condition>,
}

/// See [`Condition::Segment`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InSegment {
    /// Segment key.
    pub segment: String,
    /// Not a member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negate: bool,
}

/// See [`Condition::Attribute`]. A missing attribute is never a match, negated or not, except for `present`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeTest {
    /// `user.country`, `account.plan`; without a context kind, `user` is meant (`country` = `user.country`).
    pub attribute: String,
    /// How to compare.
    pub operator: Operator,
    /// What with; any of them counts (except `has_all`); none for `present`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    /// The opposite.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negate: bool,
    /// Text is compared without regard to case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_case: bool,
}

/// The native operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal to one of: text, numbers, booleans; types are not mixed.
    In,
    /// Text starts with one of.
    StartsWith,
    /// Text ends with one of.
    EndsWith,
    /// Text contains one of.
    Contains,
    /// A linear-time regular expression finds something in the text.
    Matches,
    /// Number less than.
    LessThan,
    /// Number at most.
    AtMost,
    /// Number greater than.
    GreaterThan,
    /// Number at least.
    AtLeast,
    /// Instant before: RFC 3339 or milliseconds since 1970.
    Before,
    /// Instant after.
    After,
    /// Version equal (SemVer 2.0).
    SemverEqual,
    /// Version less than.
    SemverLessThan,
    /// Version at most.
    SemverAtMost,
    /// Version greater than.
    SemverGreaterThan,
    /// Version at least.
    SemverAtLeast,
    /// Address inside one of these networks (`10.0.0.0/8`, `2001:db8::/32`, or a bare address).
    InCidr,
    /// List has at least one of.
    HasAny,
    /// List has all of.
    HasAll,
    /// The attribute is there.
    Present,
}

/// What a rule or the default serves. Exactly one of: `{"variant":"on"}` · `{"rollout":{…}}` · `{"split":{…}}` ·
/// `{"exact":…}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serve {
    /// One variant to all.
    Variant(String),
    /// One variant to a percentage; the others go on to the next rule, and from the default rule to `otherwise`.
    Rollout(Rollout),
    /// Variants by weight; the weights add up to 100.
    Split(Split),
    /// The evaluator's own form, for what the others cannot say; buckets it names are in the configuration.
    Exact(Box<ExactServe>),
}

/// A percentage rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Who gets it gets this.
    pub variant: String,
    /// 0 to 100, at most three decimals.
    #[serde(serialize_with = "crate::normal::without_fraction")]
    pub percent: f64,
    /// Attribute that decides; people with the same value stay together.
    #[serde(default = "user_key")]
    pub bucket_by: String,
    /// In the default rule only: what the others get (default: the off variant).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    /// Half-open ranges of the 32-bit bucket, kept by the server so that growing and shrinking moves nobody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<(u64, u64)>,
}

/// A weighted split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Attribute that decides.
    #[serde(default = "user_key")]
    pub bucket_by: String,
    /// The parts; percents add up to 100.
    pub shares: Vec<Share>,
}

/// A part of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Variant key.
    pub variant: String,
    /// 0 to 100, at most three decimals.
    #[serde(serialize_with = "crate::normal::without_fraction")]
    pub percent: f64,
    /// See [`Rollout::ranges`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<(u64, u64)>,
}

fn user_key() -> String {
    "user.key".to_owned()
}

/// A reusable set of contexts. In it: `included`, or not `excluded` and any rule; `included` wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// For people.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Context kind whose `key` the lists hold.
    #[serde(default = "user")]
    pub context_kind: String,
    /// Any of these makes a member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Condition>,
    /// Chunks of keys that are members: `segment/included/0110` …; kept by the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<String>,
    /// Chunks of keys that are not members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// Buckets that exact forms in `rules` name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Bucket>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// A chunk of a large list, so that an edit moves one chunk through the log, the stream and the SDK. How keys are
/// spread over chunks: [`crate::chunks`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentList {
    /// Sorted, unique.
    pub keys: Vec<String>,
}

/// A key for SDKs, stored as a hash. Key of the document: `key_…`, an id made by us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdkKey {
    /// For people.
    pub name: String,
    /// Environment it opens.
    pub environment: String,
    /// Who may hold it.
    pub audience: Audience,
    /// Lower-case hex SHA-256 of the whole key.
    pub hash: String,
    /// First characters, to recognise it by.
    pub hint: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Revoked keys open nothing, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
    /// From then on it opens nothing: another key took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// Of a client key: answers are given only for contexts that the application's server has signed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attested: bool,
}

/// Who may hold an SDK key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// May read rulesets (`yd_srv_…`).
    Server,
    /// Browser or mobile: evaluated answers only (`yd_cli_…`).
    Client,
}
