//! Counts, exposures and events on their way to `POST /sdk/v1/events`: idempotent batches, retried under the same id,
//! bounded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use serde::Serialize;
use tokio::time::sleep;
use yardarm_eval::ruleset::Reason;

use crate::Timing;
use crate::clock::now_ms;
use crate::counters::Counts;
use crate::exposures::Exposure;
use crate::held::Shared;
use crate::http::{Server, changed};
use crate::source::backoff::{Failure, random};
use crate::tracking::Event;

/// Counts are kept apart by this much time, so that late ones are still counted where they belong.
const WINDOW_MS: i64 = 3_600_000;
/// Counts in a batch: its body stays under the server's 1 MiB even when all keys have their greatest length.
const MAX_COUNTS: usize = 2_000;
/// Exposures, and events, in a batch.
const MAX_RECORDS: usize = 1_000;
/// A batch is closed when its exposures and events have so many bytes; one more can have a tenth of that at most.
const MAX_BYTES: usize = 256 << 10;
/// Distinct (window, flag, variant, reason) kept while the server is away; the oldest go first.
const MAX_WAITING: usize = 50_000;

/// What waits to be sent.
#[derive(Default)]
pub(crate) struct Outbox {
    /// (window start, flag, variant, reason) → count; ordered, so the first is the oldest.
    waiting: BTreeMap<(i64, String, String, Reason), u64>,
    /// Sent, not yet acknowledged: retried as it is, so that the server can tell a repetition.
    flying: Option<Flying>,
}

/// A batch under way.
#[derive(Clone, Debug, PartialEq)]
struct Flying {
    body: Bytes,
    evaluations: u64,
    exposures: usize,
    events: usize,
}

#[derive(Serialize)]
struct Batch<'a> {
    #[serde(rename = "batch")]
    id: String,
    sdk: Sdk,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counts: Vec<Count<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exposures: Vec<Exposure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
}

#[derive(Serialize)]
struct Sdk {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Count<'a> {
    flag: &'a str,
    /// Empty when the caller's default was answered.
    variant: &'a str,
    reason: Reason,
    #[serde(rename = "count")]
    times: u64,
    /// Milliseconds since 1970.
    start: i64,
}

