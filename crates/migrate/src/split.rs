//! Split (Harness FME): feature flag definitions and segments as its SDKs download them.

mod matcher;
mod read;
mod source;
mod verify;

pub(crate) use read::import;
pub(crate) use verify::verify;

/// See [`crate::Format::sdks`]: an instant in an attribute is milliseconds for some and seconds for others.
pub(crate) const SDKS: &[&str] = &["javascript", "java", "python", "go"];
