//! A tenant's logs as evidence: searching them, reading them whole, redacting, how long they are kept.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use yardarm_model::authority::{BuiltIn, Permission, Place};
use yardarm_store::chain::Entry;
use yardarm_store::{
    AuditQuery, BaseDocument, Change, Commit, CommitError, DocumentWrite, Past, Refused, RefusedQuery, RowWrite,
    ScopeRef, SignedHead, SigningKey,
};

use super::access::TenantAccess;
use super::right::{Right, can};
use super::{fresh, refusal};
use crate::audit::{RETENTION_KEY, RETENTION_KIND, days_kept};
use crate::problem::{Problem, ProblemError};

/// Times that a redaction is tried again because somebody else wrote to the log.
const TRIES: usize = 8;

/// A log that the caller may read.
#[derive(Clone, Debug)]
pub(crate) struct AuditLog {
    /// Whose it is.
    pub(crate) tenant_id: String,
    /// Scope id.
    pub(crate) id: String,
    /// Key of the project; `None` for the tenant's own log.
    pub(crate) project: Option<String>,
    /// Read up to this revision only.
    pub(crate) until: u64,
}

impl AuditLog {
    fn scope(&self) -> ScopeRef<'_> {
        ScopeRef { tenant_id: &self.tenant_id, id: &self.id }
    }
}

/// What is to be taken out of the log.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redaction {
    /// Key of the project; without one, the tenant's own log.
    pub(crate) project: Option<String>,
    /// Revision of the change.
    pub(crate) rev: u64,
    /// Takes the actor's name.
    #[serde(default)]
    pub(crate) actor_name: bool,
    /// Takes the reason.
    #[serde(default)]
    pub(crate) reason: bool,
    /// Takes what these documents became. What a document is now cannot be taken: change it first.
    #[serde(default)]
    pub(crate) documents: Vec<RedactedDocument>,
}

/// A document of a change.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactedDocument {
    /// `flag`, `configuration`, …
    pub(crate) kind: String,
    /// Unique in the kind.
    pub(crate) key: String,
}

impl<R: Right> TenantAccess<R> {
    /// Public halves of the keys that heads are signed with, the one in use first.
    pub(crate) async fn signing_keys(&self) -> Result<Vec<SigningKey>, Problem> {
        Ok(self.request.gate.store.signing_keys().await?)
    }
}

impl TenantAccess<can::AuditRead> {
    /// The logs that the caller may read: the tenant's own first, then its projects' by key. With a project, only its.
    pub(crate) fn audit_logs(&self, project: Option<&str>) -> Vec<AuditLog> {
        let log = |id: &str, project: Option<&str>| AuditLog {
            tenant_id: self.tenant().id.clone(),
            id: id.to_owned(),
            project: project.map(str::to_owned),
            until: u64::MAX,
        };
        let own = log(&self.tenant().id, None);
        let of_projects = self.request.gate.hub.projects(&self.tenant().id);
        let projects = of_projects
            .iter()
            .filter(|live| project.is_none_or(|project| live.scope.key == project))
            .map(|live| log(&live.scope.id, Some(&live.scope.key)));
        let own = project.is_none().then_some(own);
        own.into_iter().chain(projects).collect()
    }

    /// The same from the database, in the order of their ids, for an export: the tenant's own log is read only as far as
    /// it was before the others were looked up, so that it names no project whose log is not there.
    pub(crate) async fn logs_to_export(&self, project: Option<&str>) -> Result<Vec<AuditLog>, Problem> {
        let (store, tenant_id) = (&self.request.gate.store, &self.tenant().id);
        let own = store.scope(tenant_id).await?.ok_or_else(refusal::not_found)?;
        let mut logs: Vec<AuditLog> = store
            .scopes()
            .await?
            .into_iter()
            .filter(|scope| scope.tenant_id == *tenant_id && scope.id != *tenant_id)
            .filter(|scope| project.is_none_or(|project| scope.key == project))
            .map(|scope| AuditLog {
                tenant_id: scope.tenant_id,
                id: scope.id,
                project: Some(scope.key),
                until: u64::MAX,
            })
            .collect();
        if project.is_none() {
            logs.push(AuditLog { tenant_id: tenant_id.clone(), id: own.id, project: None, until: own.rev });
        }
        logs.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(logs)
    }

