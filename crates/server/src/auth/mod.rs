//! Who is asking, and what they may do.
//!
//! The store and the hub are private to this module. An endpoint gets documents, commits and rows only as methods of an
//! *access* value, and access values are made only by the extractors here, after the credential, the tenant, the
//! project and the permission were checked, in that order. So a handler that forgot to check does not compile.
//!
//! - [`Visitor`]: nobody yet (setup, sign-in).
//! - [`TenantAccess`]: a member of a tenant who holds the permission `R`.
//! - [`ProjectAccess`]: the same, inside one project of that tenant; [`ProjectAccess::change`] is the only write path.
//! - [`OperatorAccess`]: may make tenants.

mod access;
mod admission;
mod authenticated;
mod change;
mod checking;
mod client;
pub(crate) mod control;
mod cookie;
mod csrf;
mod directory;
mod evidence;
mod fresh;
mod gate;
mod groups;
mod invitations;
mod members;
mod needed;
mod password;
mod past;
mod people;
mod planning;
mod quota;
mod recent;
pub(crate) mod refusal;
mod right;
mod roles;
mod route;
mod service_accounts;
mod session;
mod sign_in;
mod tenant_change;
mod tenant_state;
mod tokens;
mod watch;
mod webhooks;

pub use crate::rates::Cost;
pub(crate) use access::{OperatorAccess, ProjectAccess, TenantAccess};
pub(crate) use authenticated::Via;
pub(crate) use change::{Changed, Planned, Precondition, revision};
pub(crate) use checking::Checked;
pub(crate) use client::ClientAddress;
pub(crate) use control::{Drafted, GivenApproval, Glance, NeededApproval, Reviewed, ScheduleWish, Stop, keep_firing};
pub(crate) use evidence::{AuditLog, Redaction};
pub use gate::Api;
pub(crate) use groups::{GroupItem, GroupPatch};
pub(crate) use invitations::InvitationItem;
pub(crate) use members::{MemberItem, MemberPatch};
pub(crate) use people::{Belonging, Standing};
pub(crate) use planning::Plan;
pub(crate) use quota::{Usages, tell_when_near};
pub(crate) use recent::ChangeNote;
pub(crate) use right::{Member, Right, Writes, can};
pub(crate) use roles::RolePatch;
pub use route::Route;
pub(crate) use route::{Access, guarded};
pub(crate) use service_accounts::{ServiceAccountItem, ServiceAccountPatch};
pub(crate) use session::{SetupRequest, SignedIn, Visitor};
pub(crate) use sign_in::{Asked, Entered, SignInRules, sso};
pub(crate) use tenant_change::TenantChange;
pub(crate) use tokens::{NewToken, TokenItem, TokenScope};
pub(crate) use watch::{ConsoleWatch, Heard};
pub(crate) use webhooks::{MOST_REPLAYED, NewWebhook, Shown, WebhookPatch};
