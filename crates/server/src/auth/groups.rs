//! Groups of a tenant. Who is in one is written in each member's own document.

use std::collections::BTreeSet;

use yardarm_model::authority::{DirectoryUserDocument, GroupDocument, InvitationDocument, MemberDocument, tenant_kind};

use super::access::TenantAccess;
use super::refusal;
use super::right::can;
use super::roles::{assignable, body, limit};
use super::tenant_change::{TenantNow, TenantWrite};
use super::tenant_state::TenantState;
use crate::problem::Problem;
use crate::scim::managed_by_directory;

/// Groups of a tenant.
pub(super) const MOST_GROUPS: usize = 1_000;

/// A group with the ids of who is in it.
pub(crate) struct GroupItem {
    pub(crate) key: String,
    pub(crate) rev: u64,
    pub(crate) document: GroupDocument,
    pub(crate) members: Vec<String>,
}

/// What a patch changes; `None` stays.
pub(crate) struct GroupPatch {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) roles: Option<BTreeSet<String>>,
}

/// Everybody in a group.
fn members(state: &TenantState, key: &str) -> Vec<(String, MemberDocument)> {
    let all = state.all(tenant_kind::MEMBER).filter_map(|(id, _)| {
        let member = state.read::<MemberDocument>(tenant_kind::MEMBER, id)?;
        member.groups.contains(key).then(|| (id.to_owned(), member))
    });
    all.collect()
}

/// Whether a group is kept by the tenant's directory, which then says who is in it.
pub(super) fn is_of_directory(state: &TenantState, key: &str) -> bool {
    state.document(tenant_kind::GROUP, key).is_some_and(|group| !group.body["directory"].is_null())
}

/// The end of a group: whoever was in it has left it, and who was to be in it will not be.
pub(super) fn dissolve(state: &TenantState, key: &str) -> Result<TenantWrite, Problem> {
    let mut write = TenantWrite::one(tenant_kind::GROUP, key, None, Vec::new());
    for (id, mut member) in members(state, key) {
        member.groups.remove(key);
        write.documents.push((tenant_kind::MEMBER, id, body(&member)?));
    }
    for (id, _) in state.all(tenant_kind::DIRECTORY_USER) {
        let said = state.read::<DirectoryUserDocument>(tenant_kind::DIRECTORY_USER, id);
        if let Some(mut said) = said.filter(|said| said.groups.contains(key)) {
            said.groups.remove(key);
            write.documents.push((tenant_kind::DIRECTORY_USER, id.to_owned(), body(&said)?));
        }
    }
    // A group of this key that is made later must not be entered by an old invitation.
    for (id, _) in state.all(tenant_kind::INVITATION) {
        let invitation = state.read::<InvitationDocument>(tenant_kind::INVITATION, id);
        if let Some(mut invitation) = invitation.filter(|invitation| invitation.groups.contains(key)) {
            invitation.groups.remove(key);
            write.documents.push((tenant_kind::INVITATION, id.to_owned(), body(&invitation)?));
        }
    }
    Ok(write)
}

impl TenantAccess<can::MemberRead> {
    /// Groups by key.
    pub(crate) fn groups(&self) -> Vec<GroupItem> {
        let keys = self.state().all(tenant_kind::GROUP).map(|(key, _)| key);
        keys.filter_map(|key| self.group(key).ok()).collect()
    }

    /// One of them.
    pub(crate) fn group(&self, key: &str) -> Result<GroupItem, Problem> {
        let state = self.state();
        let document = state.read(tenant_kind::GROUP, key).ok_or_else(refusal::not_found)?;
        let members = members(state, key).into_iter().map(|(id, _)| id).collect();
        Ok(GroupItem { key: key.to_owned(), rev: state.revision(tenant_kind::GROUP, key), document, members })
    }
}

