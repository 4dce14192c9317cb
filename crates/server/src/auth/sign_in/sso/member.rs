//! Whom of the tenant an identity provider's person is.

use yardarm_model::authority::{MemberDocument, tenant_kind};
use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, Identity, Membership, RowWrite, SignInRow, Tenant, User, UserKind,
};

use super::SsoFailure;
use super::connection::{Connection, Mapped};
use super::person::Person;
use crate::auth::fresh;
use crate::auth::refusal::internal;
use crate::auth::session::Visitor;
use crate::problem::Problem;

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
            return self.still_member(tenant, user).await;
        }
        let email = person.email.clone().filter(|email| connection.covers(email));
        let email = email
            .ok_or(SsoFailure::NotAMember("the provider has verified no address of a domain that it may speak for"))?;
        let found = store.user_by_email(&email).await?;
        let user = match found {
            Some(user) => {
                // Only who is in this tenant already: the provider of one tenant makes nobody a member whose account is
                // another tenant's, however equal the addresses are.
                let user = self.still_member(tenant, user).await?;
                self.link(tenant, connection_id, &person, &user).await?;
                user
            }
            None if connection.provision => self.provision(tenant, connection_id, connection, &person, email).await?,
            None => {
                return Err(SsoFailure::NotAMember("nobody here has this address, and signing in makes no members"));
            }
        };
        Ok(user)
    }

    async fn still_member(&self, tenant: &Tenant, user: User) -> Result<User, SsoFailure> {
        let memberships = self.gate.store.memberships(&user.id).await?;
        if memberships.iter().any(|membership| membership.tenant_id == tenant.id) {
            Ok(user)
        } else {
            Err(SsoFailure::NotAMember("this person is no member of the tenant"))
        }
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
        let Mapped { mut roles, mut groups } = connection.mapped(&person.groups);
        roles.extend(connection.default_roles.iter().cloned());
        // What the connection says may be older than the roles and groups that there are.
        let state = self.gate.tenant_state(&tenant.id).await?;
        let state = state.ok_or(SsoFailure::NotAMember("the tenant is gone"))?;
        roles.retain(|role| state.role(role).is_some());
        groups.retain(|group| state.document(tenant_kind::GROUP, group).is_some());
        if roles.is_empty() && groups.is_empty() {
            return Err(SsoFailure::NotAMember("neither a group nor the connection gives them a role"));
        }
        let name = person.name.clone().filter(|name| !name.trim().is_empty() && !name.contains('\0'));
        let user = User {
            id: fresh::id("usr"),
            kind: UserKind::Person,
            name: name.unwrap_or_else(|| email.clone()).chars().take(256).collect(),
            email,
            password_hash: None,
            operator: false,
            created_at: self.gate.now(),
        };
        let member = MemberDocument { name: user.name.clone(), roles, groups };
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

    async fn write(
        &self,
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
            expected: None,
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
