//! The ruleset: the wire form that `yardarm-model` compiles to, that the server delivers and that every SDK evaluates.
//!
//! Five primitives and nothing else (`spec/evaluation.md`): flag, condition, test, bucket, serve. Everything people
//! author (targets, prerequisites, segments, rollouts) has become rules by the time it is a ruleset.
//! Readers ignore unknown fields; an unknown variant of an enum makes that one flag unsupported, never silently false.

mod bucket;
mod test;

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use bucket::{Bucket, Bytes, Fold, Hash, MissingUnit, Rehash, Take, UnitText, Word};
pub use test::{Op, Reader, Test};

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

/// Everything needed to evaluate one environment: `GET /sdk/v1/ruleset` and the `put` frame. Who compiles it and then
/// drops it reads a `Ruleset<&RawValue>`, which leaves the flags in the text where they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ruleset<R = Box<RawValue>> {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Project key.
    pub project: String,
    /// Environment key.
    pub environment: String,
    /// The state this is (not flattened: raw values do not survive serde's flatten buffer).
    pub version: Version,
    /// Flag key → [`Flag`], kept as text until compiled so that one bad flag spoils only itself.
    #[serde(default = "BTreeMap::new")]
    pub flags: BTreeMap<String, R>,
    /// Segment key → [`Segment`], as text for the same reason.
    #[serde(default = "BTreeMap::new")]
    pub segments: BTreeMap<String, R>,
    /// Id lists, `segment/included/0001` → keys: chunks of a segment's large lists.
    #[serde(default)]
    pub lists: BTreeMap<String, Vec<String>>,
}

/// What changed between two versions of an environment: the `patch` frame. `None` removes.
/// It applies only to a ruleset whose version is exactly `from`; any other reader fetches the whole. Like [`Ruleset`], one
/// that is read, applied and dropped is a `Patch<&RawValue>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Patch<R = Box<RawValue>> {
    /// The version it starts from.
    pub from: Version,
    /// The version it leads to.
    pub to: Version,
    /// Changed flags.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<String, Option<R>>,
    /// Changed segments.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub segments: BTreeMap<String, Option<R>>,
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
    pub fn patched<R: Borrow<RawValue>>(&mut self, patch: &Patch<R>) -> bool {
        crate::patch::patched(self, patch)
    }
}

impl<R> Patch<R> {
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
///
/// `T` and `V` are its tests and its variants: the compiler reads both as text first, because other flags ask the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flag<T = Test, V = BTreeMap<String, serde_json::Value>> {
    /// Off flags answer `off` and look at nothing else.
    pub on: bool,
    /// Type of every variant's value.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// Variant key → value.
    pub variants: V,
    /// Named buckets used by `rules` and `default`: written before them, so that a reader knows what they name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Bucket>,
    /// Answer when `on` is false.
    pub off: Outcome,
    /// Tried in order.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule<T>>,
    /// Answer when no rule decides.
    pub default: Outcome,
    /// What a rule does whose condition is unknown.
    #[serde(default, skip_serializing_if = "is_skip")]
    pub unknown: Unknown,
    /// Answer when the flag refers to itself (default: it is unusable).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Outcome>,
}

/// What becomes of a flag when no rule decides and the condition of one was unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The default rule decides.
    #[default]
    Skip,
    /// Error `GENERAL`.
    Error,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_skip(unknown: &Unknown) -> bool {
    *unknown == Unknown::Skip
}

/// `if` a condition holds, `serve`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "FlatRule<T>")]
pub struct Rule<T = Test> {
    /// Stable over edits; reported with the answer.
    pub id: String,
    /// The condition.
    #[serde(rename = "if")]
    pub condition: Condition<T>,
    /// The answer.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A rule as it is read: serde's flatten would keep every rule in a buffer before it is read.
#[derive(Deserialize)]
struct FlatRule<T> {
    id: String,
    #[serde(rename = "if")]
    condition: Condition<T>,
    serve: Serve,
    #[serde(default)]
    reason: Option<Reason>,
}

impl<T> From<FlatRule<T>> for Rule<T> {
    fn from(flat: FlatRule<T>) -> Self {
        let FlatRule { id, condition, serve, reason } = flat;
        Self { id, condition, outcome: Outcome { serve, reason } }
    }
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
    /// `JSONLogic` whose result names the variant (booleans and numbers as text); null goes on with the next rule, anything
    /// else is error `GENERAL`.
    Compute(serde_json::Value),
}

/// Half-open ranges over a bucket. A unit in no range, or without a unit, gets `rest`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Key in [`Flag::buckets`].
    pub bucket: String,
    /// `(lo, hi, variant)` with `lo <= k < hi`; any order, no overlaps.
    pub ranges: Vec<(u64, u64, String)>,
    /// Ranges that serve something else than a variant; no overlaps with `ranges` either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serves: Vec<(u64, u64, Serve)>,
    /// Ranges that grow or shrink with time. The first that holds the number goes before all of `ranges` and `serves`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ramps: Vec<Ramp>,
    /// For units in no range (default: next).
    #[serde(default = "next", skip_serializing_if = "is_next")]
    pub rest: Box<Serve>,
    /// For contexts without the unit (default: next).
    #[serde(default = "next", skip_serializing_if = "is_next")]
    pub missing: Box<Serve>,
}

