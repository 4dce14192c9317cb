//! Ruleset → compiled snapshot → answer. (Contract: bodies under construction.)

pub mod ruleset;

use ruleset::{ErrorCode, Patch, Reason, Ruleset, ValueType, Version};
use serde_json::Value;

/// A compiled ruleset: immutable, cheap to clone, safe to share.
#[derive(Clone)]
pub struct Snapshot {
    _private: (),
}

impl Snapshot {
    /// Compiles everything. Never fails: a flag that cannot be compiled answers [`ErrorCode::ParseError`].
    pub fn compile(_ruleset: &Ruleset) -> Self {
        unimplemented!()
    }
    /// Recompiles what a patch changes and what refers to it; `None` when the patch does not start from this version.
    pub fn apply(&self, _patch: &Patch) -> Option<Self> {
        unimplemented!()
    }
    /// The version it is of.
    pub fn version(&self) -> &Version {
        unimplemented!()
    }
    /// Flag keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    /// Index of a flag, for repeated use with this snapshot.
    pub fn flag(&self, _key: &str) -> Option<FlagRef<'_>> {
        unimplemented!()
    }
    /// Why a flag could not be compiled, if it could not.
    pub fn compile_error(&self, _key: &str) -> Option<&str> {
        unimplemented!()
    }
    /// Evaluates one flag. No allocation, no lock, no clock.
    pub fn evaluate<'s>(&'s self, _key: &str, _context: &Context<'_>, _now_ms: i64) -> Answer<'s> {
        unimplemented!()
    }
    /// Evaluates every flag in key order.
    pub fn evaluate_all<'s>(
        &'s self,
        _context: &Context<'_>,
        _now_ms: i64,
        _visit: impl FnMut(FlagRef<'s>, Answer<'s>),
    ) {
        unimplemented!()
    }
    /// Evaluates one flag and says why, step by step (allocates).
    pub fn explain(&self, _key: &str, _context: &Context<'_>, _now_ms: i64) -> Explanation {
        unimplemented!()
    }
}

/// A flag in a snapshot.
#[derive(Clone, Copy)]
pub struct FlagRef<'s> {
    /// Its key.
    pub key: &'s str,
    /// Position in this snapshot, dense from 0: an index for counters.
    pub index: u32,
    /// Type of its values (`None` when the flag could not be compiled).
    pub value_type: Option<ValueType>,
}

/// The answer of an evaluation, borrowed from the snapshot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'s> {
    /// The value; `None` means the caller's default.
    pub value: Option<&'s Value>,
    /// Variant key.
    pub variant: Option<&'s str>,
    /// Position of the variant in the flag's variants (key order); an index for counters.
    pub variant_index: Option<u32>,
    /// Why.
    pub reason: Reason,
    /// The rule that decided.
    pub rule: Option<&'s str>,
    /// What went wrong, when `reason` is `Error`.
    pub error: Option<ErrorCode>,
}

/// Who or what is asking. Borrows from the caller; building one from prepared parts does not allocate.
pub struct Context<'a> {
    _private: std::marker::PhantomData<&'a ()>,
}

impl<'a> Context<'a> {
    /// From JSON as OFREP and the SDKs write it: `{"targetingKey":"u1","country":"DE","account":{"key":"a1"}}`.
    /// `user.key`, `key` and `targetingKey` are the same thing; members of an object `user` count as top-level attributes.
    pub fn from_json(_value: &'a Value) -> Result<Self, ContextError> {
        unimplemented!()
    }
    /// An empty one.
    pub fn new() -> Self {
        unimplemented!()
    }
    /// The unit key, if any.
    pub fn targeting_key(&self) -> Option<&str> {
        unimplemented!()
    }
}

/// What is wrong with a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextError {
    /// JSON pointer.
    pub pointer: String,
    /// In words.
    pub message: String,
}

/// Why an answer is what it is, step by step.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Explanation {
    /// Flag key.
    pub flag: String,
    /// The answer.
    pub value: Option<Value>,
    /// Variant key.
    pub variant: Option<String>,
    /// Reason.
    pub reason: Reason,
    /// Deciding rule.
    pub rule: Option<String>,
    /// Error code.
    pub error: Option<ErrorCode>,
    /// What was looked at, in order.
    pub steps: Vec<Step>,
}

/// One step of an explanation; nested for conditions.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Step {
    /// In words: `user.country in ["DE"]: "NO" → false`.
    pub text: String,
    /// `true`, `false` or `unknown`; none for remarks.
    pub result: Option<ruleset::Truth>,
    /// Rule id when the step is a rule.
    pub rule: Option<String>,
    /// Parts.
    pub steps: Vec<Step>,
}
