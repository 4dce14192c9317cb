//! What this service can do.

pub(crate) mod config;
pub(crate) mod resource_type;
pub(crate) mod resource_types;
pub(crate) mod schema;
pub(crate) mod schemas;
pub(crate) mod search;
