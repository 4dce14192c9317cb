//! Who is asking, and what they may do.
//!
//! The store and the hub are private to this module. An endpoint gets documents, commits and rows only as methods of an
//! *access* value, and access values are made only by the extractors here, after the credential, the tenant, the
//! project and the role were checked, in that order. So a handler that forgot to check does not compile.
//!
//! - [`Visitor`]: nobody yet (setup, sign-in).
//! - [`TenantAccess`]: a member of a tenant with at least the role `R`.
//! - [`ProjectAccess`]: the same, inside one project of that tenant; [`ProjectAccess::change`] is the only write path.
//! - [`OperatorAccess`]: may make tenants.

mod access;
mod attempts;
mod authenticated;
mod change;
mod client;
mod cookie;
mod csrf;
mod fresh;
mod gate;
mod password;
mod past;
mod people;
mod planning;
mod recent;
pub(crate) mod refusal;
mod right;
mod route;
mod session;
mod tenant_change;
mod watch;

pub(crate) use access::{OperatorAccess, ProjectAccess, TenantAccess};
pub(crate) use authenticated::Via;
pub(crate) use change::{Changed, Planned, Precondition, revision};
pub(crate) use client::ClientAddress;
pub use gate::Api;
pub(crate) use people::NewToken;
pub(crate) use planning::Plan;
pub(crate) use recent::ChangeNote;
pub(crate) use right::{Admin, Editor, Right, Viewer};
pub use route::{Cost, Route};
pub(crate) use route::{Permission, guarded};
pub(crate) use session::{SetupRequest, Visitor};
pub(crate) use watch::{ConsoleWatch, Heard};
