//! People of a directory.

use std::collections::BTreeSet;

use serde_json::Value;
use yardarm_model::authority::{DirectoryUserDocument, GroupDocument, MemberDocument, tenant_kind};
use yardarm_model::limits::DIRECTORY_USERS;
use yardarm_store::{Membership, RowWrite, User, UserKind};

use super::super::access::TenantAccess;
use super::super::groups::is_of_directory;
use super::super::members::leave;
use super::super::right::can;
use super::super::roles::{body, limit};
use super::super::tenant_change::{TenantNow, TenantWrite};
use super::super::tenant_state::TenantState;
use super::super::{fresh, refusal};
use crate::problem::Problem;
use crate::scim::{self, UserInput};

/// Times that making somebody is tried anew because their account was made meanwhile.
const TRIES: usize = 4;

/// Somebody whom a directory can see.
struct Seen {
    directory: Option<DirectoryUserDocument>,
    member: Option<MemberDocument>,
}

impl Seen {
    fn of(state: &TenantState, id: &str) -> Option<Self> {
        let directory = state.read(tenant_kind::DIRECTORY_USER, id);
        let member = state.read(tenant_kind::MEMBER, id);
        (directory.is_some() || member.is_some()).then_some(Self { directory, member })
    }

    fn resource(&self, base: &str, state: &TenantState, id: &str, account: (&str, &str)) -> Value {
        let none = BTreeSet::new();
        let of_member = self.member.as_ref().map(|member| &member.groups);
        let keys = of_member.or(self.directory.as_ref().map(|said| &said.groups)).unwrap_or(&none);
        let named = |key: &String| {
            let group = state.read::<GroupDocument>(tenant_kind::GROUP, key)?;
            group.directory.is_some().then(|| (key.clone(), group.name))
        };
        let groups: Vec<_> = keys.iter().filter_map(named).collect();
        scim::user(base, id, account, self.directory.as_ref(), &groups)
    }
}

fn ids(accounts: &[User]) -> Vec<String> {
    accounts.iter().map(|user| user.id.clone()).collect()
}

/// Whether somebody else of the directory has a user name. Members it has not said anything of have their address;
/// `holders` are whose that is.
fn has_name(state: &TenantState, name: &str, holders: &[String], but: &str) -> bool {
    let lower = name.to_lowercase();
    let said = state.all(tenant_kind::DIRECTORY_USER).any(|(id, document)| {
        id != but && document.body["user_name"].as_str().is_some_and(|other| other.to_lowercase() == lower)
    });
    let holds = holders.iter().filter(|id| *id != but).any(|id| {
        state.document(tenant_kind::MEMBER, id).is_some() && state.document(tenant_kind::DIRECTORY_USER, id).is_none()
    });
    said || holds
}

fn name_is_taken(name: &str) -> Problem {
    scim::uniqueness(format!("Somebody with the userName or address {name:?} is in this tenant already."))
}

/// What a directory says from now on; when it says the same, nothing has changed.
fn document(
    before: Option<&DirectoryUserDocument>,
    input: &UserInput,
    active: bool,
    now: i64,
) -> DirectoryUserDocument {
    let mut after = DirectoryUserDocument {
        user_name: input.user_name.clone(),
        external_id: input.external_id.clone(),
        display_name: input.display_name.clone(),
        name: input.name.clone(),
        emails: input.emails.clone(),
        active,
        groups: before.map(|before| before.groups.clone()).unwrap_or_default(),
        created_at: before.map_or(now, |before| before.created_at),
        changed_at: before.map_or(now, |before| before.changed_at),
    };
    if before.is_some_and(|before| *before != after) {
        after.changed_at = now;
    }
    after
}

