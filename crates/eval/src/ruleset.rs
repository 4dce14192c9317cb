//! The ruleset: the wire form that `yardarm-model` compiles to, that the server delivers and that every SDK evaluates.
//!
//! Five primitives and nothing else (`spec/evaluation.md`): flag, condition, test, bucket, serve. Everything people
//! author (targets, prerequisites, segments, rollouts) has become rules by the time it is a ruleset.
//! Readers ignore unknown fields; an unknown variant of an enum makes that one flag unsupported, never silently false.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The newest format this crate writes and reads.
pub const FORMAT: u32 = 1;

/// (epoch, rev): what orders two states of the same environment. A new epoch means that the server was restored, so a
/// lower `rev` is then not older. Written `epoch:rev` in SSE ids and cursors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Version {
    /// Random, chosen when the project was made or restored. No colon inside.
    pub epoch: String,
    /// The project's revision, counted from 1 without gaps.
    pub rev: u64,
}

/// Everything needed to evaluate one environment: `GET /sdk/v1/ruleset` and the `put` frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ruleset {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Project key.
    pub project: String,
    /// Environment key.
    pub environment: String,
    /// The state this is (not flattened: raw values do not survive serde's flatten buffer).
    pub version: Version,
    /// Flag key → [`Flag`], kept as text until compiled so that one bad flag spoils only itself.
    #[serde(default)]
    pub flags: BTreeMap<String, Box<RawValue>>,
    /// Segment key → [`Segment`], as text for the same reason.
    #[serde(default)]
    pub segments: BTreeMap<String, Box<RawValue>>,
    /// Id lists, `segment/included/0001` → keys: chunks of a segment's large lists.
    #[serde(default)]
    pub lists: BTreeMap<String, Vec<String>>,
}

/// What changed between two versions of an environment: the `patch` frame. `None` removes.
/// It applies only to a ruleset whose version is exactly `from`; any other reader fetches the whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Patch {
    /// The version it starts from.
    pub from: Version,
    /// The version it leads to.
    pub to: Version,
    /// Changed flags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<String, Option<Box<RawValue>>>,
    /// Changed segments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub segments: BTreeMap<String, Option<Box<RawValue>>>,
    /// Changed id-list chunks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Option<Vec<String>>>,
}

/// What leads from one ruleset to another: `old` with the patch applied evaluates like `new`.
pub fn diff(old: &Ruleset, new: &Ruleset) -> Patch {
    crate::patch::diff(old, new)
}

impl Ruleset {
    /// Applies a patch to the wire form (an SDK keeps it for its cache file); `false`, and nothing done, when the patch
    /// does not start from this version.
    pub fn patched(&mut self, patch: &Patch) -> bool {
        crate::patch::patched(self, patch)
    }
}

impl Patch {
    /// Whether it changes nothing but the version.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty() && self.segments.is_empty() && self.lists.is_empty()
    }
}

/// Type of a flag's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// UTF-8 text.
    String,
    /// A finite IEEE 754 double.
    Number,
    /// Any JSON value.
    Json,
}

/// A flag: `on`, `off`, ordered `rules`, `default`. The first rule whose condition is true decides, unless it serves
/// [`Serve::Next`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flag {
    /// Off flags answer `off` and look at nothing else.
    pub on: bool,
    /// Type of every variant's value.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// Variant key → value.
    pub variants: BTreeMap<String, serde_json::Value>,
    /// Answer when `on` is false.
    pub off: Outcome,
    /// Tried in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Answer when no rule decides.
    pub default: Outcome,
    /// Named buckets used by `rules` and `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Bucket>,
}

/// `if` a condition holds, `serve`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Stable over edits; reported with the answer.
    pub id: String,
    /// The condition.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// The answer.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A serve with the reason it is reported under.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// What is served.
    pub serve: Serve,
    /// Reported reason; without one, `TARGETING_MATCH` for rules, `SPLIT` where a bucket decided, `DISABLED` for `off`, and
    /// for the default rule `STATIC` when the flag has no rules, else `DEFAULT`. Errors are always `ERROR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// What a rule or the default gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serve {
    /// One variant.
    Variant(String),
    /// A variant by bucket.
    Split(Split),
    /// Go on with the next rule.
    Next,
    /// The answer of another flag of the same type, under the reason and rule of this one.
    Flag(String),
    /// The caller's default, no variant.
    CallerDefault,
    /// An error with this code; callers get their default.
    Error(ErrorCode),
}

/// Half-open ranges over a bucket. A unit in no range, or without a unit, gets `rest`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Key in [`Flag::buckets`].
    pub bucket: String,
    /// `(lo, hi, variant)` with `lo <= k < hi`; any order, no overlaps.
    pub ranges: Vec<(u64, u64, String)>,
    /// For units in no range (default: next).
    #[serde(default = "next", skip_serializing_if = "is_next")]
    pub rest: Box<Serve>,
    /// For contexts without the unit (default: next).
    #[serde(default = "next", skip_serializing_if = "is_next")]
    pub missing: Box<Serve>,
}

#[expect(clippy::unnecessary_box_returns, reason = "serde's default gives the field's type")]
fn next() -> Box<Serve> {
    Box::new(Serve::Next)
}
fn is_next(serve: &Serve) -> bool {
    matches!(serve, Serve::Next)
}

