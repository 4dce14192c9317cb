//! Exposures: who was given which variant of a split, once each.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use yardarm_eval::ruleset::Version;

use crate::waiting::Waiting;

/// One day, milliseconds.
const DAY: i64 = 86_400_000;
/// How many exposures are remembered as sent.
const REMEMBERED: usize = 50_000;

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
    pub(crate) waiting: Waiting<Exposure>,
    state: Mutex<Seen>,
    hasher: RandomState,
}

#[derive(Default)]
struct Seen {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Exposure {
    /// Bytes of JSON, at most: escaped, a character can take six.
    pub(crate) fn size(&self) -> usize {
        200 + 6 * (self.flag.len() + self.variant.len() + self.unit.len())
    }
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
        drop(seen);
        let (unit, rule, version) = more();
        let version = format!("{}:{}", version.epoch, version.rev);
        self.waiting.add(Exposure { flag: flag.to_owned(), variant: variant.to_owned(), unit, rule, version, at: now });
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
        let taken = || exposures.waiting.take(usize::MAX, usize::MAX, Exposure::size).len();
        assert_eq!(taken(), 2);

        for unit in 0..REMEMBERED {
            add(&exposures, &format!("other-{unit}"), 0);
        }
        taken();
        add(&exposures, "u", 0);
        assert_eq!(taken(), 1, "forgotten by now");
    }
}
