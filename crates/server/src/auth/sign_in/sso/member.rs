//! Whom of the tenant an identity provider's person is.

use std::collections::BTreeSet;
use std::sync::Arc;

use yardarm_model::authority::{BuiltIn, Given, MemberDocument, tenant_kind};
use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, Identity, Membership, RowWrite, SignInRow, Tenant, User, UserKind,
};

use super::SsoFailure;
use super::connection::{Connection, Mapped};
use super::person::Person;
use crate::auth::fresh;
use crate::auth::groups::is_of_directory;
use crate::auth::members::other_owner;
use crate::auth::refusal::internal;
use crate::auth::session::Visitor;
use crate::auth::tenant_state::TenantState;
use crate::problem::Problem;

/// Why somebody who was here does not come in.
const OUT: &str = "this person is no member of the tenant";
/// Times that following groups is tried anew because the tenant was changed meanwhile.
const TRIES: usize = 8;

impl Visitor {
    /// Somebody the provider has sent before, a member whose address it has verified, or a new member.
    pub(super) async fn member_by_sso(
        &self,
        tenant: &Tenant,
        connection_id: &str,
        connection: &Connection,
        person: Person,
    ) -> Result<User, SsoFailure> {
        let store = &self.gate.store;
        let known = store.sign_in().identity(&tenant.id, connection_id, &person.subject).await?;
        if let Some(identity) = known {
            let user = store.user(&identity.user_id).await?;
            let user = user.ok_or(SsoFailure::NotAMember("the account is gone"))?;
            if !self.is_member(tenant, &user).await? {
                return Err(SsoFailure::NotAMember(OUT));
            }
            for _ in 1..TRIES {
                match self.follow(tenant, connection_id, connection, &person, &user).await {
                    // The tenant was changed meanwhile.
                    Err(SsoFailure::Ours(problem)) if problem.code == "stale" => {}
                    done => return done.map(|()| user),
                }
            }
            return self.follow(tenant, connection_id, connection, &person, &user).await.map(|()| user);
        }
        let email = person.email.clone().filter(|email| connection.covers(email));
        let email = email
            .ok_or(SsoFailure::NotAMember("the provider has verified no address of a domain that it may speak for"))?;
        let accounts = self.gate.accounts(&tenant.id, &email).await?;
        // Whoever was taken out does not come in again by signing in.
        let taken_out = accounts.iter().any(|user| user.tenant_id.is_some());
        // Somebody's own account only when they are in this tenant already: the provider of one tenant makes nobody a
        // member whose account it is not, however equal the addresses are.
        for user in accounts {
            if self.is_member(tenant, &user).await? {
                self.link(tenant, connection_id, &person, &user).await?;
                return Ok(user);
            }
        }
        if taken_out {
            return Err(SsoFailure::NotAMember(OUT));
        }
        if !connection.provision {
            return Err(SsoFailure::NotAMember("nobody here has this address, and signing in makes no members"));
        }
        self.provision(tenant, connection_id, connection, &person, email).await
    }

    async fn is_member(&self, tenant: &Tenant, user: &User) -> Result<bool, SsoFailure> {
        let memberships = self.gate.store.memberships(&user.id).await?;
        Ok(memberships.iter().any(|membership| membership.tenant_id == tenant.id))
    }

    fn identity(&self, tenant: &Tenant, connection_id: &str, person: &Person, user_id: &str) -> RowWrite {
        RowWrite::SignIn(SignInRow::InsertIdentity(Identity {
            tenant_id: tenant.id.clone(),
            connection_id: connection_id.to_owned(),
            subject: person.subject.clone(),
            user_id: user_id.to_owned(),
            created_at: self.gate.now(),
        }))
    }

    /// A member whom the provider knows from now on.
    async fn link(&self, tenant: &Tenant, connection_id: &str, person: &Person, user: &User) -> Result<(), SsoFailure> {
        let rows = vec![self.identity(tenant, connection_id, person, &user.id)];
        self.write(tenant, user, "member.link", Vec::new(), rows).await
    }

    /// A new member, by the provider's word.
    async fn provision(
        &self,
        tenant: &Tenant,
        connection_id: &str,
        connection: &Connection,
        person: &Person,
        email: String,
    ) -> Result<User, SsoFailure> {
        let state = self.state_of(tenant).await?;
        let given = held_by_groups(&state, connection, person);
        let Given { mut roles, groups } = given.clone();
        roles.extend(connection.default_roles.iter().filter(|role| state.role(role).is_some()).cloned());
        if roles.is_empty() && groups.is_empty() {
            return Err(SsoFailure::NotAMember("neither a group nor the connection gives them a role"));
        }
        let name = person.name.clone().filter(|name| !name.trim().is_empty() && !name.contains('\0'));
        let user = User {
            id: fresh::id("usr"),
            kind: UserKind::Person,
            // Nobody else's: their own account, if they have one, is where they were invited.
            tenant_id: Some(tenant.id.clone()),
            name: name.unwrap_or_else(|| email.clone()).chars().take(256).collect(),
            email,
            password_hash: None,
            operator: false,
            created_at: self.gate.now(),
        };
        let given = [(connection_id.to_owned(), given)].into();
        let member = MemberDocument { name: user.name.clone(), roles, groups, given };
        let body = serde_json::to_string(&member).map_err(internal)?;
        let kind = tenant_kind::MEMBER.to_owned();
        let documents = vec![DocumentWrite { kind, key: user.id.clone(), body: Some(body) }];
        let rows = vec![
            RowWrite::InsertUser(user.clone()),
            RowWrite::UpsertMembership(Membership { tenant_id: tenant.id.clone(), user_id: user.id.clone() }),
            self.identity(tenant, connection_id, person, &user.id),
        ];
        self.write(tenant, &user, "member.provision", documents, rows).await?;
        Ok(user)
    }

