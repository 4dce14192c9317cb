//! People of a tenant.

pub(crate) mod list;
