//! What evaluation walks: references are numbers, arguments are prepared, failures are kept as text.

use std::sync::Arc;

use serde_json::Value;

use crate::buckets::{CompiledBucket, CompiledRamp};
use crate::compute::Logic;
use crate::operators::Operator;
use crate::path::Path;
use crate::ruleset::{ErrorCode, Reader, Reason, Truth, ValueType};

/// A flag, or why it is none.
#[derive(Debug)]
pub(crate) struct CompiledFlag {
    pub(crate) body: Result<FlagBody, String>,
    pub(crate) references: Box<[Reference]>,
}

#[derive(Debug)]
pub(crate) struct FlagBody {
    pub(crate) on: bool,
    pub(crate) value_type: ValueType,
    /// In key order; shared by flags with the same ones.
    pub(crate) variants: Arc<[Variant]>,
    pub(crate) off: CompiledOutcome,
    pub(crate) rules: Box<[CompiledRule]>,
    pub(crate) default: CompiledOutcome,
    pub(crate) buckets: Box<[CompiledBucket]>,
    /// Answers an error when no rule decides and one was unknown.
    pub(crate) unknown_is_error: bool,
    /// Answers when the flag refers to itself.
    pub(crate) cycle: Option<Box<CompiledOutcome>>,
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) key: Box<str>,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) id: Box<str>,
    pub(crate) condition: CompiledCondition,
    pub(crate) outcome: CompiledOutcome,
}

#[derive(Debug)]
pub(crate) struct CompiledOutcome {
    pub(crate) serve: CompiledServe,
    pub(crate) reasons: Reasons,
    /// The reason where none is written.
    pub(crate) usual: Reason,
}

/// What an outcome is reported under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reasons {
    /// When it is served whatever the unit is.
    pub(crate) direct: Reason,
    /// When a bucket decided.
    pub(crate) by_bucket: Reason,
}

#[derive(Debug)]
pub(crate) enum CompiledServe {
    /// Position in the flag's variants.
    Variant(u32),
    Split(Box<CompiledSplit>),
    Next,
    /// Position in the flags.
    Flag(u32),
    CallerDefault,
    Error(ErrorCode),
    Compute(Box<Logic>),
}

#[derive(Debug)]
pub(crate) struct CompiledSplit {
    /// Position in the flag's buckets.
    pub(crate) bucket: u32,
    /// Sorted, without gaps: each part reaches from the end before it to its own.
    pub(crate) ends: Box<[(u64, Part)]>,
    /// What [`Part::Serve`] serves.
    pub(crate) serves: Box<[CompiledServe]>,
    /// Go before `ends`.
    pub(crate) ramps: Box<[CompiledRamp]>,
    pub(crate) rest: CompiledServe,
    pub(crate) missing: CompiledServe,
}

/// What a part of a split serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// As outside of all parts.
    Rest,
    /// Position in the flag's variants.
    Variant(u32),
    /// Position in the split's serves.
    Serve(u32),
}

/// A segment, or why it is none.
#[derive(Debug)]
pub(crate) struct CompiledSegment {
    pub(crate) body: Result<SegmentBody, String>,
    pub(crate) references: Box<[Reference]>,
}

#[derive(Debug)]
pub(crate) struct SegmentBody {
    pub(crate) condition: CompiledCondition,
    pub(crate) buckets: Box<[CompiledBucket]>,
}

#[derive(Debug)]
pub(crate) enum CompiledCondition {
    Const(bool),
    All(Box<[CompiledCondition]>),
    Any(Box<[CompiledCondition]>),
    Not(Box<CompiledCondition>),
    Seq(Box<[CompiledCondition]>),
    IsTrue(Box<CompiledCondition>),
    Segment(u32),
    Flag(Box<FlagTest>),
    Answer(Box<AnswerTest>),
    Compute(Box<Logic>),
    Bucket(Box<BucketTest>),
    List(Box<ListTest>),
    Some(Box<SomeTest>),
    /// Flags that ask the same thing share it: less memory, and more of it in the cache.
    Test(Arc<CompiledTest>),
}

#[derive(Debug)]
pub(crate) struct FlagTest {
    pub(crate) flag: u32,
    pub(crate) variants: Box<[Box<str>]>,
    pub(crate) must_be_on: bool,
}

#[derive(Debug)]
pub(crate) struct AnswerTest {
    pub(crate) flag: u32,
    pub(crate) condition: CompiledCondition,
    pub(crate) failing: Truth,
}

#[derive(Debug)]
pub(crate) struct BucketTest {
    pub(crate) bucket: u32,
    /// Sorted.
    pub(crate) ranges: Box<[(u64, u64)]>,
    pub(crate) ramps: Box<[CompiledRamp]>,
    pub(crate) missing: Truth,
}

#[derive(Debug)]
pub(crate) struct ListTest {
    pub(crate) path: Path,
    pub(crate) lists: Box<[u32]>,
}

#[derive(Debug)]
pub(crate) struct SomeTest {
    pub(crate) path: Path,
    pub(crate) condition: CompiledCondition,
}

#[derive(Debug)]
pub(crate) struct CompiledTest {
    pub(crate) path: Path,
    pub(crate) reader: Reader,
    pub(crate) operator: Operator,
    pub(crate) missing: Truth,
    pub(crate) invalid: Truth,
    pub(crate) each: bool,
    /// Reads a missing value as null.
    pub(crate) null: bool,
    /// `in ["DE", "AT"]`, for explanations; long arguments are cut.
    pub(crate) label: Box<str>,
}

/// What a flag or segment refers to, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reference {
    Flag(u32),
    Segment(u32),
    List(u32),
}
