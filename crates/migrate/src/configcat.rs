//! ConfigCat: config JSON, version 6, as its SDKs download it.

mod condition;
mod read;
mod source;
mod verify;

pub(crate) use read::import;
pub(crate) use verify::verify;

/// See [`crate::Format::sdks`].
pub(crate) const SDKS: &[&str] = &[];