impl TenantAccess<can::ScimManage> {
    /// Everybody of the tenant, by id, and who is not active.
    pub(crate) async fn scim_users(&self) -> Result<Vec<Value>, Problem> {
        let (state, base) = (self.state(), self.base_url());
        let users = self.request.gate.store.members(&self.tenant().id).await?;
        let mut all: Vec<(String, Value)> = Vec::new();
        for user in users.iter().filter(|user| user.kind == UserKind::Person) {
            if let Some(seen) = Seen::of(state, &user.id) {
                let resource = seen.resource(base, state, &user.id, (&user.email, &user.name));
                all.push((user.id.clone(), resource));
            }
        }
        for (id, _) in state.all(tenant_kind::DIRECTORY_USER) {
            if let Some(seen) = Seen::of(state, id).filter(|seen| seen.member.is_none()) {
                all.push((id.to_owned(), seen.resource(base, state, id, ("", ""))));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(all.into_iter().map(|(_, resource)| resource).collect())
    }

    /// One of them.
    pub(crate) async fn scim_user(&self, id: &str) -> Result<Value, Problem> {
        let seen = Seen::of(self.state(), id).ok_or_else(refusal::not_found)?;
        let user = self.account(id).await?;
        Ok(seen.resource(self.base_url(), self.state(), id, (&user.email, &user.name)))
    }

    async fn account(&self, id: &str) -> Result<User, Problem> {
        let user = self.request.gate.store.user(id).await?;
        user.filter(|user| user.kind == UserKind::Person).ok_or_else(refusal::not_found)
    }

    async fn holders(&self, address: &str) -> Result<Vec<String>, Problem> {
        Ok(ids(&self.request.gate.accounts(&self.tenant().id, address).await?))
    }

    /// Makes somebody a member, or, when they are not active, known only.
    pub(crate) async fn create_scim_user(&self, input: &UserInput) -> Result<Value, Problem> {
        let address = input.address()?;
        let mut refused = None;
        for _ in 0..TRIES {
            match self.provision(input, &address).await {
                // Another request has made this account just now.
                Err(problem) if problem.code == "taken" => refused = Some(problem),
                done => return done,
            }
        }
        Err(refused.unwrap_or_else(refusal::busy))
    }

    async fn provision(&self, input: &UserInput, address: &str) -> Result<Value, Problem> {
        let named = self.holders(&input.user_name).await?;
        let accounts = self.request.gate.accounts(&self.tenant().id, address).await?;
        let holders = ids(&accounts);
        // An account that is somebody's own is never taken by a directory: it makes one of its tenant, or finds that again.
        let known = accounts.into_iter().find(|user| user.tenant_id.is_some()).map(|user| user.id);
        let id = known.clone().unwrap_or_else(|| fresh::id("usr"));
        let at = self.now();
        let active = input.active.unwrap_or(true);
        let (_, resource) = self
            .decide(|now| {
                limit(now.state, tenant_kind::DIRECTORY_USER, DIRECTORY_USERS, "people of a directory")?;
                let here = holders.iter().chain([&id]).any(|id| Seen::of(now.state, id).is_some());
                if here || has_name(now.state, &input.user_name, &named, "") {
                    return Err(name_is_taken(&input.user_name));
                }
                let said = document(None, input, active, at);
                let name = input.called();
                let mut write = TenantWrite::one(tenant_kind::DIRECTORY_USER, &id, body(&said)?, Vec::new());
                if known.is_none() {
                    write.rows.push(RowWrite::InsertUser(User {
                        id: id.clone(),
                        kind: UserKind::Person,
                        tenant_id: Some(self.tenant().id.clone()),
                        email: address.to_owned(),
                        name: name.clone(),
                        password_hash: None,
                        operator: false,
                        created_at: at,
                    }));
                }
                let mut seen = Seen { directory: Some(said), member: None };
                if active {
                    let member = MemberDocument { name, roles: [].into(), groups: [].into(), given: [].into() };
                    self.join(&id, &member, &mut write)?;
                    seen.member = Some(member);
                }
                Ok((write, seen.resource(self.base_url(), now.state, &id, ("", ""))))
            })
            .await?;
        Ok(resource)
    }

    fn join(&self, id: &str, member: &MemberDocument, write: &mut TenantWrite) -> Result<(), Problem> {
        write.documents.push((tenant_kind::MEMBER, id.to_owned(), body(member)?));
        let membership = Membership { tenant_id: self.tenant().id.clone(), user_id: id.to_owned() };
        write.rows.push(RowWrite::UpsertMembership(membership));
        Ok(())
    }

    /// Changes what the directory says of somebody. `change` gives what it is to be from what it is.
    pub(crate) async fn change_scim_user(
        &self,
        id: &str,
        change: impl Fn(&Value) -> Result<UserInput, Problem> + Send + Sync,
    ) -> Result<Value, Problem> {
        let before = self.scim_user(id).await?;
        let user = self.account(id).await?;
        let account = (user.email.as_str(), user.name.as_str());
        // Whose address the new user name is can only be asked before it is decided.
        let name = change(&before)?.user_name;
        let holders = self.holders(&name).await?;
        let at = self.now();
        let (_, resource) = self
            .decide(|now| {
                let mut seen = Seen::of(now.state, id).ok_or_else(refusal::not_found)?;
                let before = seen.resource(self.base_url(), now.state, id, account);
                self.check_version(&before)?;
                let input = change(&before)?;
                if input.user_name != name {
                    return Err(refusal::busy());
                }
                if has_name(now.state, &name, &holders, id) {
                    return Err(name_is_taken(&name));
                }
                let write = self.changed(now, id, &mut seen, &input, at)?;
                Ok((write, seen.resource(self.base_url(), now.state, id, account)))
            })
            .await?;
        Ok(resource)
    }

    /// The change of somebody, who is afterwards as `seen` says.
    fn changed(
        &self,
        now: &TenantNow<'_>,
        id: &str,
        seen: &mut Seen,
        input: &UserInput,
        at: i64,
    ) -> Result<TenantWrite, Problem> {
        let active = input.active.unwrap_or(seen.member.is_some());
        let mut said = document(seen.directory.as_ref(), input, active, at);
        let of_directory = |groups: &BTreeSet<String>| -> BTreeSet<String> {
            groups.iter().filter(|key| is_of_directory(now.state, key)).cloned().collect()
        };
        let mut write = TenantWrite::default();
        match (seen.member.take(), active) {
            (Some(member), true) => {
                let member = MemberDocument { name: input.called(), ..member };
                write.documents.push((tenant_kind::MEMBER, id.to_owned(), body(&member)?));
                seen.member = Some(member);
            }
            (Some(member), false) => {
                said.groups = of_directory(&member.groups);
                write = leave(now, &self.tenant().id, id, &member, at)?;
            }
            (None, true) => {
                let groups = of_directory(&std::mem::take(&mut said.groups));
                let member = MemberDocument { name: input.called(), roles: [].into(), groups, given: [].into() };
                self.join(id, &member, &mut write)?;
                seen.member = Some(member);
            }
            (None, false) => {}
        }
        write.documents.push((tenant_kind::DIRECTORY_USER, id.to_owned(), body(&said)?));
        seen.directory = Some(said);
        Ok(write)
    }

    /// Forgets what the directory says of somebody; they are no member any more.
    pub(crate) async fn delete_scim_user(&self, id: &str) -> Result<(), Problem> {
        let before = self.scim_user(id).await;
        let account = match &before {
            Ok(_) => self.account(id).await?,
            Err(problem) => return Err(problem.clone()),
        };
        let at = self.now();
        self.decide(|now| {
            let seen = Seen::of(now.state, id).ok_or_else(refusal::not_found)?;
            self.check_version(&seen.resource(self.base_url(), now.state, id, (&account.email, &account.name)))?;
            let mut write = match &seen.member {
                Some(member) => leave(now, &self.tenant().id, id, member, at)?,
                None => TenantWrite::default(),
            };
            write.documents.push((tenant_kind::DIRECTORY_USER, id.to_owned(), None));
            Ok((write, ()))
        })
        .await?;
        Ok(())
    }
}
