//! Count batches on their way to the database: in order, retried under the same id, bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use yardarm_store::{Count, CountBatch, Store, StoreError};

use super::counts::Counts;
use crate::telemetry::Telemetry;

/// How long one transaction may take; the store's own deadline should pass first.
const DEADLINE: Duration = Duration::from_secs(10);
/// Batches written in one transaction: each costs a transaction's disk sync otherwise.
const TOGETHER: usize = 256;
/// Counts written in one transaction, unless a single batch has more.
const COUNTS_TOGETHER: usize = 10_000;

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

    /// Writes batches in order until none waits or the database is away, many in one transaction. What could not be
    /// written stays first and keeps its ids.
    #[expect(clippy::cast_precision_loss, reason = "a number of batches")]
    pub(super) async fn write(&self, store: &dyn Store, telemetry: &Telemetry) {
        let _one_at_a_time = self.writing.lock().await;
        // After a refusal one at a time, so that only the batch that is refused is given up.
        let mut singly = 0;
        loop {
            let some = self.next(if singly > 0 { 1 } else { TOGETHER });
            let Some(last) = some.last() else { break };
            let batches: Vec<_> =
                some.iter().map(|batch| CountBatch { id: &batch.id, counts: &batch.counts }).collect();
            match tokio::time::timeout(DEADLINE, store.add_counts(last.at, &batches)).await {
                Ok(Ok(())) => singly = usize::saturating_sub(singly, 1),
                Err(_) | Ok(Err(StoreError::Unavailable(_))) => {
                    tracing::warn!(batches = some.len(), "counts wait for the database");
                    self.put_back(some);
                    break;
                }
                // The database will not take it: trying for ever would hold up all the others.
                Ok(Err(error)) if some.len() == 1 => {
                    let dropped = last.counts.iter().fold(0, |sum: u64, count| sum.saturating_add(count.count));
                    telemetry.counts_dropped.increment(dropped);
                    tracing::error!(%error, batch = last.id, "the database refused a batch of counts; it is given up");
                    singly = usize::saturating_sub(singly, 1);
                }
                Ok(Err(_)) => {
                    singly = some.len();
                    self.put_back(some);
                }
            }
        }
        telemetry.counts_pending.set(self.waiting().len() as f64);
    }

    /// The first batches: at most `most`, and not many more counts than one statement takes.
    fn next(&self, most: usize) -> Vec<Batch> {
        let mut waiting = self.waiting();
        let mut counts = 0;
        let fits = |batch: &&Batch| {
            counts += batch.counts.len();
            counts <= COUNTS_TOGETHER
        };
        let number = waiting.iter().take(most).take_while(fits).count().max(1).min(waiting.len());
        waiting.drain(..number).collect()
    }

    fn put_back(&self, batches: Vec<Batch>) {
        let mut waiting = self.waiting();
        for batch in batches.into_iter().rev() {
            waiting.push_front(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yardarm_store::{Attribution, Commit, CountQuery, RowWrite, Scope, ScopeKind, Tenant};

    fn batch(id: &str, count: u64) -> Batch {
        let count = Count {
            tenant_id: "tnt_1".into(),
            scope_id: "tnt_1".into(),
            environment: "production".into(),
            flag: "f".into(),
            variant: "on".into(),
            reason: "STATIC".into(),
            sdk: "rust/1".into(),
            hour: 0,
            count,
        };
        Batch { id: id.into(), at: 0, counts: vec![count] }
    }

    #[tokio::test]
    async fn a_batch_waits_for_the_database_and_counts_once() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("counts.db").display());
        // What is tested is not how busy the machine is.
        let patient = yardarm_store::StoreOptions { deadline: std::time::Duration::from_mins(2), ..Default::default() };
        let store = yardarm_store::open_with(&url, &patient).await.unwrap();
        let away = yardarm_store::open("postgres://nobody:nothing@127.0.0.1:1/none").await.unwrap();
        let (id, key, epoch) = (String::from("tnt_1"), String::from("acme"), String::from("e1"));
        let tenant = Tenant { id: id.clone(), key: key.clone(), name: key.clone(), created_at: 0 };
        let scope = Scope { id: id.clone(), kind: ScopeKind::Tenant, tenant_id: id.clone(), key, epoch, rev: 0 };
        let attribution = Attribution {
            actor: "system:test".into(),
            actor_name: "Test".into(),
            via: "system".into(),
            action: "create".into(),
            reason: String::new(),
            trace_id: "0".repeat(32),
            at: 0,
        };
        let rows = vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope)];
        let commit = Commit {
            tenant_id: id.clone(),
            scope_id: id.clone(),
            expected: None,
            attribution,
            documents: vec![],
            rows,
        };
        store.commit(commit).await.unwrap();

        let (outbox, telemetry) = (Outbox::new(4), Telemetry::default());
        let waiting = || outbox.waiting().iter().map(|batch| batch.id.clone()).collect::<Vec<_>>();
        for id in ["a", "b"] {
            assert!(outbox.accept(batch(id, 2)).is_ok());
        }
        outbox.write(away.as_ref(), &telemetry).await;
        assert_eq!(waiting(), ["a", "b"], "in order, under the same ids");
        // An acknowledgement was lost, so it comes again.
        assert!(outbox.accept(batch("a", 2)).is_ok());
        assert!(outbox.accept(batch("c", 2)).is_err(), "no room but for this node's own");
        outbox.write(store.as_ref(), &telemetry).await;
        assert_eq!(waiting(), Vec::<String>::new());

        // Text that no database takes does not hold up, or take along, what came with it.
        let mut bad = batch("bad", 2);
        bad.counts[0].flag = "f\0".into();
        for batch in [batch("d", 2), bad, batch("e", 2)] {
            assert!(outbox.accept(batch).is_ok());
        }
        outbox.write(store.as_ref(), &telemetry).await;
        assert_eq!(waiting(), Vec::<String>::new());
        let query = CountQuery { tenant_id: id.clone(), scope_id: id, ..CountQuery::default() };
        let total: u64 = store.counts(query).await.unwrap().iter().map(|count| count.count).sum();
        assert_eq!(total, 8);
    }
}
