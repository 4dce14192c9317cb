//! People, as a directory sees them.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod replace;
pub(crate) mod search;
pub(crate) mod update;