    /// Changes of logs from [`Self::audit_logs`], newest first.
    pub(crate) async fn audit(&self, logs: &[AuditLog], query: AuditQuery) -> Result<Vec<Entry>, Problem> {
        let scope_ids = logs.iter().map(|log| log.id.clone()).collect();
        let tenant_id = self.tenant().id.clone();
        Ok(self.request.gate.store.audit(AuditQuery { tenant_id, scope_ids, ..query }).await?)
    }

    /// What documents (kind, key) of a log were at a revision.
    pub(crate) async fn were(&self, log: &AuditLog, rev: u64, of: &[(String, String)]) -> Result<Vec<Past>, Problem> {
        Ok(self.request.gate.store.past(log.scope(), rev, of).await?)
    }

    /// Changes of a log after a revision, oldest first.
    pub(crate) async fn entries(&self, log: &AuditLog, after: u64, limit: u32) -> Result<Vec<Entry>, Problem> {
        let mut entries = self.request.gate.store.entries(log.scope(), after, limit).await?;
        entries.retain(|entry| entry.rev <= log.until);
        Ok(entries)
    }

    /// Up to where a log was pruned, and what lived then.
    pub(crate) async fn base(
        &self,
        log: &AuditLog,
        after: Option<(String, String)>,
        limit: u32,
    ) -> Result<(u64, Vec<BaseDocument>), Problem> {
        Ok(self.request.gate.store.base(log.scope(), after, limit).await?)
    }

    /// Signed heads of a log, newest first.
    pub(crate) async fn heads(&self, log: &AuditLog, limit: u32) -> Result<Vec<SignedHead>, Problem> {
        let mut heads = self.request.gate.store.heads(log.scope(), limit).await?;
        heads.retain(|signed| signed.head.rev <= log.until);
        Ok(heads)
    }

    /// Whether the caller is still who they were, with the right they had, and meets what the tenant demands by now: for
    /// answers that take long.
    pub(crate) async fn still(&self) -> Result<(), Problem> {
        let who = self.request.gate.authenticate(&self.request.credential).await?;
        let may = who.authority.allows(Permission::AuditRead, Place::TENANT);
        if who.tenant.id != self.tenant().id || !may {
            return Err(refusal::forbidden(Permission::AuditRead));
        }
        self.request.gate.keep_sign_in_rules(&who, "").await
    }

    /// Days that the logs are kept; `None` for ever.
    pub(crate) async fn retention(&self) -> Result<Option<u64>, Problem> {
        let own = ScopeRef::tenant(&self.tenant().id);
        let document = self.request.gate.store.document(own, RETENTION_KIND, RETENTION_KEY).await?;
        Ok(document.and_then(|document| days_kept(&document.body)))
    }
}

impl TenantAccess<can::SecurityLogRead> {
    /// The security log of the tenant; of nobody's tenant, for operators.
    pub(crate) async fn refusals(&self, nobodys: bool, query: RefusedQuery) -> Result<Vec<Refused>, Problem> {
        if nobodys && (!self.user().operator || !self.authority().covers(&BuiltIn::Owner.grants())) {
            return Err(refusal::not_operator());
        }
        let tenant_id = if nobodys { String::new() } else { self.tenant().id.clone() };
        Ok(self.request.gate.store.refusals(RefusedQuery { tenant_id, ..query }).await?)
    }
}

impl TenantAccess<can::AuditManage> {
    /// How long the logs are kept; `None` for ever. What is so already makes no change.
    pub(crate) async fn set_retention(&self, days: Option<u64>) -> Result<(), Problem> {
        let own = ScopeRef::tenant(&self.tenant().id);
        let current = self.request.gate.store.document(own, RETENTION_KIND, RETENTION_KEY).await?;
        if current.and_then(|document| days_kept(&document.body)) == days {
            return Ok(());
        }
        self.commit(RETENTION_KIND, RETENTION_KEY, days.map(|days| json!({ "days": days })), Vec::new()).await?;
        Ok(())
    }

