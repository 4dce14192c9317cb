//! People of a tenant: what they hold, and leaving.

use std::collections::BTreeSet;

use yardarm_model::authority::{AccessTokenDocument, BuiltIn, GroupDocument, MemberDocument, tenant_kind};
use yardarm_store::{RowWrite, User, UserKind};

use super::access::TenantAccess;
use super::groups::is_of_directory;
use super::refusal;
use super::right::can;
use super::roles::{assignable, body};
use super::tenant_change::{TenantNow, TenantWrite};
use super::tenant_state::TenantState;
use super::tokens::revoked;
use crate::problem::Problem;
use crate::scim::managed_by_directory;

/// Somebody in the tenant.
pub(crate) struct MemberItem {
    pub(crate) user: User,
    pub(crate) rev: u64,
    pub(crate) document: MemberDocument,
    /// Whether the tenant's directory keeps them.
    pub(crate) of_directory: bool,
}

impl MemberItem {
    /// Whom a directory keeps is called here what it says: another tenant's word for them is not told.
    fn of(state: &TenantState, mut user: User, document: MemberDocument, rev: u64) -> Self {
        let of_directory = state.document(tenant_kind::DIRECTORY_USER, &user.id).is_some();
        if of_directory {
            user.name.clone_from(&document.name);
        }
        Self { user, rev, document, of_directory }
    }
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
            let rev = self.state().revision(tenant_kind::MEMBER, &user.id);
            Some(MemberItem::of(self.state(), user, document, rev))
        };
        Ok(people.filter_map(item).collect())
    }

    /// One of them.
    pub(crate) async fn member(&self, id: &str) -> Result<MemberItem, Problem> {
        let document = self.state().read(tenant_kind::MEMBER, id).ok_or_else(refusal::not_found)?;
        let user = self.request.gate.store.user(id).await?.ok_or_else(refusal::not_found)?;
        let rev = self.state().revision(tenant_kind::MEMBER, id);
        Ok(MemberItem::of(self.state(), user, document, rev))
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
                    given: before.given.clone(),
                };
                assignable(now, "/roles", &after.roles.difference(&before.roles).cloned().collect())?;
                joinable(now, "/groups", &after.groups.difference(&before.groups).cloned().collect())?;
                if before.groups.difference(&after.groups).any(|key| is_of_directory(now.state, key)) {
                    return Err(managed_by_directory("Who is in one of these groups"));
                }
                if is_owner(&before) && !is_owner(&after) {
                    other_owner(now.state, id)?;
                }
                Ok((TenantWrite::one(tenant_kind::MEMBER, id, body(&after)?, Vec::new()), after))
            })
            .await?;
        let user = self.request.gate.store.user(id).await?.ok_or_else(refusal::not_found)?;
        Ok(MemberItem::of(self.state(), user, document, rev))
    }

    /// Takes somebody out: their sessions here end, their tokens of this tenant are revoked, and with their document their
    /// roles and groups are gone.
    pub(crate) async fn remove_member(&self, id: &str) -> Result<(), Problem> {
        let at = self.now();
        self.decide(|now| {
            let member = self.reachable(now, id)?;
            let mut write = leave(now, &self.tenant().id, id, &member, at)?;
            // The directory, if there is one, finds nobody and says what it wants.
            write.documents.push((tenant_kind::DIRECTORY_USER, id.to_owned(), None));
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

/// The end of a membership: sessions here and tokens go with it. Never of the last owner.
pub(super) fn leave(
    now: &TenantNow<'_>,
    tenant_id: &str,
    id: &str,
    member: &MemberDocument,
    at: i64,
) -> Result<TenantWrite, Problem> {
    if is_owner(member) {
        other_owner(now.state, id)?;
    }
    let rows = vec![RowWrite::DeleteMembership { tenant_id: tenant_id.to_owned(), user_id: id.to_owned() }];
    let mut write = TenantWrite::one(tenant_kind::MEMBER, id, None, rows);
    end_tokens(now, id, at, &mut write)?;
    Ok(write)
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
pub(super) fn other_owner(state: &TenantState, id: &str) -> Result<(), Problem> {
    let mut others = state.all(tenant_kind::MEMBER).filter(|(key, _)| *key != id);
    let owner =
        |key: &str| state.read::<MemberDocument>(tenant_kind::MEMBER, key).is_some_and(|member| is_owner(&member));
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
        if group.directory.is_some() {
            return Err(managed_by_directory(&format!("Who is in the group {key}")));
        }
    }
    Ok(())
}
