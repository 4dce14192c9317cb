//! What policies say about a change that is not made, and about those of the past: nothing is written, and whoever may
//! read may ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use yardarm_hub::LiveProject;
use yardarm_model::command::{Command, Documents, Inputs, Refusal, decide};
use yardarm_model::control::{self, Circumstances, Verdict};
use yardarm_model::document::{Kind, Policy, State};
use yardarm_store::{Change, HistoryQuery, Past};

use super::access::ProjectAccess;
use super::refusal;
use super::right::Right;
use crate::problem::Problem;

/// What a policy says about the past.
pub(crate) struct Checked {
    /// How many changes were looked at, from the last one back.
    pub(crate) changes: usize,
    /// The past ended before: it was pruned or redacted.
    pub(crate) cut: bool,
    /// Those it would have held, newest first.
    pub(crate) held: Vec<(Change, Verdict)>,
}

impl<R: Right> ProjectAccess<R> {
    /// What the policies say about a command, with a draft of one in its place.
    pub(crate) async fn check(
        &self,
        (command, part): (Command, &'static str),
        draft: Option<Value>,
        at: i64,
        reason: String,
    ) -> Result<Verdict, Problem> {
        let request = &self.request;
        let live = self.newest().await?;
        let inputs = request.inputs();
        let decided_on = Arc::clone(&live);
        let decided = tokio::task::spawn_blocking(move || {
            let state = match draft {
                Some(draft) => drafted(&decided_on, draft, &inputs)?,
                None => State::clone(&decided_on.state),
            };
            let documents = decide(&state, &command, &inputs).map_err(|refused| below(part, refused))?;
            let needed = control::ages_needed(&state, &documents).map_err(refusal::internal)?;
            Ok::<_, Problem>((state, documents, needed))
        });
        let (state, documents, needed) = decided.await.map_err(refusal::internal)??;
        let changed_at = self.ages(&state, needed).await;
        let circumstances = Circumstances { now: at, changed_at, reason };
        let said = tokio::task::spawn_blocking(move || control::verdict(&state, &documents, &circumstances));
        said.await.map_err(refusal::internal)?.map_err(refusal::internal)
    }

    /// When documents were last written. What cannot be read now is left out, and counts as new.
    pub(crate) async fn ages(
        &self,
        state: &State,
        needed: impl IntoIterator<Item = (Kind, String)>,
    ) -> BTreeMap<(Kind, String), i64> {
        let revisions: Vec<_> =
            needed.into_iter().filter_map(|place| Some((state.revision(place.0, &place.1)?, place))).collect();
        let notes = self.notes(revisions.iter().map(|(rev, _)| *rev).collect()).await;
        revisions.into_iter().filter_map(|(rev, place)| Some((place, notes.get(&rev)?.at))).collect()
    }

    /// What a draft, alone, says about the last changes, each on the project as it was before it.
    pub(crate) async fn replay(&self, draft: Value, count: u32) -> Result<Checked, Problem> {
        let request = &self.request;
        let live = self.newest().await?;
        let with_draft = drafted(&live, draft.clone(), &request.inputs())?;
        let key = draft["key"].as_str().unwrap_or_default();
        let Some(policy) = with_draft.policies.get(key) else { return Err(refusal::not_found()) };
        let mut policy = Policy::clone(policy);
        policy.min_soak = None;
        let policy = Arc::new(policy);
        let query = HistoryQuery { before: Some(live.scope.rev + 1), limit: count, ..HistoryQuery::default() };
        let changes = self.history(query).await?;
        let mut state = State::clone(&live.state);
        let mut checked = Checked { changes: 0, cut: false, held: Vec::new() };
        for change in changes {
            let Some(documents) = self.go_back(&mut state, &change).await? else {
                checked.cut = true;
                break;
            };
            checked.changes += 1;
            let mut then = State::clone(&state);
            then.policies = [(key.to_owned(), Arc::clone(&policy))].into();
            let who = &change.attribution;
            let circumstances = Circumstances { now: who.at, reason: who.reason.clone(), changed_at: BTreeMap::new() };
            let said = tokio::task::spawn_blocking(move || control::verdict(&then, &documents, &circumstances));
            let verdict = said.await.map_err(refusal::internal)?.map_err(refusal::internal)?;
            if !verdict.is_clear() {
                checked.held.push((change, verdict));
            }
        }
        Ok(checked)
    }

    /// Takes a change back from a state; gives what it did. `None` where that is not known any more.
    async fn go_back(&self, state: &mut State, change: &Change) -> Result<Option<Documents>, Problem> {
        if !change.redacted.is_empty() {
            return Ok(None);
        }
        let mut documents = Documents::new();
        let mut places = Vec::new();
        for document in &change.documents {
            // What speaks of the log itself is no part of the project.
            let Some(kind) = Kind::parse(&document.kind) else { continue };
            let body = document.body.as_deref().map(serde_json::from_str).transpose().map_err(refusal::internal)?;
            documents.push((kind, document.key.clone(), body));
            places.push((document.kind.clone(), document.key.clone()));
        }
        let befores = self.past(change.rev.saturating_sub(1), &places).await?;
        let mut written = Vec::new();
        for ((kind, key), before) in places.into_iter().zip(befores) {
            match before {
                Past::Text(text) => written.push((kind, key, Some(text))),
                Past::Absent => written.push((kind, key, None)),
                Past::Redacted | Past::Pruned => return Ok(None),
            }
        }
        let rows = written.iter().map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_deref()));
        state.apply(change.rev.saturating_sub(1), rows).map_err(refusal::internal)?;
        Ok(Some(documents))
    }
}

/// The project with a draft of a policy, new or in place of the one with its key.
fn drafted(live: &LiveProject, draft: Value, inputs: &Inputs) -> Result<State, Problem> {
    let mut state = State::clone(&live.state);
    if let Some(key) = draft["key"].as_str() {
        state.policies.remove(key);
    }
    let documents = decide(&state, &Command::CreatePolicy { body: draft }, inputs);
    let documents = documents.map_err(|refused| below("/policy", refused))?;
    let texts: Vec<_> =
        documents.into_iter().map(|(kind, key, body)| (kind, key, body.map(|b| b.to_string()))).collect();
    let rows = texts.iter().map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_deref()));
    state.apply(live.scope.rev, rows).map_err(refusal::internal)?;
    Ok(state)
}

/// What is wrong, where it is in the whole body.
fn below(part: &str, mut refused: Refusal) -> Problem {
    for problem in &mut refused.problems {
        problem.pointer.insert_str(0, part);
    }
    refused.into()
}