    /// Takes texts out of the log, and says so in the log. Gives the change that says it.
    pub(crate) async fn redact(&self, redaction: &Redaction) -> Result<Change, Problem> {
        let gate = &self.request.gate;
        if self.request.reason.is_empty() {
            return Err(refusal::reason_required());
        }
        let scope_id = match &redaction.project {
            None => self.tenant().id.clone(),
            Some(key) => {
                let live = gate.hub.project(&self.tenant().id, key).ok_or_else(refusal::not_found)?;
                live.scope.id.clone()
            }
        };
        for _ in 0..TRIES {
            let scope = gate.store.scope(&scope_id).await?.ok_or_else(refusal::not_found)?;
            self.check_redaction(ScopeRef { tenant_id: &scope.tenant_id, id: &scope.id }, redaction).await?;
            let documents = redaction.documents.iter().map(|d| (d.kind.clone(), d.key.clone())).collect();
            let body = json!({
                "rev": redaction.rev, "actor_name": redaction.actor_name, "reason": redaction.reason,
                "documents": redaction.documents,
            });
            let commit = Commit {
                tenant_id: scope.tenant_id.clone(),
                scope_id: scope_id.clone(),
                expected: Some((scope.epoch.clone(), scope.rev)),
                attribution: self.request.attribution()?,
                documents: vec![DocumentWrite {
                    kind: "redaction".to_owned(),
                    key: fresh::id("red"),
                    body: Some(body.to_string()),
                }],
                rows: vec![RowWrite::Redact {
                    rev: redaction.rev,
                    actor_name: redaction.actor_name,
                    reason: redaction.reason,
                    documents,
                }],
            };
            match gate.store.commit(commit).await {
                Ok(change) => {
                    gate.api.recent.forget(&scope_id, &scope.epoch, redaction.rev);
                    gate.hub.wake(&scope_id);
                    return Ok(change);
                }
                Err(CommitError::Stale { .. }) => {}
                Err(error) => return Err(refusal::commit(error)),
            }
        }
        Err(refusal::busy())
    }

    /// Everything that is to be taken is there, and is not what a document is now.
    async fn check_redaction(&self, scope: ScopeRef<'_>, redaction: &Redaction) -> Result<(), Problem> {
        let store = &self.request.gate.store;
        let entries = store.entries(scope, redaction.rev.saturating_sub(1), 1).await?;
        let entry = entries.first().filter(|entry| entry.rev == redaction.rev).ok_or_else(refusal::not_found)?;
        let mut wrong: Vec<ProblemError> = Vec::new();
        if !redaction.actor_name && !redaction.reason && redaction.documents.is_empty() {
            wrong.push(refusal::wrong("", "empty", "say what to take: actor_name, reason or documents"));
        }
        for (wanted, pointer, there) in
            [(redaction.actor_name, "/actor_name", &entry.actor_name), (redaction.reason, "/reason", &entry.reason)]
        {
            if wanted && there.text.is_none() {
                wrong.push(refusal::wrong(pointer, "redacted", "was redacted before"));
            }
        }
        for (index, RedactedDocument { kind, key }) in redaction.documents.iter().enumerate() {
            let pointer = format!("/documents/{index}");
            let twice = redaction.documents.iter().take(index).any(|other| other.kind == *kind && other.key == *key);
            let found = entry.documents.iter().find(|d| d.kind == *kind && d.key == *key);
            let body = found.and_then(|document| document.body.as_ref());
            let (code, message) = if twice {
                ("twice", "is named twice")
            } else if matches!(kind.as_str(), "redaction" | "prune_mark") {
                ("evidence", "says what happened to the log itself, and stays")
            } else {
                match body {
                    None => ("missing", "was not written by this change"),
                    Some(body) if body.text.is_none() => ("redacted", "was redacted before"),
                    Some(_) => match store.document(scope, kind, key).await? {
                        Some(now) if now.rev == redaction.rev => {
                            ("live", "is what the document is now; change or remove it first, then redact this version")
                        }
                        _ => continue,
                    },
                }
            };
            wrong.push(refusal::wrong(&pointer, code, format!("{kind} {key} {message}")));
        }
        if wrong.is_empty() { Ok(()) } else { Err(refusal::invalid(wrong)) }
    }
}
