//! The one way to write to a tenant: its name, its tokens, its projects. Rows and the entry in the tenant's log are one
//! transaction; what the log says never holds a secret or the hash of one.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_hub::LiveProject;
use yardarm_model::command::{Command, Documents, decide};
use yardarm_model::document::{Kind, State};
use yardarm_store::{
    AccessToken, Commit, CommitError, DocumentWrite, Role, RowWrite, Scope, ScopeKind, SignInRow, Tenant,
};

use super::access::TenantAccess;
use super::change::writes;
use super::people::NewToken;
use super::right::{Admin, Right, Writes};
use super::sign_in::refusal::operators_token;
use super::{fresh, refusal};
use crate::keys;
use crate::problem::Problem;

impl<R: Right> TenantAccess<R> {
    pub(super) async fn commit(
        &self,
        kind: &str,
        key: &str,
        body: Option<Value>,
        rows: Vec<RowWrite>,
    ) -> Result<u64, Problem> {
        let commit = Commit {
            scope_id: self.tenant().id.clone(),
            expected: None,
            attribution: self.request.attribution()?,
            documents: vec![DocumentWrite {
                kind: kind.to_owned(),
                key: key.to_owned(),
                body: body.map(|body| body.to_string()),
            }],
            rows,
        };
        let change = self.request.gate.store.commit(commit).await.map_err(refusal::commit)?;
        Ok(change.rev)
    }

    /// Revision of the tenant document: its `ETag`.
    pub(crate) async fn tenant_revision(&self) -> Result<u64, Problem> {
        let tenant = self.tenant();
        let document = self.request.gate.store.document(&tenant.id, "tenant", &tenant.key).await;
        Ok(document?.map_or(0, |document| document.rev))
    }

