//! Exposures: who was given which variant of a split, once each.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use yardarm_eval::ruleset::Version;

/// One day, milliseconds.
const DAY: i64 = 86_400_000;
/// How many exposures are remembered as sent.
const REMEMBERED: usize = 50_000;
/// How many wait; the oldest are given up beyond it.
pub(crate) const MAX_WAITING: usize = 10_000;

/// As the batch has it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Exposure {
    pub(crate) flag: String,
    pub(crate) variant: String,
    pub(crate) unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// `epoch:rev`.
    pub(crate) version: String,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
}

/// What is remembered and what waits.
#[derive(Default)]
pub(crate) struct Exposures {
    state: Mutex<Seen>,
    hasher: RandomState,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Seen {
    known: HashSet<u64>,
    order: VecDeque<u64>,
    waiting: VecDeque<Exposure>,
}

impl Exposures {
    /// Records that a unit was given a variant, unless it is known.
    pub(crate) fn add(
        &self,
        (flag, variant, unit): (&str, &str, &str),
        now: i64,
        more: impl FnOnce() -> (String, Option<String>, Version),
    ) {
        let id = self.hasher.hash_one((flag, variant, unit, now.div_euclid(DAY)));
        let mut seen = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.known.insert(id) {
            return;
        }
        seen.order.push_back(id);
        if seen.order.len() > REMEMBERED
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.known.remove(&oldest);
        }
        let (unit, rule, version) = more();
        let version = format!("{}:{}", version.epoch, version.rev);
        let exposure = Exposure { flag: flag.to_owned(), variant: variant.to_owned(), unit, rule, version, at: now };
        seen.waiting.push_back(exposure);
        if seen.waiting.len() > MAX_WAITING {
            seen.waiting.pop_front();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes the oldest that wait: at most so many, and not many more bytes.
    pub(crate) fn take(&self, most: usize, bytes: usize) -> Vec<Exposure> {
        let mut seen = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut size = 0;
        let fits = |exposure: &&Exposure| {
            // Escaped, a character can take six bytes.
            size += 200 + 6 * (exposure.flag.len() + exposure.variant.len() + exposure.unit.len());
            size <= bytes
        };
        let number = seen.waiting.iter().take(most).take_while(fits).count().max(1).min(seen.waiting.len());
        seen.waiting.drain(..number).collect()
    }

    pub(crate) fn give_up(&self, number: usize) {
        self.dropped.fetch_add(number as u64, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(exposures: &Exposures, unit: &str, now: i64) {
        exposures.add(("f", "on", unit), now, || (unit.to_owned(), None, Version::default()));
    }

    #[test]
    fn a_unit_is_exposed_once_a_day_and_the_memory_is_bounded() {
        let exposures = Exposures::default();
        for now in [0, 1, DAY - 1, DAY, DAY + 1] {
            add(&exposures, "u", now);
        }
        assert_eq!(exposures.take(10, usize::MAX).len(), 2);

        for unit in 0..MAX_WAITING + 3 {
            add(&exposures, &unit.to_string(), 0);
        }
        assert_eq!(exposures.dropped(), 3);
        assert_eq!(exposures.take(1, usize::MAX)[0].unit, "3", "the oldest went");
        for unit in 0..REMEMBERED {
            add(&exposures, &format!("other-{unit}"), 0);
        }
        exposures.take(usize::MAX, usize::MAX);
        add(&exposures, "5", 0);
        assert_eq!(exposures.take(10, usize::MAX).len(), 1, "forgotten by now");
    }
}
