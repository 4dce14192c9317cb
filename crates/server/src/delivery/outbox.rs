//! Count batches on their way to the database: in order, retried under the same id, bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use yardarm_store::{Count, Store};

use super::counts::Counts;
use crate::telemetry::Telemetry;

/// How long one batch may take; the store's own deadline should pass first.
const DEADLINE: Duration = Duration::from_secs(10);

/// A batch. The store adds one id only once, so a repetition is harmless.
pub(super) struct Batch {
    /// Unique.
    pub(super) id: String,
    /// When it came.
    pub(super) at: i64,
    /// What was counted.
    pub(super) counts: Vec<Count>,
}

/// Batches that wait.
pub(super) struct Outbox {
    waiting: Mutex<VecDeque<Batch>>,
    writing: tokio::sync::Mutex<()>,
    most: usize,
}

impl Outbox {
    /// Empty, with room for `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: Mutex::default(), writing: tokio::sync::Mutex::default(), most: most.max(2) }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Batch>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a batch; gives it back when there is no room.
    pub(super) fn accept(&self, batch: Batch) -> Result<(), Batch> {
        let mut waiting = self.waiting();
        // One place is kept for what this node counted itself.
        if waiting.len() + 1 >= self.most {
            return Err(batch);
        }
        waiting.push_back(batch);
        Ok(())
    }

    /// Makes a batch of what was counted here. While there is no room it stays counted: the maps are bounded, too.
    pub(super) fn collect(&self, counts: &Counts, now: i64, telemetry: &Telemetry) {
        if self.waiting().len() >= self.most {
            return;
        }
        let (counts, dropped) = counts.take(now);
        telemetry.counts_dropped.increment(dropped);
        if !counts.is_empty() {
            let id = format!("node:{}", uuid::Uuid::now_v7().simple());
            self.waiting().push_back(Batch { id, at: now, counts });
        }
    }

    /// Writes batches in order until none waits or one fails. The failed one stays first and keeps its id.
    #[expect(clippy::cast_precision_loss, reason = "a number of batches")]
    pub(super) async fn write(&self, store: &dyn Store, telemetry: &Telemetry) {
        let _one_at_a_time = self.writing.lock().await;
        loop {
            let Some(Batch { id, at, counts }) = self.waiting().pop_front() else { break };
            match tokio::time::timeout(DEADLINE, store.add_counts(&id, at, &counts)).await {
                Ok(Ok(())) => {}
                Ok(Err(yardarm_store::StoreError::Database(why))) => {
                    // The database answered and will not take it: trying for ever would hold up all the others.
                    telemetry.counts_dropped.increment(counts.iter().map(|count| count.count).sum());
                    tracing::error!(why, batch = id, "the database refused a batch of counts; it is given up");
                }
                failed => {
                    tracing::warn!(?failed, batch = id, "counts wait for the database");
                    self.waiting().push_front(Batch { id, at, counts });
                    break;
                }
            }
        }
        telemetry.counts_pending.set(self.waiting().len() as f64);
    }
}
