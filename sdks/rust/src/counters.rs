//! Evaluation counters: how often each (flag, variant, reason) was answered.
//!
//! A [`Tally`] belongs to one snapshot and is indexed by the snapshot's own flag and variant indices. The first threads
//! have a shard each, in which counting is a load and a store; later ones share. Nothing is allocated after the first
//! answer of a flag on a shard.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use yardarm_eval::Answer;
use yardarm_eval::ruleset::Reason;

/// So many threads have a shard each; all others are spread over as many more.
const OWN: usize = 16;
const SHARDS: usize = 2 * OWN;
/// Variants counted without a lock; flags with more use a shared map for the rest.
const DENSE: usize = 8;

/// Counts drained from tallies: (flag, variant or empty, reason) → count.
pub(crate) type Counts = BTreeMap<(String, String, Reason), u64>;

type Shard = Box<[OnceLock<Box<FlagCounts>>]>;

struct FlagCounts {
    key: Box<str>,
    variants: [OnceLock<Box<str>>; DENSE],
    /// Row 0 is "no variant"; row n + 1 is variant n. Only ever grows (and wraps), so that nobody but its thread writes it.
    counts: Grid,
    /// How far `counts` was drained.
    drained: Grid,
}

type Grid = [[AtomicU32; Reason::ALL.len()]; DENSE + 1];

pub(crate) struct Tally {
    flags: usize,
    shards: [OnceLock<Shard>; SHARDS],
    rare: Mutex<Counts>,
    draining: Mutex<()>,
}

impl Tally {
    pub(crate) fn new(flags: usize) -> Self {
        let shards = [const { OnceLock::new() }; SHARDS];
        Self { flags, shards, rare: Mutex::default(), draining: Mutex::default() }
    }

    #[inline]
    pub(crate) fn count(&self, key: &str, index: u32, answer: &Answer<'_>) {
        let mine = shard_index();
        let shard = self.shards[mine].get_or_init(|| (0..self.flags).map(|_| OnceLock::new()).collect());
        let Some(flag) = shard.get(index as usize) else { return };
        let flag = flag.get_or_init(|| Box::new(FlagCounts::new(key)));
        let reason = answer.reason;
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
        let count = &flag.counts[row][reason as usize];
        if mine < OWN {
            count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        } else {
            count.fetch_add(1, Ordering::Release);
        }
    }

    /// Moves everything counted so far into `into`.
    pub(crate) fn drain(&self, into: &mut Counts) {
        let _one_at_a_time = self.draining.lock().unwrap_or_else(PoisonError::into_inner);
        for flag in self.shards.iter().filter_map(OnceLock::get).flat_map(|s| s.iter()).filter_map(OnceLock::get) {
            for (row, (counts, drained)) in flag.counts.iter().zip(&flag.drained).enumerate() {
                for (reason, (count, drained)) in Reason::ALL.into_iter().zip(counts.iter().zip(drained)) {
                    // With it comes the variant's name, which was written before.
                    let count = count.load(Ordering::Acquire);
                    let count = count.wrapping_sub(drained.swap(count, Ordering::Relaxed));
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
        let variants = [const { OnceLock::new() }; DENSE];
        Self { key: key.into(), variants, counts: Grid::default(), drained: Grid::default() }
    }
}

#[inline]
fn shard_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            mine.set(if number < OWN { number } else { OWN + number % OWN });
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
        let start = std::sync::Barrier::new(2 * SHARDS);
        std::thread::scope(|scope| {
            // Both threads with a shard of their own and threads that share one.
            for _ in 0..2 * SHARDS {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..20_000 {
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
            (("a".to_owned(), "on".to_owned(), Reason::Split), 1_280_000),
            (("b".to_owned(), String::new(), Reason::Error), 1_280_000),
            (("b".to_owned(), "v9".to_owned(), Reason::Static), 1_280_000),
        ];
        assert_eq!(counts, Counts::from(expected));
    }
}
