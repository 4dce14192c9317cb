//! Groups of a directory. They hold the roles that somebody of the tenant gave them; a new one holds none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yardarm_model::authority::{DirectoryGroup, DirectoryUserDocument, GroupDocument, MemberDocument, tenant_kind};

use super::super::access::TenantAccess;
use super::super::groups::{MOST_GROUPS, dissolve};
use super::super::refusal;
use super::super::right::can;
use super::super::roles::{body, limit};
use super::super::tenant_change::TenantWrite;
use super::super::tenant_state::TenantState;
use crate::keys;
use crate::problem::Problem;
use crate::scim::{self, GroupInput};

/// Characters of a group's name in its key.
const SLUG: usize = 40;

/// Who is in which group: members, and who is not active.
fn everybody(state: &TenantState) -> BTreeMap<String, BTreeSet<String>> {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for kind in [tenant_kind::MEMBER, tenant_kind::DIRECTORY_USER] {
        for (id, document) in state.all(kind) {
            for key in document.body["groups"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                groups.entry(key.to_owned()).or_default().insert(id.to_owned());
            }
        }
    }
    groups
}

/// A group of the directory. Those that were made here are not for it to see.
fn of_directory(state: &TenantState, key: &str) -> Option<(GroupDocument, DirectoryGroup)> {
    let group: GroupDocument = state.read(tenant_kind::GROUP, key)?;
    let said = group.directory.clone()?;
    Some((group, said))
}

fn resource(base: &str, state: &TenantState, key: &str) -> Option<Value> {
    let (group, said) = of_directory(state, key)?;
    let members = everybody(state).remove(key).unwrap_or_default();
    Some(scim::group(base, key, &group.name, &said, &members))
}

/// Puts somebody in or takes them out; who is not active is noted for when they come back.
fn move_one(state: &TenantState, write: &mut TenantWrite, key: &str, id: &str, joins: bool) -> Result<(), Problem> {
    let change = |groups: &mut BTreeSet<String>| if joins { groups.insert(key.to_owned()) } else { groups.remove(key) };
    if let Some(mut member) = state.read::<MemberDocument>(tenant_kind::MEMBER, id) {
        change(&mut member.groups);
        write.documents.push((tenant_kind::MEMBER, id.to_owned(), body(&member)?));
        return Ok(());
    }
    let said = state.read::<DirectoryUserDocument>(tenant_kind::DIRECTORY_USER, id);
    let mut said = said.ok_or_else(|| scim::invalid_value(format!("There is no User {id:?} to be a member.")))?;
    change(&mut said.groups);
    write.documents.push((tenant_kind::DIRECTORY_USER, id.to_owned(), body(&said)?));
    Ok(())
}

fn name_is_free(state: &TenantState, name: &str, but: &str) -> Result<(), Problem> {
    let lower = name.to_lowercase();
    let taken = state.all(tenant_kind::GROUP).any(|(key, document)| {
        key != but
            && !document.body["directory"].is_null()
            && document.body["name"].as_str().is_some_and(|other| other.to_lowercase() == lower)
    });
    if taken {
        Err(scim::uniqueness(format!("There is a group with the displayName {name:?} already.")))
    } else {
        Ok(())
    }
}

impl TenantAccess<can::ScimManage> {
    /// Groups of the directory by key.
    pub(crate) fn scim_groups(&self) -> Vec<Value> {
        let (state, base) = (self.state(), self.base_url());
        let mut members = everybody(state);
        let keys = state.all(tenant_kind::GROUP).map(|(key, _)| key);
        let groups = keys.filter_map(|key| {
            let (group, said) = of_directory(state, key)?;
            let members = members.remove(key).unwrap_or_default();
            Some(scim::group(base, key, &group.name, &said, &members))
        });
        groups.collect()
    }

    /// One of them.
    pub(crate) fn scim_group(&self, key: &str) -> Result<Value, Problem> {
        resource(self.base_url(), self.state(), key).ok_or_else(refusal::not_found)
    }

    /// A key that reads like the name. The rest is random: the key of a group that is gone is never used again.
    fn key_for(&self, name: &str) -> String {
        let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        let slug: String = letters.take(SLUG).collect();
        let parts: Vec<&str> = slug.split('-').filter(|part| !part.is_empty()).collect();
        let name = if parts.is_empty() { "group".to_owned() } else { parts.join("-") };
        format!("{name}-{}", keys::hex(&self.request.gate.random()[..6]))
    }

    /// Makes a group that holds nothing yet.
    pub(crate) async fn create_scim_group(&self, input: &GroupInput) -> Result<Value, Problem> {
        let key = self.key_for(&input.display_name);
        let at = self.now();
        let said = DirectoryGroup { external_id: input.external_id.clone(), created_at: at, changed_at: at };
        let group = GroupDocument {
            name: input.display_name.clone(),
            description: String::new(),
            roles: BTreeSet::new(),
            directory: Some(said.clone()),
        };
        let (_, resource) = self
            .decide(|now| {
                limit(now.state, tenant_kind::GROUP, MOST_GROUPS, "groups")?;
                name_is_free(now.state, &group.name, "")?;
                let mut write = TenantWrite::one(tenant_kind::GROUP, &key, body(&group)?, Vec::new());
                for id in &input.members {
                    move_one(now.state, &mut write, &key, id, true)?;
                }
                Ok((write, scim::group(self.base_url(), &key, &group.name, &said, &input.members)))
            })
            .await?;
        Ok(resource)
    }

    /// Changes a group and who is in it. `change` gives what it is to be from what it is.
    pub(crate) async fn change_scim_group(
        &self,
        key: &str,
        change: impl Fn(&Value) -> Result<GroupInput, Problem> + Send + Sync,
    ) -> Result<Value, Problem> {
        let at = self.now();
        let (_, resource) = self
            .decide(|now| {
                let before = resource(self.base_url(), now.state, key).ok_or_else(refusal::not_found)?;
                self.check_version(&before)?;
                let input = change(&before)?;
                let (mut group, mut said) = of_directory(now.state, key).ok_or_else(refusal::not_found)?;
                name_is_free(now.state, &input.display_name, key)?;
                let here = everybody(now.state).remove(key).unwrap_or_default();
                let mut write = TenantWrite::default();
                for id in input.members.difference(&here) {
                    move_one(now.state, &mut write, key, id, true)?;
                }
                for id in here.difference(&input.members) {
                    move_one(now.state, &mut write, key, id, false)?;
                }
                let same = group.name == input.display_name && said.external_id == input.external_id;
                if !same || !write.documents.is_empty() {
                    said.changed_at = at;
                }
                said.external_id.clone_from(&input.external_id);
                group.name.clone_from(&input.display_name);
                group.directory = Some(said.clone());
                write.documents.push((tenant_kind::GROUP, key.to_owned(), body(&group)?));
                Ok((write, scim::group(self.base_url(), key, &group.name, &said, &input.members)))
            })
            .await?;
        Ok(resource)
    }

    /// Removes a group; whoever was in it has left it.
    pub(crate) async fn delete_scim_group(&self, key: &str) -> Result<(), Problem> {
        self.decide(|now| {
            let before = resource(self.base_url(), now.state, key).ok_or_else(refusal::not_found)?;
            self.check_version(&before)?;
            Ok((dissolve(now.state, key)?, ()))
        })
        .await?;
        Ok(())
    }
}
