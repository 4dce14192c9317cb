//! The audit log of a tenant: its own log and its projects', as one.

pub(crate) mod csv;
pub(crate) mod export;
pub(crate) mod heads;
pub(crate) mod keys;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod redact;
pub(crate) mod retention;
mod rows;
pub(crate) mod set_retention;
