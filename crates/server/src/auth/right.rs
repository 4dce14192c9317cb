//! Roles as types, so that what a handler needs is written in its signature.

use yardarm_store::Role;

/// The least role an access value was made with.
pub(crate) trait Right: Send + Sync + 'static {
    /// At least this.
    const ROLE: Role;
}

/// Roles that may ask for changes.
pub(crate) trait Writes: Right {}
impl Writes for Editor {}
impl Writes for Admin {}
impl Writes for Owner {}

/// Reads.
#[derive(Debug)]
pub(crate) struct Viewer;
/// Changes flags and segments.
#[derive(Debug)]
pub(crate) struct Editor;
/// Also projects, environments, keys.
#[derive(Debug)]
pub(crate) struct Admin;
/// Also people and the tokens of others.
#[derive(Debug)]
pub(crate) struct Owner;

impl Right for Viewer {
    const ROLE: Role = Role::Viewer;
}
impl Right for Editor {
    const ROLE: Role = Role::Editor;
}
impl Right for Admin {
    const ROLE: Role = Role::Admin;
}
impl Right for Owner {
    const ROLE: Role = Role::Owner;
}
