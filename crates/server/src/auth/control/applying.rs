//! Applying a change request: what was asked for and consented to, exactly, in one commit with its end.

use std::sync::Arc;

use yardarm_hub::LiveProject;
use yardarm_model::change_request::{self, ChangeRequest, Outcome, Stage};
use yardarm_model::command::{Command, Documents, decide};
use yardarm_model::document::Kind;

use super::book::{document, found, reason_of};
use super::refusals;
use crate::auth::access::ProjectAccess;
use crate::auth::change::{Changed, TRIES, revision};
use crate::auth::refusal;
use crate::auth::right::Writes;
use crate::problem::Problem;

/// On whose sign a request is applied.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign<'a> {
    /// Somebody says so.
    Somebody,
    /// Its time has come, for this content.
    Time(&'a str),
}

impl<R: Writes> ProjectAccess<R> {
    /// Applies a request that has all the consent it needs at this moment.
    pub(crate) async fn apply_change_request(&self, id: &str) -> Result<Changed, Problem> {
        self.apply_on(id, Sign::Somebody).await
    }

    pub(super) async fn apply_on(&self, id: &str, sign: Sign<'_>) -> Result<Changed, Problem> {
        let _turn = self.turn().await?;
        for _ in 0..TRIES {
            let live = self.newest().await?;
            let request = Arc::clone(found(&live.state, id)?);
            ready(&request, sign)?;
            self.request.check_revision(revision(&live.state, Kind::ChangeRequest, id))?;
            let moved = change_request::moved(&live.state, &request);
            if !moved.is_empty() {
                return Err(refusals::moved(&moved));
            }
            let documents = self.decided(&live, &request).await?;
            let authority = self.request.authority_now().await?;
            if let Some(permission) = self.missing(&authority, &live.state, &documents) {
                return Err(refusal::forbidden(permission));
            }
            let verdict = self.judge(&live, &documents, &reason_of(&request, &self.request.reason)).await?;
            let standing = self.standing(&request, &verdict, false);
            let passage = self.heed(&authority, &verdict, &standing.needed, Some((id, &request)))?;
            let mut after = ChangeRequest::clone(&request);
            // The commit is made on exactly this revision, so it is known before.
            let revision = Some(live.scope.rev + 1);
            after.end(Stage::Applied, Outcome { revision, ..self.outcome() });
            let mut all = Documents::clone(&documents);
            all.push(document(id, &after));
            if let Some(made) = self.commit_for(&live, all, passage, &reason_of(&request, &self.request.reason)).await?
            {
                return Ok(made);
            }
        }
        Err(refusal::busy())
    }

    /// What the request leaves, decided anew: on the documents that it was made from that gives what was approved, or
    /// something is not as it was and nothing is applied.
    async fn decided(&self, live: &Arc<LiveProject>, request: &Arc<ChangeRequest>) -> Result<Arc<Documents>, Problem> {
        let (state, asked, inputs) = (Arc::clone(&live.state), Arc::clone(request), self.request.inputs());
        let made = tokio::task::spawn_blocking(move || {
            let pinned = change_request::hash(&asked.items, &asked.depends, asked.schedule.as_ref());
            let wanted = sorted(asked.documents());
            let left = sorted(decide(&state, &Command::RestoreDocuments { documents: wanted.clone() }, &inputs)?);
            if pinned != asked.hash || left != wanted {
                let differing = wanted.into_iter().filter(|document| !left.contains(document));
                let places: Vec<_> = differing.map(|(kind, key, _)| (kind, key)).collect();
                return Err(refusals::moved(&places));
            }
            Ok::<_, Problem>(Arc::new(left))
        });
        made.await.map_err(refusal::internal)?
    }
}

fn ready(request: &ChangeRequest, sign: Sign<'_>) -> Result<(), Problem> {
    if !matches!(request.stage, Stage::Open | Stage::Draft) {
        return Err(refusals::wrong_stage(request.stage, "a draft or open"));
    }
    if request.items.is_empty() {
        return Err(refusals::empty());
    }
    match (sign, &request.schedule) {
        (Sign::Somebody, None) => Ok(()),
        (Sign::Somebody, Some(_)) => Err(refusals::is_scheduled()),
        (Sign::Time(hash), Some(_)) if request.hash == hash => Ok(()),
        (Sign::Time(_), _) => Err(refusals::not_scheduled()),
    }
}

fn sorted(mut documents: Documents) -> Documents {
    documents.sort_by(|(kind, key, _), (other_kind, other_key, _)| (kind, key).cmp(&(other_kind, other_key)));
    documents
}
