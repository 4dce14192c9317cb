//! Split (Harness FME): feature flag definitions and segments as its SDKs download them.

mod matcher;
mod read;
mod source;
mod verify;

pub(crate) use read::import;
pub(crate) use verify::verify;

/// See [`crate::Format::sdks`].
pub(crate) const SDKS: &[&str] = &[];
