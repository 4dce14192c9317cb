//! Change control, the pure part: what policies say about a change, the merge of documents that moved apart, the hash that
//! approvals pin, and local times.
//!
//! Nothing here reads a clock or a database. [`verdict`] says of documents that `decide` left which environments they
//! touch, who must consent and what stands against them; whether that is heeded is decided where changes are made.

mod attributes;
mod exposure;
mod freeze;
mod hash;
mod local;
mod merge;
mod reach;
mod ruling;
mod soak;
mod verdict;

pub use freeze::frozen_until;
pub(crate) use freeze::{clock_time, window};
pub use hash::{Pinned, content_hash};
pub use local::{LocalInstant, LocalTimeError, local_instant};
pub(crate) use local::{civil, time_zone};
pub use merge::{Conflict, Side, merge, merge_choosing};
pub use ruling::{Note, Requirement, Rule, Touched, Verdict, Violation};
pub use verdict::{Circumstances, ages_needed, verdict};
