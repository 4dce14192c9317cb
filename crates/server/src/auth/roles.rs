//! Custom roles of a tenant. Nobody writes a role that allows more than they hold, before or after.

use std::collections::BTreeSet;

use serde_json::Value;
use yardarm_model::authority::{
    AccessTokenDocument, BuiltIn, GroupDocument, InvitationDocument, MemberDocument, RoleDocument,
    ServiceAccountDocument, tenant_kind,
};

use super::access::TenantAccess;
use super::refusal;
use super::right::can;
use super::tenant_change::{TenantNow, TenantWrite};
use super::tenant_state::TenantState;
use crate::problem::Problem;

/// Custom roles of a tenant.
pub(super) const MOST_ROLES: usize = 200;

/// What a patch changes; `None` stays.
pub(crate) struct RolePatch {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) grants: Option<Vec<yardarm_model::authority::Grant>>,
}

impl TenantAccess<can::MemberRead> {
    /// Custom roles by key, each with its revision.
    pub(crate) fn roles(&self) -> Vec<(String, u64, RoleDocument)> {
        let state = self.state();
        let roles = state.all(tenant_kind::ROLE);
        roles
            .filter_map(|(key, document)| Some((key.to_owned(), document.rev, state.read(tenant_kind::ROLE, key)?)))
            .collect()
    }
}

impl TenantAccess<can::RoleManage> {
    /// Makes a role; gives its revision.
    pub(crate) async fn create_role(&self, key: &str, role: RoleDocument) -> Result<u64, Problem> {
        let (rev, ()) = self
            .decide(|now| {
                if BuiltIn::parse(&key.to_ascii_lowercase()).is_some() || now.state.has_key(tenant_kind::ROLE, key) {
                    return Err(refusal::taken("/key", "key"));
                }
                limit(now.state, tenant_kind::ROLE, MOST_ROLES, "roles")?;
                may_write(now, &role)?;
                Ok((TenantWrite::one(tenant_kind::ROLE, key, body(&role)?, Vec::new()), ()))
            })
            .await?;
        Ok(rev)
    }

    /// Changes a role: for everybody who holds it, at once.
    pub(crate) async fn update_role(&self, key: &str, patch: &RolePatch) -> Result<(u64, RoleDocument), Problem> {
        self.decide(|now| {
            let before = self.custom(now, key)?;
            may_write(now, &before)?;
            let role = RoleDocument {
                name: patch.name.clone().unwrap_or(before.name),
                description: patch.description.clone().unwrap_or(before.description),
                grants: patch.grants.clone().unwrap_or(before.grants),
            };
            may_write(now, &role)?;
            Ok((TenantWrite::one(tenant_kind::ROLE, key, body(&role)?, Vec::new()), role))
        })
        .await
    }

    /// Removes a role that nobody holds.
    pub(crate) async fn delete_role(&self, key: &str) -> Result<(), Problem> {
        self.decide(|now| {
            may_write(now, &self.custom(now, key)?)?;
            let uses = uses(now.state, key);
            if !uses.is_empty() {
                return Err(refusal::in_use("role", &uses));
            }
            Ok((TenantWrite::one(tenant_kind::ROLE, key, None, Vec::new()), ()))
        })
        .await?;
        Ok(())
    }

    fn custom(&self, now: &TenantNow<'_>, key: &str) -> Result<RoleDocument, Problem> {
        let role = now.state.read(tenant_kind::ROLE, key).ok_or_else(refusal::not_found)?;
        self.request.check_revision(now.state.revision(tenant_kind::ROLE, key))?;
        Ok(role)
    }
}

fn may_write(now: &TenantNow<'_>, role: &RoleDocument) -> Result<(), Problem> {
    if now.authority.covers(&role.grants) { Ok(()) } else { Err(refusal::grants_too_much("/grants", "this role")) }
}

/// A document as JSON.
pub(super) fn body(document: &impl serde::Serialize) -> Result<Option<Value>, Problem> {
    serde_json::to_value(document).map(Some).map_err(refusal::internal)
}

/// Refuses one more than there may be.
pub(super) fn limit(state: &TenantState, kind: &str, most: usize, what: &str) -> Result<(), Problem> {
    if state.all(kind).count() < most { Ok(()) } else { Err(refusal::too_many(what, most)) }
}

/// Roles that a body names: each is there, and none allows more than the caller holds.
pub(super) fn assignable(now: &TenantNow<'_>, pointer: &str, roles: &BTreeSet<String>) -> Result<(), Problem> {
    for key in roles {
        let grants = now.state.role(key).ok_or_else(|| refusal::unknown(pointer, "role", key))?;
        if !now.authority.covers(&grants) {
            return Err(refusal::grants_too_much(pointer, &format!("the role {key}")));
        }
    }
    Ok(())
}

/// Where a role is held, in words.
fn uses(state: &TenantState, role: &str) -> Vec<String> {
    let mut uses = Vec::new();
    for (key, _) in state.all(tenant_kind::MEMBER) {
        let member = state.read::<MemberDocument>(tenant_kind::MEMBER, key);
        uses.extend(
            member.filter(|member| member.roles.contains(role)).map(|member| format!("member {} ({key})", member.name)),
        );
    }
    for (key, _) in state.all(tenant_kind::GROUP) {
        let group = state.read::<GroupDocument>(tenant_kind::GROUP, key);
        uses.extend(group.filter(|group| group.roles.contains(role)).map(|_| format!("group {key}")));
    }
    for (key, _) in state.all(tenant_kind::SERVICE_ACCOUNT) {
        let account = state.read::<ServiceAccountDocument>(tenant_kind::SERVICE_ACCOUNT, key);
        uses.extend(account.filter(|account| account.roles.contains(role)).map(|_| format!("service account {key}")));
    }
    for (key, _) in state.all(tenant_kind::INVITATION) {
        let invitation = state.read::<InvitationDocument>(tenant_kind::INVITATION, key);
        uses.extend(
            invitation.filter(|invitation| invitation.roles.contains(role)).map(|_| format!("invitation {key}")),
        );
    }
    for (key, _) in state.all(tenant_kind::ACCESS_TOKEN) {
        let token = state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, key);
        let token = token.filter(|token| token.role.as_deref() == Some(role) && token.revoked_at.is_none());
        uses.extend(token.map(|_| format!("access token {key}")));
    }
    uses
}
