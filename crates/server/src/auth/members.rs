//! People of a tenant: what they hold, and leaving.

use std::collections::BTreeSet;

use yardarm_model::authority::{AccessTokenDocument, BuiltIn, GroupDocument, MemberDocument, tenant_kind};
use yardarm_store::{RowWrite, User, UserKind};

use super::access::TenantAccess;
use super::refusal;
use super::right::can;
use super::roles::{assignable, body};
use super::tenant_change::{TenantNow, TenantWrite};
use super::tokens::revoked;
use crate::problem::Problem;

/// Somebody in the tenant.
pub(crate) struct MemberItem {
    pub(crate) user: User,
    pub(crate) rev: u64,
    pub(crate) document: MemberDocument,
}

/// What a patch changes; `None` stays.
pub(crate) struct MemberPatch {
    pub(crate) roles: Option<BTreeSet<String>>,
    pub(crate) groups: Option<BTreeSet<String>>,
}

impl TenantAccess<can::MemberRead> {
    /// People of the tenant, with what they were given.
    pub(crate) async fn members(&self) -> Result<Vec<MemberItem>, Problem> {
        let users = self.request.gate.store.members(&self.tenant().id).await?;
        let people = users.into_iter().filter(|user| user.kind == UserKind::Person);
        let item = |user: User| {
            let document = self.state().read(tenant_kind::MEMBER, &user.id)?;
            Some(MemberItem { rev: self.state().revision(tenant_kind::MEMBER, &user.id), document, user })
        };
        Ok(people.filter_map(item).collect())
    }

    /// One of them.
    pub(crate) async fn member(&self, id: &str) -> Result<MemberItem, Problem> {
        let document = self.state().read(tenant_kind::MEMBER, id).ok_or_else(refusal::not_found)?;
        let user = self.request.gate.store.user(id).await?.ok_or_else(refusal::not_found)?;
        Ok(MemberItem { rev: self.state().revision(tenant_kind::MEMBER, id), document, user })
    }
}

impl TenantAccess<can::MemberManage> {
    /// Gives and takes roles and groups.
    pub(crate) async fn update_member(&self, id: &str, patch: &MemberPatch) -> Result<MemberItem, Problem> {
        let (rev, document) = self
            .decide(|now| {
                let before = self.reachable(now, id)?;
                let after = MemberDocument {
                    name: before.name.clone(),
                    roles: patch.roles.clone().unwrap_or_else(|| before.roles.clone()),
                    groups: patch.groups.clone().unwrap_or_else(|| before.groups.clone()),
                };
                assignable(now, "/roles", &after.roles.difference(&before.roles).cloned().collect())?;
                joinable(now, "/groups", &after.groups.difference(&before.groups).cloned().collect())?;
                if is_owner(&before) && !is_owner(&after) {
                    other_owner(now, id)?;
                }
                Ok((TenantWrite::one(tenant_kind::MEMBER, id, body(&after)?, Vec::new()), after))
            })
            .await?;
        let user = self.request.gate.store.user(id).await?.ok_or_else(refusal::not_found)?;
        Ok(MemberItem { user, rev, document })
    }

    /// Takes somebody out: their sessions here end, their tokens of this tenant are revoked, and with their document their
    /// roles and groups are gone.
    pub(crate) async fn remove_member(&self, id: &str) -> Result<(), Problem> {
        let at = self.now();
        self.decide(|now| {
            let member = self.reachable(now, id)?;
            if is_owner(&member) {
                other_owner(now, id)?;
            }
            let rows = vec![RowWrite::DeleteMembership { tenant_id: self.tenant().id.clone(), user_id: id.to_owned() }];
            let mut write = TenantWrite::one(tenant_kind::MEMBER, id, None, rows);
            end_tokens(now, id, at, &mut write)?;
            Ok((write, ()))
        })
        .await?;
        Ok(())
    }

    /// Somebody who holds no more than the caller: an admin does not take an owner out.
    fn reachable(&self, now: &TenantNow<'_>, id: &str) -> Result<MemberDocument, Problem> {
        let member: MemberDocument = now.state.read(tenant_kind::MEMBER, id).ok_or_else(refusal::not_found)?;
        self.request.check_revision(now.state.revision(tenant_kind::MEMBER, id))?;
        if now.authority.covers(&now.state.grants_of_member(&member)) {
            Ok(member)
        } else {
            Err(refusal::grants_too_much("", "this person"))
        }
    }
}

/// Ends every token of a user in the same change.
pub(super) fn end_tokens(now: &TenantNow<'_>, user: &str, at: i64, write: &mut TenantWrite) -> Result<(), Problem> {
    for (id, _) in now.state.all(tenant_kind::ACCESS_TOKEN) {
        let token = now.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id);
        if let Some(token) = token.filter(|token| token.user == user && token.revoked_at.is_none()) {
            let TenantWrite { documents, rows } = revoked(id, token, at)?;
            write.documents.extend(documents);
            write.rows.extend(rows);
        }
    }
    Ok(())
}

fn is_owner(member: &MemberDocument) -> bool {
    member.roles.contains(BuiltIn::Owner.as_str())
}

/// A tenant always has an owner, and one who is it by themselves: not through a group that a directory may empty.
fn other_owner(now: &TenantNow<'_>, id: &str) -> Result<(), Problem> {
    let mut others = now.state.all(tenant_kind::MEMBER).filter(|(key, _)| *key != id);
    let owner =
        |key: &str| now.state.read::<MemberDocument>(tenant_kind::MEMBER, key).is_some_and(|member| is_owner(&member));
    if others.any(|(key, _)| owner(key)) { Ok(()) } else { Err(refusal::last_owner()) }
}

/// Groups that a body names: each is there, and none holds more than the caller.
pub(super) fn joinable(now: &TenantNow<'_>, pointer: &str, groups: &BTreeSet<String>) -> Result<(), Problem> {
    for key in groups {
        let group: GroupDocument =
            now.state.read(tenant_kind::GROUP, key).ok_or_else(|| refusal::unknown(pointer, "group", key))?;
        if !now.authority.covers(&now.state.grants(&group.roles)) {
            return Err(refusal::grants_too_much(pointer, &format!("the group {key}")));
        }
    }
    Ok(())
}