    /// Makes a token of the caller's own, holding at most what they hold now.
    pub(crate) async fn create_token(&self, new: NewToken) -> Result<(AccessToken, String), Problem> {
        // Another tenant's provider must not get at what an operator may do; nor may this tenant's.
        if self.request.who.session.as_ref().is_some_and(|session| session.connection_id.is_some())
            && self.request.gate.store.user(&self.user().id).await?.is_some_and(|user| user.operator)
        {
            return Err(operators_token());
        }
        let mine = self.role();
        let role = new.role.unwrap_or(mine);
        if role > mine {
            return Err(refusal::grants_too_much(role, mine));
        }
        let key = fresh::key(&self.request.gate, keys::KeyKind::Access);
        let token = AccessToken {
            id: fresh::id("tok"),
            hash: key.hash,
            hint: key.hint,
            tenant_id: self.tenant().id.clone(),
            user_id: self.user().id.clone(),
            name: new.name,
            role,
            created_at: self.now(),
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let rows = vec![RowWrite::InsertAccessToken(token.clone())];
        self.commit("access_token", &token.id, Some(token_document(&token)), rows).await?;
        Ok((token, key.text))
    }

    /// Ends a token: one's own, or as an owner anybody's of the tenant. Doing it twice changes nothing.
    pub(crate) async fn revoke_token(&self, id: &str) -> Result<(), Problem> {
        let mut token = self.tokens().await?.into_iter().find(|token| token.id == id).ok_or_else(refusal::not_found)?;
        if token.revoked_at.is_some() {
            return Ok(());
        }
        let at = self.now();
        token.revoked_at = Some(at);
        let rows = vec![RowWrite::RevokeAccessToken { id: id.to_owned(), at }];
        self.commit("access_token", id, Some(token_document(&token)), rows).await?;
        Ok(())
    }
}

/// What is to be different about a tenant.
pub(crate) struct TenantChange {
    pub(crate) name: Option<String>,
    pub(crate) requires_second_factor: Option<bool>,
    pub(crate) requires_sso: Option<bool>,
}

/// A tenant as its log tells it.
pub(super) fn tenant_document(tenant: &Tenant) -> Value {
    json!({
        "name": tenant.name, "requires_second_factor": tenant.requires_second_factor,
        "requires_sso": tenant.requires_sso,
    })
}

impl<R: Writes> TenantAccess<R> {
    /// Changes the tenant's name, and what it demands of sign-ins.
    pub(crate) async fn update_tenant(&mut self, change: TenantChange) -> Result<u64, Problem> {
        let current = self.tenant_revision().await?;
        self.request.check_revision(current)?;
        let mut tenant = self.tenant().clone();
        tenant.name = change.name.unwrap_or(tenant.name);
        tenant.requires_second_factor = change.requires_second_factor.unwrap_or(tenant.requires_second_factor);
        tenant.requires_sso = change.requires_sso.unwrap_or(tenant.requires_sso);
        if tenant == *self.tenant() {
            return Ok(current);
        }
        if tenant.requires_sso && !self.tenant().requires_sso && self.sso_connections().await?.is_empty() {
            let text = "there is no SSO connection to come by yet; make one and try it first";
            return Err(refusal::invalid(vec![refusal::wrong("/requires_sso", "no_sso", text)]));
        }
        let rows = vec![
            RowWrite::RenameTenant { id: tenant.id.clone(), name: tenant.name.clone() },
            RowWrite::SignIn(SignInRow::SetSignInRules {
                tenant_id: tenant.id.clone(),
                second_factor: tenant.requires_second_factor,
                sso: tenant.requires_sso,
            }),
        ];
        let rev = self.commit("tenant", &tenant.key, Some(tenant_document(&tenant)), rows).await?;
        self.request.who.tenant = tenant;
        Ok(rev)
    }
}

/// The role of a key.
pub(super) fn role_of(key: &str) -> Option<Role> {
    serde_json::from_value(Value::String(key.to_owned())).ok()
}

fn token_document(token: &AccessToken) -> Value {
    json!({
        "name": token.name, "user": token.user_id, "role": token.role, "hint": token.hint,
        "created_at": token.created_at, "expires_at": token.expires_at, "revoked_at": token.revoked_at,
    })
}

impl TenantAccess<Admin> {
    /// Makes a project with its environments: one commit, in its own log and in the tenant's.
    pub(crate) async fn create_project(
        &self,
        key: &str,
        project: Value,
        environments: Vec<Value>,
    ) -> Result<Arc<LiveProject>, Problem> {
        let gate = &self.request.gate;
        let documents = self.first_documents(&project, environments)?;
        let scope = Scope {
            id: fresh::id("prj"),
            kind: ScopeKind::Project,
            tenant_id: self.tenant().id.clone(),
            key: key.to_owned(),
            epoch: fresh::epoch(gate),
            rev: 0,
        };
        let id = scope.id.clone();
        let entry = DocumentWrite {
            kind: Kind::Project.as_str().to_owned(),
            key: key.to_owned(),
            body: Some(json!({ "id": id, "name": project.get("name") }).to_string()),
        };
        let in_tenant = RowWrite::AlsoLog { scope_id: self.tenant().id.clone(), documents: vec![entry] };
        let commit = Commit {
            scope_id: id.clone(),
            expected: None,
            attribution: self.request.attribution()?,
            documents: writes(documents),
            rows: vec![RowWrite::InsertScope(scope), in_tenant],
        };
        gate.store.commit(commit).await.map_err(|error| match error {
            CommitError::Taken(_) => refusal::taken("/key", "key"),
            other => refusal::commit(other),
        })?;
        gate.hub.wake(&id);
        gate.hub.refresh(&id).await?.ok_or_else(refusal::not_found)
    }

    fn first_documents(&self, project: &Value, environments: Vec<Value>) -> Result<Documents, Problem> {
        let inputs = self.request.inputs();
        let mut state = State::default();
        let mut all = Documents::new();
        let mut problems = Vec::new();
        let commands = std::iter::once((String::new(), Command::UpdateProject { body: project.clone() })).chain(
            environments
                .into_iter()
                .enumerate()
                .map(|(index, body)| (format!("/environments/{index}"), Command::CreateEnvironment { body })),
        );
        for (pointer, command) in commands {
            match decide(&state, &command, &inputs) {
                Ok(documents) => {
                    let written = writes(documents.clone());
                    let written = written.iter().map(|w| (w.kind.as_str(), w.key.as_str(), w.body.as_deref()));
                    state.apply(1, written).map_err(refusal::internal)?;
                    all.extend(documents);
                }
                Err(refusal) => problems.extend(refusal::below(&pointer, refusal)),
            }
        }
        if problems.is_empty() { Ok(all) } else { Err(refusal::invalid(problems)) }
    }
}
