//! Evaluation counts.

pub(crate) mod list;
