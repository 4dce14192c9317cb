//! The documents that people write, for OpenAPI only: `yardarm-model` owns them and knows nothing of OpenAPI. The
//! test client holds every body that was accepted and every answer against these schemas, strictly, and
//! `tests/api_answers.rs` brings the richest documents, so the two cannot say different things.
#![expect(dead_code, reason = "these describe documents; nothing is made of them")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Type of a flag's values.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ValueTypeName {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// A finite number.
    Number,
    /// Any JSON value.
    Json,
}

/// A value that a flag can have.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Variant {
    /// Unique in the flag.
    key: String,
    /// Of the flag's type.
    value: Value,
    /// For people.
    description: Option<String>,
}

/// A new flag.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"key": "new-checkout", "name": "New checkout", "tags": ["shop"]}))]
pub(crate) struct NewFlag {
    /// Unique in the project, fixed, never used again.
    key: String,
    /// For people; the key by default.
    name: Option<String>,
    /// Why it exists.
    description: Option<String>,
    /// Type of every variant's value, fixed; boolean by default.
    #[serde(rename = "type")]
    value_type: Option<ValueTypeName>,
    /// Boolean flags have `on` and `off` unless said otherwise.
    variants: Option<Vec<Variant>>,
    /// For finding it.
    tags: Option<Vec<String>>,
    /// Who answers for it.
    owner: Option<String>,
    /// Meant to stay.
    permanent: Option<bool>,
    /// Mixed into bucketing; made at random. Copied on purpose when two flags should pick the same users.
    salt: Option<String>,
}

/// What can be changed of a flag (JSON Merge Patch).
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"description": "The one-page checkout", "tags": ["shop", "beta"]}))]
pub(crate) struct FlagPatch {
    /// For people.
    name: Option<String>,
    /// Why it exists.
    description: Option<String>,
    /// All of them.
    variants: Option<Vec<Variant>>,
    /// All of them.
    tags: Option<Vec<String>>,
    /// Who answers for it; null for nobody.
    owner: Option<String>,
    /// Meant to stay.
    permanent: Option<bool>,
}

/// What a flag serves in one environment.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"on": true, "rules": [{"if": {"attribute": "user.country", "operator": "in", "values": ["DE"]},
    "serve": {"rollout": {"variant": "on", "percent": 10}}}], "default": {"variant": "off"}, "off_variant": "off"}))]
pub(crate) struct Configuration {
    /// Off serves `off_variant` to everyone.
    pub(crate) on: bool,
    /// All must hold, or `off_variant` is served.
    pub(crate) prerequisites: Option<Vec<Prerequisite>>,
    /// Looked at before the rules.
    pub(crate) targets: Option<Vec<Target>>,
    /// Tried in order.
    pub(crate) rules: Option<Vec<Rule>>,
    /// Served when no rule decides.
    pub(crate) default: Serve,
    /// Served when off.
    pub(crate) off_variant: String,
    /// Served instead of `off_variant` where that was not a variant in the system it came from; choosing another
    /// `off_variant` removes it.
    pub(crate) off: Option<Exactly>,
    /// Buckets that exact forms name, in the evaluator's form: `#/$defs/bucket` of `spec/ruleset.schema.json`.
    pub(crate) buckets: Option<BTreeMap<String, Value>>,
    /// What becomes of the flag when no rule decides and the condition of one was unknown.
    pub(crate) unknown: Option<UnknownName>,
    /// Served when exact forms make the flag refer to itself (default: an error).
    pub(crate) cycle: Option<Exactly>,
}

/// A configuration as it is answered.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ConfigurationAnswer {
    #[serde(flatten)]
    configuration: Configuration,
    /// In a few words.
    serves: super::flags::item::Serves,
    /// In whole sentences, in the order of evaluation.
    sentences: Vec<String>,
    /// Revision that wrote it, 0 when it was never written: its `ETag`.
    revision: u64,
}

/// What can be changed of a configuration (JSON Merge Patch).
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"on": true}))]
pub(crate) struct ConfigurationPatch {
    /// Off serves `off_variant` to everyone.
    on: Option<bool>,
    /// All of them.
    prerequisites: Option<Vec<Prerequisite>>,
    /// All of them.
    targets: Option<Vec<Target>>,
    /// All of them, in order.
    rules: Option<Vec<Rule>>,
    /// Served when no rule decides.
    default: Option<Serve>,
    /// Served when off.
    off_variant: Option<String>,
    /// Served instead of `off_variant` where that was not a variant in the system it came from; choosing another
    /// `off_variant` removes it.
    off: Option<Exactly>,
    /// Buckets that exact forms name, in the evaluator's form: `#/$defs/bucket` of `spec/ruleset.schema.json`.
    buckets: Option<BTreeMap<String, Value>>,
    /// What becomes of the flag when no rule decides and the condition of one was unknown.
    unknown: Option<UnknownName>,
    /// Served when exact forms make the flag refer to itself (default: an error).
    cycle: Option<Exactly>,
}

/// An answer in the evaluator's own form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Exactly {
    /// A serve of the evaluator: `#/$defs/serve` of `spec/ruleset.schema.json`.
    exact: Value,
    /// How it reads; written by the server.
    text: Option<String>,
    /// Reported reason (default: as for any other answer at this place).
    reason: Option<ReasonName>,
}

/// What an unknown condition means.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnknownName {
    /// The default rule decides.
    Skip,
    /// The error `GENERAL`.
    Error,
}

/// Why an answer is what it is: OpenFeature's words, and ours where it has none.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReasonName {
    Static,
    Default,
    TargetingMatch,
    Split,
    Disabled,
    PrerequisiteFailed,
    Error,
}

