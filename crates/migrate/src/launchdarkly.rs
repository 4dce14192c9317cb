//! LaunchDarkly: flag data as its SDKs download it, and what its REST API lists.

mod clause;
mod collisions;
mod context;
mod files;
mod flag;
mod read;
mod reference;
mod rollout;
mod segment;
mod source;
mod verify;

pub(crate) use read::import;
pub(crate) use verify::verify;

/// See [`crate::Format::sdks`]: those that calculate shares in doubles come first.
pub(crate) const SDKS: &[&str] = &["python", "node", "rust"];
