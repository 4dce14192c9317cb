//! The past of a project, and what happened in it lately.

use std::collections::HashMap;
use std::sync::Arc;

use yardarm_store::{Change, Count, CountQuery, Document, HistoryQuery, Past};

use super::access::ProjectAccess;
use super::recent::ChangeNote;
use super::refusal;
use super::right::Right;
use crate::problem::Problem;

impl<R: Right> ProjectAccess<R> {
    /// Changes, newest first.
    pub(crate) async fn history(&self, query: HistoryQuery) -> Result<Vec<Change>, Problem> {
        self.request.gate.store.history(self.scope(), query).await.map_err(Problem::from)
    }

    /// One change.
    pub(crate) async fn past_change(&self, rev: u64) -> Result<Change, Problem> {
        let change = self.request.gate.store.change(self.scope(), rev).await?;
        change.ok_or_else(refusal::not_found)
    }

    /// A document as it was at a revision.
    pub(crate) async fn document_at(&self, kind: &str, key: &str, rev: u64) -> Result<Option<Document>, Problem> {
        self.request.gate.store.document_at(self.scope(), kind, key, rev).await.map_err(Problem::from)
    }

    /// What documents (kind, key) were at a revision.
    pub(crate) async fn past(&self, rev: u64, documents: &[(String, String)]) -> Result<Vec<Past>, Problem> {
        self.request.gate.store.past(self.scope(), rev, documents).await.map_err(Problem::from)
    }

    /// Evaluation counts of this project.
    pub(crate) async fn counts(
        &self,
        environment: Option<String>,
        flag: Option<String>,
        since: i64,
    ) -> Result<Vec<Count>, Problem> {
        let query = CountQuery {
            tenant_id: self.scope().tenant_id.to_owned(),
            scope_id: self.scope_id().to_owned(),
            environment,
            flag,
            since,
        };
        self.request.gate.store.counts(query).await.map_err(Problem::from)
    }

    /// Who made these revisions. From memory; what is not there is read once. A revision that cannot be read now is left
    /// out: lists do without it.
    pub(crate) async fn notes(&self, revs: Vec<u64>) -> HashMap<u64, Arc<ChangeNote>> {
        let gate = &self.request.gate;
        let epoch = &self.live().scope.epoch;
        let mut notes = HashMap::new();
        for rev in revs {
            if notes.contains_key(&rev) {
                continue;
            }
            if let Some(note) = gate.api.recent.get(self.scope_id(), epoch, rev) {
                notes.insert(rev, note);
                continue;
            }
            match gate.store.change(self.scope(), rev).await {
                Ok(Some(change)) => {
                    let note = Arc::new(ChangeNote::from(&change));
                    gate.api.recent.put(self.scope_id(), epoch, Arc::clone(&note));
                    notes.insert(rev, note);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, rev, "a list goes without the authors of changes");
                    break;
                }
            }
        }
        notes
    }

    /// An environment's compiled ruleset, for evaluating in the console.
    pub(crate) fn published(&self, environment: &str) -> Option<Arc<yardarm_hub::Published>> {
        self.request.gate.hub.environment(self.scope_id(), environment).map(|live| live.published())
    }
}
