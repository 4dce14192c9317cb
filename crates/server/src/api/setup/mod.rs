//! The first owner.

pub(crate) mod complete;
pub(crate) mod status;
