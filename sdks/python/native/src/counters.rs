//! Evaluation counters: how often each (flag, variant, reason) was answered.
//!
//! A tally belongs to one snapshot and is indexed by the snapshot's own flag and variant positions, so that counting is
//! one relaxed addition. Nothing is allocated after the first answer of a flag.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use yardarm_eval::Answer;
use yardarm_eval::ruleset::Reason;

/// Variants counted without a lock; flags with more use a shared map for the rest.
const DENSE: usize = 8;

/// (flag, variant or empty, reason) → count.
pub(crate) type Counts = BTreeMap<(String, String, &'static str), u64>;

pub(crate) struct Tally {
    flags: Box<[OnceLock<Box<FlagCounts>>]>,
    rare: Mutex<Counts>,
}

struct FlagCounts {
    key: Box<str>,
    variants: [OnceLock<Box<str>>; DENSE],
    /// Row 0 is "no variant"; row n + 1 is variant n.
    counts: [[AtomicU32; Reason::ALL.len()]; DENSE + 1],
}

impl Tally {
    /// For so many flag positions.
    pub(crate) fn new(flags: usize) -> Self {
        Self { flags: (0..flags).map(|_| OnceLock::new()).collect(), rare: Mutex::default() }
    }

    pub(crate) fn count(&self, key: &str, index: u32, answer: &Answer<'_>) {
        let Some(flag) = self.flags.get(index as usize) else { return };
        let flag = flag.get_or_init(|| Box::new(FlagCounts::new(key)));
        let row = match (answer.variant, answer.variant_index) {
            (None, _) => 0,
            (Some(variant), Some(index)) if (index as usize) < DENSE => {
                flag.variants[index as usize].get_or_init(|| variant.into());
                index as usize + 1
            }
            (Some(variant), _) => {
                let mut rare = self.rare.lock().unwrap_or_else(PoisonError::into_inner);
                *rare.entry((key.to_owned(), variant.to_owned(), answer.reason.as_str())).or_default() += 1;
                return;
            }
        };
        flag.counts[row][answer.reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Moves everything counted so far into `into`.
    pub(crate) fn drain(&self, into: &mut Counts) {
        for flag in self.flags.iter().filter_map(OnceLock::get) {
            for (row, counts) in flag.counts.iter().enumerate() {
                for (count, reason) in counts.iter().zip(Reason::ALL) {
                    let count = count.swap(0, Ordering::Relaxed);
                    if count > 0 {
                        let variant = row.checked_sub(1).and_then(|at| flag.variants[at].get());
                        let variant = variant.map_or_else(String::new, ToString::to_string);
                        *into.entry((flag.key.to_string(), variant, reason.as_str())).or_default() += u64::from(count);
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
