//! Who made which revision: a bounded note of recent changes, so that lists can say it without asking the database.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use yardarm_store::{Change, Millis};

/// Notes kept; the oldest go first.
const CAPACITY: usize = 20_000;
/// Touched documents kept in a note; an import touches thousands and nobody reads them from here.
const DOCUMENTS: usize = 100;

/// What lists and streams say about a change.
#[derive(Clone, Debug)]
pub(crate) struct ChangeNote {
    /// Revision.
    pub(crate) rev: u64,
    /// When.
    pub(crate) at: Millis,
    /// Shown name.
    pub(crate) actor_name: String,
    /// `configuration.update`.
    pub(crate) action: String,
    /// W3C trace id.
    pub(crate) trace_id: String,
    /// Kind and key of the first [`DOCUMENTS`] documents.
    pub(crate) documents: Vec<(String, String)>,
}

impl From<&Change> for ChangeNote {
    fn from(change: &Change) -> Self {
        Self {
            rev: change.rev,
            at: change.attribution.at,
            actor_name: change.attribution.actor_name.clone(),
            action: change.attribution.action.clone(),
            trace_id: change.attribution.trace_id.clone(),
            documents: change
                .documents
                .iter()
                .take(DOCUMENTS)
                .map(|document| (document.kind.clone(), document.key.clone()))
                .collect(),
        }
    }
}

type Key = (String, String, u64);

#[derive(Default)]
pub(super) struct RecentChanges {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    notes: HashMap<Key, Arc<ChangeNote>>,
    /// Oldest first.
    order: VecDeque<Key>,
}

impl RecentChanges {
    pub(super) fn get(&self, scope_id: &str, epoch: &str, rev: u64) -> Option<Arc<ChangeNote>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.notes.get(&(scope_id.to_owned(), epoch.to_owned(), rev)).cloned()
    }

    /// A note whose change was redacted must be read again.
    pub(super) fn forget(&self, scope_id: &str, epoch: &str, rev: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.notes.remove(&(scope_id.to_owned(), epoch.to_owned(), rev));
    }

    pub(super) fn put(&self, scope_id: &str, epoch: &str, note: Arc<ChangeNote>) {
        let key = (scope_id.to_owned(), epoch.to_owned(), note.rev);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.notes.insert(key.clone(), note).is_none() {
            kept.order.push_back(key);
        }
        while kept.order.len() > CAPACITY {
            if let Some(oldest) = kept.order.pop_front() {
                kept.notes.remove(&oldest);
            }
        }
    }
}
