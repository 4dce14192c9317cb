//! The one way to write to a tenant: its name, its tokens, its projects. Rows and the entry in the tenant's log are one
//! transaction; what the log says never holds a secret or the hash of one.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use yardarm_hub::LiveProject;
use yardarm_model::authority::{Authority, Permission, Place, tenant_kind};
use yardarm_model::command::{Command, Documents, decide};
use yardarm_model::document::{Kind, State};
use yardarm_store::{Commit, CommitError, DocumentWrite, RowWrite, Scope, ScopeKind, Tenant};

use super::access::TenantAccess;
use super::authenticated::Via;
use super::change::writes;
use super::right::{Right, Writes, can};
use super::sign_in::{SignInRules, sso};
use super::tenant_state::TenantState;
use super::{fresh, refusal};
use crate::problem::Problem;

/// Times that a decision is made anew because somebody was faster.
const TRIES: usize = 8;
/// How long a writer waits for the writers before it.
const QUEUE: Duration = Duration::from_secs(10);

/// What a decision leaves in a tenant: documents by kind and key, `None` removes, and the rows that go with them.
#[derive(Default)]
pub(super) struct TenantWrite {
    pub(super) documents: Vec<(&'static str, String, Option<Value>)>,
    pub(super) rows: Vec<RowWrite>,
}

impl TenantWrite {
    /// One document with its rows.
    pub(super) fn one(kind: &'static str, key: &str, body: Option<Value>, rows: Vec<RowWrite>) -> Self {
        Self { documents: vec![(kind, key.to_owned(), body)], rows }
    }
}

/// What is decided on: the newest documents, and what the caller holds by them.
pub(super) struct TenantNow<'s> {
    pub(super) state: &'s TenantState,
    pub(super) authority: Authority,
}

/// The entry of a project in its tenant's log.
fn project_entry(id: &str, project: &Value) -> Value {
    json!({ "id": id, "name": project.get("name") })
}

