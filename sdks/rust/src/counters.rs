//! Evaluation counters: how often each (flag, variant, reason) was answered.
//!
//! A [`Tally`] belongs to one snapshot and is indexed by the snapshot's own flag and variant indices, so that counting
//! is one relaxed addition on a cache line that other threads do not touch. Nothing is allocated after the first
//! answer of a flag on a thread's shard.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use yardarm_eval::Answer;
use yardarm_eval::ruleset::Reason;

/// Threads are spread over this many shards.
const SHARDS: usize = 16;
/// Variants counted without a lock; flags with more use a shared map for the rest.
const DENSE: usize = 8;

const REASONS: [Reason; 7] = [
    Reason::Static,
    Reason::Default,
    Reason::TargetingMatch,
    Reason::Split,
    Reason::Disabled,
    Reason::PrerequisiteFailed,
    Reason::Error,
];

fn reason_index(reason: Reason) -> usize {
    match reason {
        Reason::Static => 0,
        Reason::Default => 1,
        Reason::TargetingMatch => 2,
        Reason::Split => 3,
        Reason::Disabled => 4,
        Reason::PrerequisiteFailed => 5,
        Reason::Error => 6,
    }
}

/// Counts drained from tallies: (flag, variant or empty, position in [`REASONS`]) → count.
pub(crate) type Counts = BTreeMap<(String, String, usize), u64>;

pub(crate) fn reason_at(index: usize) -> Reason {
    REASONS.get(index).copied().unwrap_or(Reason::Error)
}

type Shard = Box<[OnceLock<Box<FlagCounts>>]>;

struct FlagCounts {
    key: Box<str>,
    variants: [OnceLock<Box<str>>; DENSE],
    /// Row 0 is "no variant"; row n + 1 is variant n.
    counts: [[AtomicU32; REASONS.len()]; DENSE + 1],
}

pub(crate) struct Tally {
    flags: usize,
    shards: [OnceLock<Shard>; SHARDS],
    rare: Mutex<Counts>,
}

impl Tally {
    pub(crate) fn new(flags: usize) -> Self {
        Self { flags, shards: [const { OnceLock::new() }; SHARDS], rare: Mutex::default() }
    }

    pub(crate) fn count(&self, key: &str, index: u32, answer: &Answer<'_>) {
        let shard = self.shards[shard_index()].get_or_init(|| (0..self.flags).map(|_| OnceLock::new()).collect());
        let Some(flag) = shard.get(index as usize) else { return };
        let flag = flag.get_or_init(|| Box::new(FlagCounts::new(key)));
        let reason = reason_index(answer.reason);
        let row = match (answer.variant, answer.variant_index) {
            (None, _) => 0,
            (Some(variant), Some(index)) if (index as usize) < DENSE => {
                flag.variants[index as usize].get_or_init(|| variant.into());
                index as usize + 1
            }
            (Some(variant), _) => {
                let mut rare = self.rare.lock().unwrap_or_else(PoisonError::into_inner);
                *rare.entry((key.to_owned(), variant.to_owned(), reason)).or_default() += 1;
                return;
            }
        };
        flag.counts[row][reason].fetch_add(1, Ordering::Relaxed);
    }

    /// Moves everything counted so far into `into`.
    pub(crate) fn drain(&self, into: &mut Counts) {
        for flag in self.shards.iter().filter_map(OnceLock::get).flat_map(|s| s.iter()).filter_map(OnceLock::get) {
            for (row, counts) in flag.counts.iter().enumerate() {
                for (reason, count) in counts.iter().enumerate() {
                    let count = count.swap(0, Ordering::Relaxed);
                    if count > 0 {
                        let variant = row.checked_sub(1).and_then(|i| flag.variants[i].get());
                        let variant = variant.map_or_else(String::new, ToString::to_string);
                        *into.entry((flag.key.to_string(), variant, reason)).or_default() += u64::from(count);
                    }
                }
            }
        }
        let rare = std::mem::take(&mut *self.rare.lock().unwrap_or_else(PoisonError::into_inner));
        for (key, count) in rare {
            *into.entry(key).or_default() += count;
        }
    }
}

impl FlagCounts {
    fn new(key: &str) -> Self {
        Self { key: key.into(), variants: [const { OnceLock::new() }; DENSE], counts: Default::default() }
    }
}

fn shard_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
        }
        mine.get()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(variant: Option<(&'static str, u32)>, reason: Reason) -> Answer<'static> {
        Answer {
            value: None,
            variant: variant.map(|v| v.0),
            variant_index: variant.map(|v| v.1),
            reason,
            rule: None,
            error: None,
        }
    }

    #[test]
    fn every_count_is_drained_exactly_once_over_threads() {
        let tally = Tally::new(2);
        let mut counts = Counts::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        tally.count("a", 0, &answer(Some(("on", 1)), Reason::Split));
                        tally.count("b", 1, &answer(None, Reason::Error));
                        tally.count("b", 1, &answer(Some(("v9", 9)), Reason::Static));
                    }
                });
            }
            tally.drain(&mut counts);
        });
        tally.drain(&mut counts);
        tally.drain(&mut counts);
        let expected = [
            (("a".to_owned(), "on".to_owned(), reason_index(Reason::Split)), 4_000),
            (("b".to_owned(), String::new(), reason_index(Reason::Error)), 4_000),
            (("b".to_owned(), "v9".to_owned(), reason_index(Reason::Static)), 4_000),
        ];
        assert_eq!(counts, Counts::from(expected));
    }

    #[test]
    fn reasons_and_their_positions_agree() {
        for (index, reason) in REASONS.iter().enumerate() {
            assert_eq!(reason_index(*reason), index);
        }
    }
}
