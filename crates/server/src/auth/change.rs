//! The one way to write to a project.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::OwnedMutexGuard;
use yardarm_hub::LiveProject;
use yardarm_model::authority::{Authority, Permission, Place};
use yardarm_model::command::{Command, Documents, Inputs, decide};
use yardarm_model::document::{Audience, Kind, State};
use yardarm_model::plan;
use yardarm_store::{Attribution, Change, Commit, CommitError, DocumentWrite};

use super::access::{ProjectAccess, Request};
use super::control::{Passage, Stop, Way};
use super::needed::needed;
use super::recent::ChangeNote;
use super::right::{Writes, can};
use super::{fresh, refusal};
use crate::keys::KeyKind;
use crate::problem::Problem;

/// Times that a decision is made anew because another node was faster.
pub(super) const TRIES: usize = 8;
/// How long a writer waits for the writers before it.
const QUEUE: Duration = Duration::from_secs(10);

/// What must still be true of a document when the change is decided.
pub(crate) enum Precondition {
    /// Nothing, and an `If-Match` would mean nothing.
    None,
    /// `If-Match`, if given, is this document's revision.
    Optional(Kind, String),
    /// `If-Match` must be given.
    Required(Kind, String),
    /// Each document is still of this revision (0: still absent), as the change that is to be undone left it.
    Unchanged(Vec<(Kind, String, u64)>),
    /// The change is the one of a plan that was shown.
    Planned(Planned),
}

/// A plan that was shown.
pub(crate) struct Planned {
    /// Of the request: [`plan::digest`].
    pub(crate) digest: String,
    /// Of the plan: [`plan::fingerprint`].
    pub(crate) fingerprint: String,
}

/// A change, or the finding that there was nothing to change.
pub(crate) struct Changed {
    /// The project after it.
    pub(crate) live: Arc<LiveProject>,
    /// The change; `None` when everything was already so.
    pub(crate) change: Option<Change>,
}

/// What `decide` left, and the state it left it on.
pub(crate) struct Decision {
    pub(crate) live: Arc<LiveProject>,
    pub(crate) documents: Documents,
}

pub(super) fn writes(documents: Documents) -> Vec<DocumentWrite> {
    let write = |(kind, key, body): (Kind, String, Option<Value>)| DocumentWrite {
        kind: kind.as_str().to_owned(),
        key,
        body: body.map(|body| body.to_string()),
    };
    documents.into_iter().map(write).collect()
}

impl Request {
    pub(super) fn attribution(&self) -> Result<Attribution, Problem> {
        Ok(Attribution {
            actor: self.who.actor(),
            actor_name: self.who.user.name.clone(),
            via: self.who.came_with(),
            action: self.action.ok_or_else(refusal::no_action)?.to_owned(),
            reason: self.reason.clone(),
            trace_id: self.trace_id.clone(),
            at: self.gate.now(),
        })
    }

    pub(super) fn inputs(&self) -> Inputs {
        Inputs { now: self.gate.now(), seed: self.gate.random() }
    }

    pub(super) fn check(&self, precondition: &Precondition, live: &LiveProject) -> Result<(), Problem> {
        let (kind, key) = match precondition {
            Precondition::None | Precondition::Planned(_) => return Ok(()),
            Precondition::Unchanged(expected) => {
                let differs = expected.iter().filter(|(kind, key, rev)| revision(&live.state, *kind, key) != *rev);
                let names: Vec<String> = differs.map(|(kind, key, _)| format!("{kind} {key}")).collect();
                return if names.is_empty() { Ok(()) } else { Err(refusal::later_changes(&names)) };
            }
            Precondition::Required(..) if self.if_match.is_none() => return Err(refusal::if_match_required()),
            Precondition::Optional(kind, key) | Precondition::Required(kind, key) => (*kind, key),
        };
        self.check_revision(revision(&live.state, kind, key))
    }

    /// `If-Match`, if given, names this revision.
    pub(super) fn check_revision(&self, rev: u64) -> Result<(), Problem> {
        let Some(if_match) = &self.if_match else { return Ok(()) };
        let fits = if_match.split(',').map(str::trim).any(|tag| tag == "*" || tag == format!("\"{rev}\""));
        if fits { Ok(()) } else { Err(refusal::stale(rev)) }
    }
}

/// Revision of a document, 0 for one that was never written: its `ETag`.
pub(crate) fn revision(state: &State, kind: Kind, key: &str) -> u64 {
    state.revision(kind, key).unwrap_or_default()
}

impl<R: Writes> ProjectAccess<R> {
    /// Decides a command on the newest state without writing anything.
    pub(crate) async fn decide(&self, command: Command, precondition: &Precondition) -> Result<Decision, Problem> {
        let request = &self.request;
        let live = self.newest().await?;
        request.check(precondition, &live)?;
        let inputs = request.inputs();
        let state = Arc::clone(&live.state);
        // An import of thousands of flags is compiled here: not on a runtime thread.
        let decided = tokio::task::spawn_blocking(move || decide(&state, &command, &inputs));
        let documents = decided.await.map_err(refusal::internal)??;
        let authority = request.authority_now().await?;
        if let Some(permission) = self.missing(&authority, &live.state, &documents) {
            return Err(refusal::forbidden(permission));
        }
        // What is so already was applied before, perhaps by this very request when its answer was lost.
        if let Precondition::Planned(shown) = precondition
            && !documents.is_empty()
            && plan::fingerprint(&shown.digest, &live.scope.epoch, &live.state, &documents) != shown.fingerprint
        {
            return Err(refusal::plan_moved());
        }
        Ok(Decision { live, documents })
    }