/// A range whose end moves: `lo <= number < end(now)`, where `end` goes straight from `from` to `to`, rounded down, and
/// stays where it is before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    /// Beginning of the range.
    pub lo: u64,
    /// (milliseconds since 1970, end).
    pub from: (i64, u64),
    /// (milliseconds since 1970, end), later than `from`.
    pub to: (i64, u64),
    /// The variant served in it. Conditions need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
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
pub enum Condition<T = Test> {
    /// True or false, fixed.
    Const(bool),
    /// Kleene and; an empty list is true.
    All(Vec<Condition<T>>),
    /// Kleene or; an empty list is false.
    Any(Vec<Condition<T>>),
    /// True ↔ false; unknown stays.
    Not(Box<Condition<T>>),
    /// In order, the first operand that is not true decides.
    Seq(Vec<Condition<T>>),
    /// Unknown becomes false.
    IsTrue(Box<Condition<T>>),
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
    /// What another flag answers: paths of the condition start at its value, which is itself the empty path, as in `some`.
    /// No value (the caller's default) is null.
    Answer {
        /// Flag key.
        key: String,
        /// The condition on its value.
        #[serde(rename = "if")]
        condition: Box<Condition<T>>,
        /// When the other flag is absent or fails (default: unknown).
        #[serde(default = "unknown")]
        failing: Truth,
    },
    /// `JSONLogic` whose result counts as true or false, the way `JSONLogic` does.
    Compute(serde_json::Value),
    /// Is the unit's bucket in one of these half-open ranges?
    Bucket {
        /// Key in [`Flag::buckets`].
        bucket: String,
        /// Half-open ranges.
        ranges: Vec<(u64, u64)>,
        /// Ranges that grow or shrink with time; they count like `ranges`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ramps: Vec<Ramp>,
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
        condition: Box<Condition<T>>,
    },
    /// A leaf.
    Test(T),
}

fn unknown() -> Truth {
    Truth::Unknown
}

/// What a leaf says when it cannot compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// A set of contexts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Segment<T = Test> {
    /// Membership, list look-ups included.
    #[serde(rename = "if")]
    pub condition: Condition<T>,
    /// Buckets its conditions use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Bucket>,
}

/// Why an answer is what it is: OpenFeature's reasons, and ours for the cases it has no word for
/// (`delivery` maps those to OpenFeature's on OFREP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

impl Reason {
    /// All of them; `reason as usize` is its position.
    pub const ALL: [Self; 7] = [
        Self::Static,
        Self::Default,
        Self::TargetingMatch,
        Self::Split,
        Self::Disabled,
        Self::PrerequisiteFailed,
        Self::Error,
    ];

    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::Default => "DEFAULT",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Disabled => "DISABLED",
            Self::PrerequisiteFailed => "PREREQUISITE_FAILED",
            Self::Error => "ERROR",
        }
    }
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

impl ErrorCode {
    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FlagNotFound => "FLAG_NOT_FOUND",
            Self::ParseError => "PARSE_ERROR",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::TargetingKeyMissing => "TARGETING_KEY_MISSING",
            Self::InvalidContext => "INVALID_CONTEXT",
            Self::ProviderNotReady => "PROVIDER_NOT_READY",
            Self::General => "GENERAL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_positions_and_words() {
        for (position, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, position);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        for word in [
            "FLAG_NOT_FOUND",
            "PARSE_ERROR",
            "TYPE_MISMATCH",
            "TARGETING_KEY_MISSING",
            "INVALID_CONTEXT",
            "PROVIDER_NOT_READY",
            "GENERAL",
        ] {
            let error: ErrorCode = serde_json::from_value(word.into()).unwrap();
            assert_eq!(error.as_str(), word);
        }
    }
}
