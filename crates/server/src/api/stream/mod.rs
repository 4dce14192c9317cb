//! The console's ear.

pub(crate) mod open;