impl TenantAccess<can::GroupManage> {
    /// Makes a group with nobody in it.
    pub(crate) async fn create_group(&self, key: &str, group: GroupDocument) -> Result<GroupItem, Problem> {
        let (rev, ()) = self
            .decide(|now| {
                if now.state.has_key(tenant_kind::GROUP, key) {
                    return Err(refusal::taken("/key", "key"));
                }
                limit(now.state, tenant_kind::GROUP, MOST_GROUPS, "groups")?;
                assignable(now, "/roles", &group.roles)?;
                Ok((TenantWrite::one(tenant_kind::GROUP, key, body(&group)?, Vec::new()), ()))
            })
            .await?;
        Ok(GroupItem { key: key.to_owned(), rev, document: group, members: Vec::new() })
    }

    /// Changes a group: for everybody in it, at once.
    pub(crate) async fn update_group(&self, key: &str, patch: &GroupPatch) -> Result<GroupItem, Problem> {
        let (rev, (document, members)) = self
            .decide(|now| {
                let before = self.reachable(now, key)?;
                let name = before.name.clone();
                let group = GroupDocument {
                    name: patch.name.clone().unwrap_or(before.name),
                    description: patch.description.clone().unwrap_or(before.description),
                    roles: patch.roles.clone().unwrap_or(before.roles),
                    directory: before.directory,
                };
                if group.directory.is_some() && group.name != name {
                    return Err(managed_by_directory("What this group is called"));
                }
                assignable(now, "/roles", &group.roles)?;
                let members: Vec<String> = members(now.state, key).into_iter().map(|(id, _)| id).collect();
                Ok((TenantWrite::one(tenant_kind::GROUP, key, body(&group)?, Vec::new()), (group, members)))
            })
            .await?;
        Ok(GroupItem { key: key.to_owned(), rev, document, members })
    }

    /// Puts people in and takes people out. Who is there already, or is not, stays as they are.
    pub(crate) async fn edit_group(
        &self,
        key: &str,
        add: &BTreeSet<String>,
        remove: &BTreeSet<String>,
    ) -> Result<GroupItem, Problem> {
        let (_, (document, members, rev)) = self
            .decide(|now| {
                let group = self.reachable(now, key)?;
                if group.directory.is_some() {
                    return Err(managed_by_directory("Who is in this group"));
                }
                let mut write = TenantWrite::default();
                let mut after: BTreeSet<String> = members(now.state, key).into_iter().map(|(id, _)| id).collect();
                for (pointer, ids, joins) in [("/add", add, true), ("/remove", remove, false)] {
                    for id in ids {
                        let mut member: MemberDocument = now
                            .state
                            .read(tenant_kind::MEMBER, id)
                            .ok_or_else(|| refusal::unknown(pointer, "person", id))?;
                        if joins {
                            member.groups.insert(key.to_owned());
                            after.insert(id.clone());
                        } else {
                            member.groups.remove(key);
                            after.remove(id);
                        }
                        write.documents.push((tenant_kind::MEMBER, id.clone(), body(&member)?));
                    }
                }
                let rev = now.state.revision(tenant_kind::GROUP, key);
                Ok((write, (group, after.into_iter().collect(), rev)))
            })
            .await?;
        Ok(GroupItem { key: key.to_owned(), rev, document, members })
    }

    /// Removes a group; whoever was in it has left it.
    pub(crate) async fn delete_group(&self, key: &str) -> Result<(), Problem> {
        self.decide(|now| {
            self.reachable(now, key)?;
            Ok((dissolve(now.state, key)?, ()))
        })
        .await?;
        Ok(())
    }

    /// A group that holds no more than the caller.
    fn reachable(&self, now: &TenantNow<'_>, key: &str) -> Result<GroupDocument, Problem> {
        let group: GroupDocument = now.state.read(tenant_kind::GROUP, key).ok_or_else(refusal::not_found)?;
        self.request.check_revision(now.state.revision(tenant_kind::GROUP, key))?;
        if now.authority.covers(&now.state.grants(&group.roles)) {
            Ok(group)
        } else {
            Err(refusal::grants_too_much("", "this group"))
        }
    }
}