    /// A permission that the documents need and the caller does not hold.
    pub(super) fn missing(&self, authority: &Authority, state: &State, documents: &Documents) -> Option<Permission> {
        let missing = needed(state, documents).into_iter().find(|(permission, environment)| {
            let project = Place::project(self.key());
            !authority.allows(*permission, environment.map_or(project, |key| Place::environment(self.key(), key)))
        });
        missing.map(|(permission, _)| permission)
    }

    /// Decides a command and commits what it leaves: refresh, check `If-Match`, decide, ask the policies, commit on exactly
    /// that state; when another node was faster, all of it again. Or puts what it leaves into a change request, when the
    /// caller wants that.
    pub(crate) async fn change(&self, command: Command, precondition: Precondition) -> Result<Changed, Stop> {
        if let Way::Draft { into, title } = &self.request.way {
            let drafted = self.draft(into.as_deref(), title, command, &precondition).await?;
            return Err(Stop::Drafted(Box::new(drafted)));
        }
        let _turn = self.turn().await?;
        let begun = std::time::Instant::now();
        for _ in 0..TRIES {
            let Decision { live, documents } = self.decide(command.clone(), &precondition).await?;
            if documents.is_empty() {
                return Ok(Changed { live, change: None });
            }
            let documents = Arc::new(documents);
            let passage = self.pass(&live, &documents).await?;
            let documents = Arc::unwrap_or_clone(documents);
            if let Some(made) = self.commit(&live, documents, passage).await? {
                self.request.gate.telemetry.commit_seconds.record(begun.elapsed().as_secs_f64());
                return Ok(made);
            }
        }
        Err(refusal::busy().into())
    }

    /// The turn to write to this project.
    pub(super) async fn turn(&self) -> Result<OwnedMutexGuard<()>, Problem> {
        let lock = self.request.gate.api.commit_lock(self.scope_id());
        tokio::time::timeout(QUEUE, lock.lock_owned()).await.map_err(|_| refusal::busy())
    }

    /// Commits documents that were decided on this state; `None`: somebody was faster, so decide again.
    pub(super) async fn commit(
        &self,
        live: &LiveProject,
        documents: Documents,
        passage: Passage,
    ) -> Result<Option<Changed>, Problem> {
        self.commit_for(live, documents, passage, &self.request.reason).await
    }

    /// The same with a reason of its own.
    pub(super) async fn commit_for(
        &self,
        live: &LiveProject,
        documents: Documents,
        passage: Passage,
        reason: &str,
    ) -> Result<Option<Changed>, Problem> {
        let (beside, action) = passage.into_parts();
        let mut attribution = self.request.attribution()?;
        reason.clone_into(&mut attribution.reason);
        if let Some(action) = action {
            action.clone_into(&mut attribution.action);
        }
        let mut documents = writes(documents);
        documents.extend(beside);
        let commit = Commit {
            tenant_id: self.scope().tenant_id.to_owned(),
            scope_id: self.scope_id().to_owned(),
            expected: Some((live.scope.epoch.clone(), live.scope.rev)),
            attribution,
            documents,
            rows: Vec::new(),
        };
        match self.request.gate.store.commit(commit).await {
            Ok(change) => self.made(change, &live.scope.epoch).await.map(Some),
            Err(CommitError::Stale { .. }) => Ok(None),
            Err(error) => Err(refusal::commit(error)),
        }
    }

    async fn made(&self, change: Change, epoch: &str) -> Result<Changed, Problem> {
        let gate = &self.request.gate;
        gate.api.recent.put(self.scope_id(), epoch, Arc::new(ChangeNote::from(&change)));
        gate.hub.wake(self.scope_id());
        // The change is made. If it cannot be read back now, saying "failed" would be a lie; but there is no document
        // to answer with either, so the answer names what happened.
        let live =
            gate.hub.refresh(self.scope_id()).await.map_err(|error| refusal::made_but_unread(change.rev, &error))?;
        let live = live.ok_or_else(refusal::not_found)?;
        Ok(Changed { live, change: Some(change) })
    }
}

impl ProjectAccess<can::SdkKeyManage> {
    /// Makes an SDK key; gives its id and its secret, of which only the hash is kept.
    pub(crate) async fn create_sdk_key(&self, body: Value) -> Result<(String, String, Changed), Stop> {
        let kind = match body.get("audience").and_then(Value::as_str) {
            Some("client") => KeyKind::Client,
            // Anything else than the two is refused by `decide`.
            _ => KeyKind::Server,
        };
        let key = fresh::key(&self.request.gate, kind);
        let id = fresh::id("key");
        let command = Command::CreateSdkKey { id: id.clone(), body, hash: key.hash, hint: key.hint };
        let changed = self.change(command, Precondition::None).await?;
        Ok((id, key.text, changed))
    }

    /// Makes another key like this one, which goes on until then; gives the new one as [`Self::create_sdk_key`] does.
    pub(crate) async fn rotate_sdk_key(&self, old: &str, until: i64) -> Result<(String, String, Changed), Stop> {
        let audience = self.state().sdk_keys.get(old).ok_or_else(refusal::not_found)?.audience;
        let kind = match audience {
            Audience::Server => KeyKind::Server,
            Audience::Client => KeyKind::Client,
        };
        let key = fresh::key(&self.request.gate, kind);
        let new_id = fresh::id("key");
        let (hash, hint) = (key.hash, key.hint);
        let command = Command::RotateSdkKey { id: old.to_owned(), new_id: new_id.clone(), hash, hint, until };
        let changed = self.change(command, Precondition::Optional(Kind::SdkKey, old.to_owned())).await?;
        Ok((new_id, key.text, changed))
    }
}
