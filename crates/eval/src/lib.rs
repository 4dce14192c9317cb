//! Ruleset → compiled [`Snapshot`] → [`Answer`]: the one evaluator of Yardarm.
//!
//! A [`ruleset::Ruleset`] is what the server makes and SDKs download. [`Snapshot::compile`] prepares it once: references
//! become positions, arguments are parsed, lists hashed, salts mixed in. [`Snapshot::apply`] does the same for what one
//! change touched. [`Snapshot::evaluate`] is a pure function of (snapshot, context, now): it allocates nothing, locks
//! nothing, asks no clock and cannot fail; what a flag cannot answer is an [`Answer`] with an error code.
//!
//! The rules are the numbered clauses of `spec/evaluation.md`.

mod attribute_name;
mod attribute_test;
mod buckets;
mod compile;
mod compiled;
mod compute;
mod context;
mod date;
mod evaluate;
mod explain;
mod forms;
mod hash;
mod json;
pub mod limits;
mod members;
mod network;
mod operators;
mod patch;
mod path;
mod readers;
pub mod reads;
mod references;
pub mod ruleset;
mod sealed;
mod snapshot;
mod tables;
mod texts;
mod version;

use serde_json::Value;

pub use attribute_name::AttributeName;
pub use context::{Attribute, Context, ContextBuilder, ContextError};
pub use explain::{Explanation, Step};
pub use snapshot::{FlagRef, Snapshot};

use ruleset::{ErrorCode, Reason};

/// The answer of an evaluation, borrowed from the snapshot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'s> {
    /// The value; `None` means the caller's default.
    pub value: Option<&'s Value>,
    /// Variant key.
    pub variant: Option<&'s str>,
    /// Position of the variant in the flag's variants (key order); an index for counters. None when another flag gave
    /// the answer.
    pub variant_index: Option<u32>,
    /// Why.
    pub reason: Reason,
    /// The rule that decided.
    pub rule: Option<&'s str>,
    /// What went wrong, when `reason` is `Error`.
    pub error: Option<ErrorCode>,
}

impl Answer<'_> {
    /// No value, for this reason: the caller uses its own default.
    pub const fn caller_default(reason: Reason) -> Self {
        Self { value: None, variant: None, variant_index: None, reason, rule: None, error: None }
    }

    /// No value because of an error: the caller uses its own default.
    pub const fn error(code: ErrorCode) -> Self {
        Self { error: Some(code), ..Self::caller_default(Reason::Error) }
    }
}
