//! Attempts that were refused.

pub(crate) mod list;
