//! The log as evidence, on both databases: every kind of tampering is named, redactions and pruning keep the proof, what
//! is searched is found, every mutation is one entry, and refusals are told.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod every_mutation;
mod export;
mod redaction;
mod retention;
mod search;
mod security;
mod tampering;