/// Another flag must answer one of these variants and be on.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Prerequisite {
    /// Flag key in the same project.
    flag: String,
    /// Variant keys of that flag.
    variants: Vec<String>,
}

/// Individual targets: these keys get this variant.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Target {
    /// Variant key.
    variant: String,
    /// Context kind whose key is looked up; `user` by default.
    context_kind: Option<String>,
    /// Context keys.
    keys: Vec<String>,
}

/// A targeting rule.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Rule {
    /// Stable over edits; made by the server when left out.
    id: Option<String>,
    /// For people.
    description: Option<String>,
    /// Who it is for.
    #[serde(rename = "if")]
    condition: Condition,
    /// What they get.
    serve: Serve,
    /// Reported reason (default: `SPLIT` where a percentage decided, else `TARGETING_MATCH`).
    reason: Option<ReasonName>,
}

/// Exactly one of these shapes.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(no_recursion)]
pub(crate) enum Condition {
    /// Every one; an empty list is everyone.
    All {
        /// Operands.
        all: Vec<Condition>,
    },
    /// At least one.
    Any {
        /// Operands.
        any: Vec<Condition>,
    },
    /// The opposite.
    Not {
        /// Operand.
        not: Box<Condition>,
    },
    /// Member of a segment.
    Segment {
        /// Segment key.
        segment: String,
        /// Not a member.
        negate: Option<bool>,
    },
    /// One attribute.
    Attribute {
        /// `user.country`, `account.plan`; without a context kind, `user` is meant.
        attribute: String,
        /// How to compare.
        operator: Operator,
        /// What with; any of them counts (except `has_all`); none for `present`.
        values: Option<Vec<Value>>,
        /// The opposite.
        negate: Option<bool>,
        /// Text is compared without regard to case.
        ignore_case: Option<bool>,
    },
    /// What the others cannot say: imported flags answer exactly as they did.
    Exact {
        /// A condition of the evaluator: `#/$defs/condition` of `spec/ruleset.schema.json`.
        exact: Value,
        /// How it reads; written by the server.
        text: Option<String>,
    },
}

/// How an attribute is compared.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operator {
    In,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    LessThan,
    AtMost,
    GreaterThan,
    AtLeast,
    Before,
    After,
    SemverEqual,
    SemverLessThan,
    SemverAtMost,
    SemverGreaterThan,
    SemverAtLeast,
    InCidr,
    HasAny,
    HasAll,
    Present,
}

/// Exactly one of these shapes.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Serve {
    /// One variant to all.
    Variant {
        /// Variant key.
        variant: String,
    },
    /// One variant to a percentage; the others go on to the next rule, and from the default rule to `otherwise`.
    Rollout {
        /// How many of whom.
        rollout: Rollout,
    },
    /// Variants by weight; the weights add up to 100.
    Split {
        /// The parts.
        split: Split,
    },
    /// What the others cannot say: imported flags answer exactly as they did.
    Exact {
        /// A serve of the evaluator: `#/$defs/serve` of `spec/ruleset.schema.json`.
        exact: Value,
        /// How it reads; written by the server.
        text: Option<String>,
    },
}

/// A percentage rollout.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Rollout {
    /// Who gets it gets this.
    variant: String,
    /// 0 to 100, at most three decimals.
    percent: f64,
    /// Attribute that decides; `user.key` by default.
    bucket_by: Option<String>,
    /// In the default rule only: what the others get (default: the off variant).
    otherwise: Option<String>,
    /// Kept by the server so that growing and shrinking moves nobody else.
    ranges: Option<Vec<Vec<u64>>>,
}

/// A weighted split.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Split {
    /// Attribute that decides; `user.key` by default.
    bucket_by: Option<String>,
    /// The parts; percents add up to 100.
    shares: Vec<Share>,
}

/// A part of a split.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Share {
    /// Variant key.
    variant: String,
    /// 0 to 100, at most three decimals.
    percent: f64,
    /// Kept by the server.
    ranges: Option<Vec<Vec<u64>>>,
}

/// A new segment.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"key": "beta", "name": "Beta testers", "included": ["u1"],
    "rules": [{"attribute": "user.email", "operator": "ends_with", "values": ["@example.com"]}]}))]
pub(crate) struct NewSegment {
    /// Unique in the project, fixed.
    key: String,
    /// For people; the key by default.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// Context kind whose key the lists hold; `user` by default.
    context_kind: Option<String>,
    /// Any of these makes a member.
    rules: Option<Vec<Condition>>,
    /// Keys that are members.
    included: Option<Vec<String>>,
    /// Keys that are not, whatever the rules say.
    excluded: Option<Vec<String>>,
    /// Buckets that exact forms in `rules` name, in the evaluator's form: `#/$defs/bucket` of `spec/ruleset.schema.json`.
    buckets: Option<BTreeMap<String, Value>>,
}

/// What can be changed of a segment (JSON Merge Patch); lists are replaced whole.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SegmentPatch {
    /// For people.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// All of them.
    rules: Option<Vec<Condition>>,
    /// All of them.
    included: Option<Vec<String>>,
    /// All of them.
    excluded: Option<Vec<String>>,
    /// Buckets that exact forms in `rules` name, in the evaluator's form: `#/$defs/bucket` of `spec/ruleset.schema.json`.
    buckets: Option<BTreeMap<String, Value>>,
}

/// Changes to a segment's lists.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"included": {"add": ["u7"], "remove": ["u1"]}}))]
pub(crate) struct SegmentListEdit {
    /// Members.
    included: Option<ListEdit>,
    /// Never members.
    excluded: Option<ListEdit>,
}

/// Changes to one list.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ListEdit {
    /// Keys to add.
    add: Option<Vec<String>>,
    /// Keys to remove.
    remove: Option<Vec<String>>,
}
