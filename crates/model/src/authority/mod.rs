//! Who may do what, as pure functions.
//!
//! A [`Permission`] is one thing that can be done. A [`Grant`] gives permissions in places: projects and environments of
//! a tenant. A role is a list of grants, and an [`Authority`] is what somebody holds at the moment: the grants of their
//! roles, cut down to those of the token they show. Nothing here knows who somebody is: the server reads members, roles
//! and groups from the tenant's documents ([`people`]) and asks.

mod grant;
mod people;
mod permission;
mod read;
mod role;

pub use grant::{Authority, Grant, Place, Selection, allows, allows_somewhere, covers};
pub use people::{
    AccessTokenDocument, DirectoryEmail, DirectoryGroup, DirectoryUserDocument, Given, GroupDocument,
    InvitationDocument, MemberDocument, ServiceAccountDocument, tenant_kind,
};
pub use permission::{Level, Permission};
pub use read::{MOST_GRANTS, MOST_PLACES, read_grants};
pub use role::{BuiltIn, RoleDocument};
