//! People and groups as a tenant's directory keeps them (SCIM). A directory says who is a member and who is in its
//! groups; what those hold is said by the tenant's people, in roles of the groups. So a directory, and whoever has its
//! token, gives nobody more than a group of its own was given before.
//!
//! A person is one account, whichever tenants they are in. A directory makes an account where there is none with the
//! address and a membership where there is one, in the same words: it is not told which. Names and addresses that it
//! sends are kept in the tenant's own document, never in the account.

mod groups;
mod users;

use http::StatusCode;
use serde_json::Value;

use super::access::TenantAccess;
use super::right::Right;
use crate::problem::Problem;
use crate::scim;

impl<R: Right> TenantAccess<R> {
    /// This server's address, for locations.
    pub(crate) fn base_url(&self) -> &str {
        &self.request.gate.settings.base_url
    }

    /// `If-Match`, if given, names the version of this resource.
    fn check_version(&self, resource: &Value) -> Result<(), Problem> {
        let Some(if_match) = &self.request.if_match else { return Ok(()) };
        let version = scim::tag(resource);
        let same = |tag: &str| tag == "*" || tag.trim_start_matches("W/") == version.trim_start_matches("W/");
        if if_match.split(',').map(str::trim).any(same) {
            return Ok(());
        }
        let detail = "It was changed after it was read. Read it again and repeat the change.";
        Err(Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail))
    }
}