impl Outbox {
    /// Collects what was counted and sends it, until nothing is left or a batch fails.
    pub(crate) async fn flush(&mut self, shared: &Arc<Shared>, server: &Server) -> Result<(), Failure> {
        let mut counts = Counts::new();
        shared.drain_counts(&mut counts);
        self.add(counts, now_ms(), shared);
        while let Some(flying) = self.next(shared) {
            match server.post("/sdk/v1/events", flying.body).await {
                Ok(_) => self.flying = None,
                Err(Failure::Rejected(message)) => {
                    tracing::warn!(message, "a batch of counts and events was refused and is given up");
                    shared.dropped.fetch_add(flying.evaluations, Ordering::Relaxed);
                    shared.exposures.waiting.give_up(flying.exposures);
                    shared.events.give_up(flying.events);
                    self.flying = None;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn add(&mut self, counts: Counts, now: i64, shared: &Shared) {
        let window = now - now.rem_euclid(WINDOW_MS);
        for ((flag, variant, reason), count) in counts {
            *self.waiting.entry((window, flag, variant, reason)).or_default() += count;
        }
        while self.waiting.len() > MAX_WAITING {
            if let Some((_, count)) = self.waiting.pop_first() {
                shared.dropped.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    fn next(&mut self, shared: &Shared) -> Option<Flying> {
        if self.flying.is_some() {
            return self.flying.clone();
        }
        let exposures = shared.exposures.waiting.take(MAX_RECORDS, MAX_BYTES, Exposure::size);
        let events = shared.events.take(MAX_RECORDS, MAX_BYTES, Event::size);
        if !self.waiting.is_empty() || !exposures.is_empty() || !events.is_empty() {
            let rest = match self.waiting.keys().nth(MAX_COUNTS).cloned() {
                Some(key) => self.waiting.split_off(&key),
                None => BTreeMap::new(),
            };
            let part = std::mem::replace(&mut self.waiting, rest);
            let counts = part.iter().map(|((start, flag, variant, reason), count)| Count {
                flag,
                variant,
                reason: *reason,
                times: *count,
                start: *start,
            });
            let (exposed, tracked) = (exposures.len(), events.len());
            let batch = Batch {
                id: uuid::Uuid::now_v7().to_string(),
                sdk: Sdk { name: "rust", version: env!("CARGO_PKG_VERSION") },
                counts: counts.collect(),
                exposures,
                events,
            };
            let body = serde_json::to_vec(&batch).expect("strings and finite numbers are always JSON");
            self.flying = Some(Flying {
                body: body.into(),
                evaluations: part.values().sum(),
                exposures: exposed,
                events: tracked,
            });
        }
        self.flying.clone()
    }
}

/// Flushes at intervals until it is dropped.
pub(crate) async fn deliver(outbox: &mut Outbox, shared: Arc<Shared>, server: Server, timing: Timing) {
    let (mut asked, mut keys) = (shared.board.flushes(), server.keys());
    let mut wait = timing.flush.mul_f64(0.9 + 0.2 * random());
    loop {
        tokio::select! {
            () = sleep(wait) => {},
            _ = asked.changed() => {},
            () = changed(&mut keys) => {},
        }
        // Read before collecting: what was counted before the question is part of the answer.
        let number = *asked.borrow_and_update();
        let flushed = outbox.flush(&shared, &server).await;
        shared.board.flushed(number, flushed.is_ok());
        let spread = 0.8 + 0.4 * random();
        wait = match flushed {
            Ok(()) => timing.flush.mul_f64(0.9 + 0.2 * random()),
            Err(Failure::RetryAfter(_, wait)) => wait.min(timing.slow).mul_f64(spread).max(timing.retry_floor),
            Err(Failure::Refused(_) | Failure::Rejected(_)) => timing.slow.mul_f64(1.0 - 0.5 * random()),
            Err(Failure::Lost(_) | Failure::Left(..)) => timing.flush.mul_f64(spread),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(range: std::ops::Range<usize>) -> Counts {
        range.map(|n| ((format!("flag-{n:06}"), String::from("on"), Reason::Static), 2)).collect()
    }

    #[test]
    fn a_batch_keeps_its_id_until_it_is_acknowledged() {
        let shared = Shared::new(None);
        let mut outbox = Outbox::default();
        outbox.add(counts(0..3), 7_200_001, &shared);
        let first = outbox.next(&shared).unwrap();
        outbox.add(counts(0..3), 7_200_002, &shared);
        assert_eq!(outbox.next(&shared).unwrap(), first);
        outbox.flying = None;
        let second = outbox.next(&shared).unwrap();
        assert_eq!((first.evaluations, second.evaluations), (6, 6));
        let parse = |bytes: &Bytes| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
        assert_ne!(parse(&first.body)["batch"], parse(&second.body)["batch"]);
        assert_eq!(parse(&first.body)["counts"], parse(&second.body)["counts"]);
        assert_eq!(parse(&first.body)["counts"][0]["start"], 7_200_000);
        outbox.flying = None;
        assert!(outbox.next(&shared).is_none());
    }

    #[test]
    fn many_counts_go_in_several_batches_and_the_oldest_are_given_up() {
        let shared = Shared::new(None);
        let mut outbox = Outbox::default();
        outbox.add(counts(0..MAX_COUNTS + 1), 0, &shared);
        assert_eq!(outbox.next(&shared).unwrap().evaluations, 2 * MAX_COUNTS as u64);
        outbox.flying = None;
        assert_eq!(outbox.next(&shared).unwrap().evaluations, 2);
        outbox.flying = None;

        outbox.add(counts(0..100), 0, &shared);
        outbox.add(counts(0..MAX_WAITING), WINDOW_MS, &shared);
        assert_eq!(outbox.waiting.len(), MAX_WAITING);
        assert!(outbox.waiting.keys().all(|key| key.0 == WINDOW_MS));
        assert_eq!(shared.dropped.load(Ordering::Relaxed), 200);
    }
}