    async fn state_of(&self, tenant: &Tenant) -> Result<Arc<TenantState>, SsoFailure> {
        let state = self.gate.tenant_state(&tenant.id).await?;
        state.ok_or(SsoFailure::NotAMember("the tenant is gone"))
    }

    /// Who became a member by this connection has what their groups at the provider say at each sign-in. What was given
    /// to them by hand stays.
    async fn follow(
        &self,
        tenant: &Tenant,
        connection_id: &str,
        connection: &Connection,
        person: &Person,
        user: &User,
    ) -> Result<(), SsoFailure> {
        let state = self.state_of(tenant).await?;
        let Some(member) = state.read::<MemberDocument>(tenant_kind::MEMBER, &user.id) else { return Ok(()) };
        let Some(before) = member.given.get(connection_id) else { return Ok(()) };
        let mut now = held_by_groups(&state, connection, person);
        let owner = BuiltIn::Owner.as_str();
        if before.roles.contains(owner) && !now.roles.contains(owner) && other_owner(&state, &user.id).is_err() {
            // A tenant always has an owner, whatever a provider says.
            now.roles.insert(owner.to_owned());
        }
        let mut after = member.clone();
        let given = Given {
            roles: moved(&mut after.roles, &before.roles, now.roles),
            groups: moved(&mut after.groups, &before.groups, now.groups),
        };
        after.given.insert(connection_id.to_owned(), given);
        if after == member {
            return Ok(());
        }
        let body = serde_json::to_string(&after).map_err(internal)?;
        let kind = tenant_kind::MEMBER.to_owned();
        let documents = vec![DocumentWrite { kind, key: user.id.clone(), body: Some(body) }];
        self.write_on(Some(&state), tenant, user, "member.follow", documents, Vec::new()).await
    }

    async fn write(
        &self,
        tenant: &Tenant,
        user: &User,
        action: &str,
        documents: Vec<DocumentWrite>,
        rows: Vec<RowWrite>,
    ) -> Result<(), SsoFailure> {
        self.write_on(None, tenant, user, action, documents, rows).await
    }

    /// `state`: what was decided on; when that has changed meanwhile, nothing is written and nobody comes in.
    async fn write_on(
        &self,
        state: Option<&TenantState>,
        tenant: &Tenant,
        user: &User,
        action: &str,
        documents: Vec<DocumentWrite>,
        rows: Vec<RowWrite>,
    ) -> Result<(), SsoFailure> {
        let attribution = Attribution {
            actor: format!("user:{}", user.id),
            actor_name: user.name.clone(),
            via: "session".to_owned(),
            action: action.to_owned(),
            reason: String::new(),
            trace_id: self.trace_id.clone(),
            at: self.gate.now(),
        };
        let commit = Commit {
            tenant_id: tenant.id.clone(),
            scope_id: tenant.id.clone(),
            expected: state.map(|state| (state.scope.epoch.clone(), state.scope.rev)),
            attribution,
            documents,
            rows,
        };
        match self.gate.store.commit(commit).await {
            Ok(_) => Ok(()),
            // The same person in two browsers at the same moment: the second one finds themselves the next time.
            Err(CommitError::Taken(_)) => {
                Err(SsoFailure::NotAMember("somebody with this address came at the same moment"))
            }
            Err(error) => Err(Problem::from(error).into()),
        }
    }
}

/// What the groups of somebody give here. What the connection says may be older than the roles and groups that there are.
fn held_by_groups(state: &TenantState, connection: &Connection, person: &Person) -> Given {
    let Mapped { mut roles, mut groups } = connection.mapped(&person.groups);
    roles.retain(|role| state.role(role).is_some());
    groups.retain(|group| state.document(tenant_kind::GROUP, group).is_some() && !is_of_directory(state, group));
    Given { roles, groups }
}

/// Takes away what was given and is not any more, adds what is new; gives what is given from now on, which is never what
/// was there by itself.
fn moved(held: &mut BTreeSet<String>, before: &BTreeSet<String>, now: BTreeSet<String>) -> BTreeSet<String> {
    held.retain(|key| !before.contains(key) || now.contains(key));
    let given = now.into_iter().filter(|key| before.contains(key) || !held.contains(key)).collect::<BTreeSet<_>>();
    held.extend(given.iter().cloned());
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(keys: &str) -> BTreeSet<String> {
        keys.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_was_given_goes_and_what_was_there_stays() {
        for (held, before, now, after, given) in [
            ("viewer editor", "editor", "", "viewer", ""),
            ("viewer editor", "editor", "editor", "viewer editor", "editor"),
            ("viewer editor", "editor", "admin", "viewer admin", "admin"),
            // Given by hand, too: stays when the provider takes it.
            ("viewer", "", "viewer", "viewer", ""),
            // Taken by hand: the provider gives it again.
            ("viewer", "editor", "editor", "viewer editor", "editor"),
            ("", "", "", "", ""),
        ] {
            let mut mine = set(held);
            assert_eq!(moved(&mut mine, &set(before), set(now)), set(given), "{held} {before} {now}");
            assert_eq!(mine, set(after), "{held} {before} {now}");
        }
    }
}
