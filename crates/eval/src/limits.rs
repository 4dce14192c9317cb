//! What bounds an evaluation, whatever a ruleset says.

/// Levels of nested conditions in a flag or segment.
pub const MAX_CONDITION_DEPTH: usize = 32;

/// Flags and segments that may refer to each other in a row (`a` needs `b` needs `c` is 3).
pub const MAX_REFERENCE_DEPTH: u32 = 32;

/// Look-ups of other flags and segments in one evaluation: diamonds of references would otherwise multiply.
pub const MAX_REFERENCES_FOLLOWED: u32 = 10_000;

/// Levels of nested expressions in a `compute`.
pub const MAX_COMPUTE_DEPTH: usize = 64;

/// Expressions evaluated in one `compute`.
pub const MAX_COMPUTE_STEPS: u32 = 100_000;

/// Bytes of a regular expression as it is written: what is made of it on the way to the compiled form is many times as
/// large.
pub const MAX_PATTERN_BYTES: usize = 1 << 15;

/// Bytes of a compiled regular expression.
pub const MAX_REGEX_BYTES: usize = 1 << 20;

/// Bytes of the reason why a flag or segment is unusable: it may quote what is in it.
pub const MAX_REASON_BYTES: usize = 500;

/// Lists up to this length are scanned; longer ones are hashed.
pub(crate) const SCANNED_LIST: usize = 16;

/// Text that is lower-cased without an allocation, in bytes.
pub(crate) const LOWERED_INLINE: usize = 256;