/// Three-valued: true, false or unknown. Unknown arises in tests of missing or unreadable attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// True or false, fixed.
    Const(bool),
    /// Kleene and; an empty list is true.
    All(Vec<Condition>),
    /// Kleene or; an empty list is false.
    Any(Vec<Condition>),
    /// True ↔ false; unknown stays.
    Not(Box<Condition>),
    /// In order, the first operand that is not true decides.
    Seq(Vec<Condition>),
    /// Unknown becomes false.
    IsTrue(Box<Condition>),
    /// Is the context in this segment? An absent segment has no members.
    Segment(String),
    /// Does another flag answer one of these variants? An absent or failing flag answers none.
    Flag {
        /// Flag key.
        key: String,
        /// Variant keys.
        variants: Vec<String>,
        /// Whether the other flag must be on, whatever it answers.
        #[serde(default)]
        on: bool,
    },
    /// Is the unit's bucket in one of these half-open ranges?
    Bucket {
        /// Key in [`Flag::buckets`].
        bucket: String,
        /// Half-open ranges.
        ranges: Vec<(u64, u64)>,
        /// When the context has no unit.
        #[serde(default)]
        missing: Truth,
    },
    /// Is the attribute (a text, or an integer in decimal) one of the keys in these lists? False without it.
    List {
        /// Attribute path.
        attr: Vec<String>,
        /// Keys in [`Ruleset::lists`].
        lists: Vec<String>,
    },
    /// Does any element of a list attribute pass?
    Some {
        /// The list attribute.
        attr: Vec<String>,
        /// Its paths start at the element, which is itself the empty path.
        #[serde(rename = "if")]
        condition: Box<Condition>,
    },
    /// A leaf.
    Test(Test),
}

/// What a leaf says when it cannot compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// True.
    True,
    /// False.
    #[default]
    False,
    /// Unknown.
    Unknown,
}

/// `attr` read by `as`, compared by `op` with `arg`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Path into the context: `["country"]`, `["account", "plan"]`. The unit key is `["targetingKey"]`; the default
    /// context kind `user` is the top level, so `user.country` is `["country"]` and `user.key` is `["targetingKey"]`.
    /// `["$now"]` is the instant of the evaluation in milliseconds, for rules that hold for a time.
    pub attr: Vec<String>,
    /// How the runtime value becomes comparable.
    #[serde(rename = "as", default)]
    pub reader: Reader,
    /// How it is compared.
    pub op: Op,
    /// What with, read by the same reader; a list where any member counts (`in`, `starts`, `ends`, `contains`, `cidr`,
    /// `has_any`) and for `has_all`.
    #[serde(default)]
    pub arg: serde_json::Value,
    /// When the attribute is absent or null; `present` is false then.
    #[serde(default = "unknown")]
    pub missing: Truth,
    /// When the reader cannot read it.
    #[serde(default = "unknown")]
    pub invalid: Truth,
    /// A list attribute is tested element by element and any match counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each: bool,
}

fn unknown() -> Truth {
    Truth::Unknown
}

/// Turns a runtime value into a comparable one, or into nothing ("invalid"). Dialects live here and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reader {
    /// Any JSON scalar as it is; compared with its own type.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// Strings only.
    #[serde(rename = "string")]
    String,
    /// Strings only, lower-cased (Unicode simple mapping).
    #[serde(rename = "string+lower")]
    StringLower,
    /// Numbers only.
    #[serde(rename = "number")]
    Number,
    /// Booleans only.
    #[serde(rename = "bool")]
    Bool,
    /// RFC 3339 text, or milliseconds since 1970 as a number; compared as milliseconds.
    #[serde(rename = "date:rfc3339_or_ms")]
    Date,
    /// SemVer 2.0 text; build metadata ignored; missing minor and patch read as 0, a leading `v` dropped.
    #[serde(rename = "version:loose")]
    VersionLoose,
    /// Lists of scalars.
    #[serde(rename = "list")]
    List,
}

/// Comparison of a read value with the argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal.
    Eq,
    /// One of.
    In,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Starts with any of.
    Starts,
    /// Ends with any of.
    Ends,
    /// Contains any of.
    Contains,
    /// A linear-time regular expression finds something.
    Matches,
    /// An IPv4 or IPv6 address inside any of these networks.
    Cidr,
    /// Is there, whatever it is.
    Present,
    /// The list attribute has at least one of these.
    HasAny,
    /// The list attribute has all of these.
    HasAll,
}

/// Pure data: which bytes are hashed, with what, how many bits are kept → an integer. Every percentage and weight is a
/// half-open integer range over it, computed when the ruleset is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The hash function.
    pub hash: Hash,
    /// Its seed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u32,
    /// Bytes before the unit, usually `salt ":"`.
    #[serde(default)]
    pub prefix: String,
    /// Attribute path of the unit: strings, and integers in decimal; anything else is missing.
    pub unit: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Hash functions over UTF-8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hash {
    /// `MurmurHash3_x86_32` (Appleby 2011), 32 bits kept: the native one.
    #[serde(rename = "murmur3_32")]
    Murmur3,
}

/// A set of contexts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Membership, list look-ups included.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// Buckets its conditions use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Bucket>,
}

/// Why an answer is what it is: OpenFeature's reasons, and ours for the cases it has no word for
/// (`delivery` maps those to OpenFeature's on OFREP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The flag has no rules and is on.
    Static,
    /// No rule decided; the default rule did.
    Default,
    /// A rule or an individual target decided.
    TargetingMatch,
    /// A percentage decided.
    Split,
    /// The flag is off.
    Disabled,
    /// A prerequisite was not met.
    PrerequisiteFailed,
    /// It could not be evaluated.
    Error,
}

/// Why a flag could not be evaluated: OpenFeature's error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// No such flag.
    FlagNotFound,
    /// The flag uses something this evaluator does not know, or is damaged.
    ParseError,
    /// The caller asked for another type.
    TypeMismatch,
    /// A split needs a targeting key and there is none.
    TargetingKeyMissing,
    /// The context is not usable.
    InvalidContext,
    /// The SDK has no ruleset yet.
    ProviderNotReady,
    /// Anything else.
    General,
}