impl<R: Right> TenantAccess<R> {
    /// Decides on the newest documents and commits on exactly those; when somebody was faster, all of it again. The caller's
    /// right is looked at again, too: whoever lost it meanwhile changes nothing. Documents that stay as they are are left
    /// out, and where nothing is left nothing is written. Gives the tenant's revision and what the decision gave.
    pub(super) async fn decide<T>(
        &self,
        decide: impl Fn(&TenantNow<'_>) -> Result<(TenantWrite, T), Problem> + Send,
    ) -> Result<(u64, T), Problem> {
        let request = &self.request;
        let gate = &request.gate;
        let id = &self.tenant().id;
        let lock = gate.api.commit_lock(id);
        let _turn = tokio::time::timeout(QUEUE, lock.lock()).await.map_err(|_| refusal::busy())?;
        request.authority_now().await?;
        for _ in 0..TRIES {
            let state = gate.tenant_state(id).await?.ok_or_else(refusal::not_found)?;
            let limits = match self.via() {
                Via::Session(_) | Via::Schedule(None) => None,
                Via::Token(token) | Via::Schedule(Some(token)) => Some(state.limits_of(token)),
            };
            let now =
                TenantNow { authority: Authority { grants: state.grants_of(&self.user().id), limits }, state: &state };
            if let Some(permission) = R::PERMISSION
                && !now.authority.allows(permission, Place::TENANT)
            {
                return Err(refusal::forbidden(permission));
            }
            let (TenantWrite { documents, rows }, made) = decide(&now)?;
            let differs = |(kind, key, body): &(&'static str, String, Option<Value>)| {
                state.document(kind, key).map(|document| &document.body) != body.as_ref()
            };
            let documents: Vec<DocumentWrite> = documents
                .into_iter()
                .filter(differs)
                .map(|(kind, key, body)| DocumentWrite {
                    kind: kind.to_owned(),
                    key,
                    body: body.map(|body| body.to_string()),
                })
                .collect();
            if documents.is_empty() && rows.is_empty() {
                return Ok((state.scope.rev, made));
            }
            let commit = Commit {
                tenant_id: id.clone(),
                scope_id: id.clone(),
                expected: Some((state.scope.epoch.clone(), state.scope.rev)),
                attribution: request.attribution()?,
                documents,
                rows,
            };
            match gate.store.commit(commit).await {
                Ok(change) => return Ok((change.rev, made)),
                Err(CommitError::Stale { .. }) => {}
                Err(error) => return Err(refusal::commit(error)),
            }
        }
        Err(refusal::busy())
    }

    /// Writes one document, whatever the others say.
    pub(super) async fn commit(
        &self,
        kind: &'static str,
        key: &str,
        body: Option<Value>,
        rows: Vec<RowWrite>,
    ) -> Result<u64, Problem> {
        let decide = |_: &TenantNow<'_>| Ok((TenantWrite::one(kind, key, body.clone(), rows.clone()), ()));
        Ok(self.decide(decide).await?.0)
    }

    /// Revision of the tenant document: its `ETag`.
    pub(crate) async fn tenant_revision(&self) -> Result<u64, Problem> {
        let tenant = self.tenant();
        let state = self.request.gate.tenant_state(&tenant.id).await?.ok_or_else(refusal::not_found)?;
        Ok(state.revision(tenant_kind::TENANT, &tenant.key))
    }
}

/// What is to be different about a tenant.
pub(crate) struct TenantChange {
    pub(crate) name: Option<String>,
    pub(crate) requires_second_factor: Option<bool>,
    pub(crate) requires_sso: Option<bool>,
}

/// A tenant as its log tells it.
pub(super) fn tenant_document(name: &str, rules: SignInRules) -> Value {
    json!({ "name": name, "requires_second_factor": rules.second_factor, "requires_sso": rules.sso })
}

impl<R: Writes> TenantAccess<R> {
    /// Changes the tenant's name, and what it demands of sign-ins: that takes the permission to say so.
    pub(crate) async fn update_tenant(&mut self, change: TenantChange) -> Result<u64, Problem> {
        let Tenant { id, key, name: known, .. } = self.tenant().clone();
        let (committed, (unchanged, name)) = self
            .decide(|now| {
                let current = now.state.revision(tenant_kind::TENANT, &key);
                self.request.check_revision(current)?;
                let old = SignInRules::of(now.state);
                let rules = SignInRules {
                    second_factor: change.requires_second_factor.unwrap_or(old.second_factor),
                    sso: change.requires_sso.unwrap_or(old.sso),
                };
                if rules != old && !now.authority.allows(Permission::SsoManage, Place::TENANT) {
                    return Err(refusal::forbidden(Permission::SsoManage));
                }
                if rules.sso && !old.sso && now.state.all(sso::KIND).next().is_none() {
                    let text = "there is no SSO connection to come by yet; make one and try it first";
                    return Err(refusal::invalid(vec![refusal::wrong("/requires_sso", "no_sso", text)]));
                }
                let document = now.state.document(tenant_kind::TENANT, &key);
                let old_name = document.and_then(|document| document.body["name"].as_str()).unwrap_or(&known);
                let name = change.name.clone().unwrap_or_else(|| old_name.to_owned());
                if rules == old && name == old_name {
                    return Ok((TenantWrite::default(), (Some(current), name)));
                }
                let rows = vec![RowWrite::RenameTenant { id: id.clone(), name: name.clone() }];
                let body = tenant_document(&name, rules);
                Ok((TenantWrite::one(tenant_kind::TENANT, &key, Some(body), rows), (None, name)))
            })
            .await?;
        self.request.who.state = self.request.gate.tenant_state(&id).await?.ok_or_else(refusal::not_found)?;
        self.request.who.tenant.name = name;
        Ok(unchanged.unwrap_or(committed))
    }
}

impl TenantAccess<can::ProjectCreate> {
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
            body: Some(project_entry(&id, &project).to_string()),
        };
        let in_tenant = RowWrite::AlsoLog { scope_id: self.tenant().id.clone(), documents: vec![entry] };
        let commit = Commit {
            tenant_id: self.tenant().id.clone(),
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
