//! Budgets by id in a fixed piece of memory: no lock, no allocation, nothing to sweep.
//!
//! The generic cell rate algorithm keeps one number for each budget, the instant at which it is whole again. A number that
//! lies in the past says nothing, so its cell is free for somebody else: that is all the forgetting there is. When every cell
//! of a set is in use the one closest to whole is taken over, so whoever floods with ever new ids pushes out those that
//! were about to be forgotten.
//!
//! `governor` does the same arithmetic, but with one rate for a whole map, which locks and grows; here rates differ by
//! class and budgets are bounded.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Rate;

/// Cells of a set: a set is two cache lines.
const WAYS: usize = 8;

/// A fixed number of budgets.
pub(crate) struct Cells {
    sets: Box<[[Cell; WAYS]]>,
    /// Random in each process, so that nobody can aim at somebody else's cell.
    hasher: RandomState,
}

#[derive(Default)]
struct Cell {
    /// Whose: a hash that is never 0.
    id: AtomicU64,
    /// Nanoseconds since 1970.
    whole_at: AtomicU64,
}

/// What was found when something was to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Whether it was taken.
    pub(crate) allowed: bool,
    /// What could be taken now.
    pub(crate) remaining: u64,
    /// Nanoseconds until the budget is whole.
    pub(crate) whole_in: u64,
    /// Nanoseconds until one can be taken; 0 when one was.
    pub(crate) wait: u64,
}

impl Cells {
    /// At least so many.
    pub(crate) fn new(cells: usize) -> Self {
        let sets = cells.div_ceil(WAYS).max(1);
        Self { sets: (0..sets).map(|_| Default::default()).collect(), hasher: RandomState::new() }
    }

    /// The number of somebody's budget.
    pub(crate) fn id(&self, whose: impl Hash) -> u64 {
        self.hasher.hash_one(whose).max(1)
    }

    /// Takes one out of a budget, if there is one. `now`: nanoseconds since 1970.
    pub(crate) fn take(&self, id: u64, rate: Rate, now: u64) -> Taken {
        let (each, whole) = (rate.each(), rate.whole());
        // A clock that went back, or a rate that was lowered, must not make anybody wait longer than for a whole budget.
        let standing = |whole_at: u64| whole_at.clamp(now, now.saturating_add(whole));
        let next = |whole_at: u64| {
            let from = standing(whole_at);
            let next = from.saturating_add(each);
            if next - now <= whole {
                return Some(next);
            }
            // Nothing to write, unless the clock went back.
            (from != whole_at).then_some(from)
        };
        let cell = self.cell(id, now);
        let (Ok(before) | Err(before)) = cell.whole_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let whole_in = standing(before) + each - now;
        if whole_in <= whole {
            return Taken { allowed: true, remaining: (whole - whole_in) / each, whole_in, wait: 0 };
        }
        Taken { allowed: false, remaining: 0, whole_in: whole_in - each, wait: whole_in - whole }
    }

    /// Makes a budget whole again.
    pub(crate) fn forget(&self, id: u64) {
        if let Some(cell) = self.set(id).iter().find(|cell| cell.id.load(Ordering::Relaxed) == id) {
            cell.whole_at.store(0, Ordering::Relaxed);
        }
    }

    /// Notes something about an id until an instant, in place of a budget.
    pub(crate) fn note(&self, id: u64, until: u64, now: u64) {
        self.cell(id, now).whole_at.store(until, Ordering::Relaxed);
    }

    /// Whether something noted is still so.
    pub(crate) fn noted(&self, id: u64, now: u64) -> bool {
        let mine = |cell: &&Cell| cell.id.load(Ordering::Relaxed) == id;
        self.set(id).iter().find(mine).is_some_and(|cell| cell.whole_at.load(Ordering::Relaxed) > now)
    }

    fn set(&self, id: u64) -> &[Cell] {
        let at = usize::try_from(id >> 32).unwrap_or_default() % self.sets.len().max(1);
        self.sets.get(at).map_or(&[], |set| set.as_slice())
    }

    fn cell(&self, id: u64, now: u64) -> &Cell {
        let set = self.set(id);
        loop {
            let mut best: Option<(&Cell, u64, u64)> = None;
            for cell in set {
                let (whose, whole_at) = (cell.id.load(Ordering::Relaxed), cell.whole_at.load(Ordering::Relaxed));
                if whose == id {
                    return cell;
                }
                if best.is_none_or(|(.., least)| whole_at < least) {
                    best = Some((cell, whose, whole_at));
                }
            }
            let Some((cell, whose, whole_at)) = best else { continue };
            // Somebody else may have been faster: look again.
            if cell.id.compare_exchange(whose, id, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                if whole_at > now {
                    cell.whole_at.store(0, Ordering::Relaxed);
                }
                return cell;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    /// Some day in 2026.
    const NOW: u64 = 1_767_225_600 * SECOND;

    fn taken(cells: &Cells, id: u64, rate: Rate, now: u64, tries: usize) -> usize {
        (0..tries).filter(|_| cells.take(id, rate, now).allowed).count()
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let cells = Cells::new(1_000);
        let id = cells.id("one");
        let rate = Rate::per_second(10, 3);
        assert_eq!(taken(&cells, id, rate, NOW, 10), 3);
        let refused = cells.take(id, rate, NOW);
        assert_eq!((refused.remaining, refused.wait, refused.whole_in), (0, SECOND / 10, 3 * SECOND / 10));
        assert_eq!(taken(&cells, id, rate, NOW + refused.wait - 1, 10), 0);
        assert_eq!(taken(&cells, id, rate, NOW + refused.wait, 10), 1);
        let mut allowed = 0;
        for tenth in 2..102 {
            allowed += taken(&cells, id, rate, NOW + tenth * SECOND / 10, 50);
        }
        assert_eq!(allowed, 100, "ten a second for ten seconds at fifty times as many");
        assert_eq!(taken(&cells, id, rate, NOW + 60 * SECOND, 10), 3, "and a whole burst after a pause");
        assert_eq!(cells.take(cells.id("another"), rate, NOW).remaining, 2);
    }

    #[test]
    fn a_clock_that_goes_back_refuses_nobody_for_long() {
        let cells = Cells::new(8);
        let rate = Rate::per_second(10, 3);
        assert_eq!(taken(&cells, 1, rate, NOW + 3_600 * SECOND, 10), 3);
        let refused = cells.take(1, rate, NOW);
        assert!(!refused.allowed && refused.wait <= SECOND / 10, "{refused:?}");
        assert_eq!(taken(&cells, 1, rate, NOW + SECOND, 10), 3);
    }

    #[test]
    fn memory_is_bounded_and_a_flood_of_ids_spares_those_in_use() {
        let cells = Cells::new(64);
        let slow = Rate::per_minute(1, 5);
        let mine = cells.id("mine");
        assert_eq!(taken(&cells, mine, slow, NOW, 10), 5);
        let fast = Rate::per_second(1_000, 1_000);
        for n in 0..100_000_u32 {
            cells.take(cells.id(n), fast, NOW);
        }
        assert_eq!(cells.sets.len() * WAYS, 64);
        assert!(!cells.take(mine, slow, NOW).allowed, "what is most spent is kept");
    }

    #[test]
    fn what_is_forgotten_or_noted() {
        let cells = Cells::new(64);
        let rate = Rate::per_minute(1, 2);
        assert_eq!(taken(&cells, 7, rate, NOW, 5), 2);
        cells.forget(7);
        assert_eq!(taken(&cells, 7, rate, NOW, 5), 2);
        cells.note(9, NOW + SECOND, NOW);
        assert!(cells.noted(9, NOW) && !cells.noted(9, NOW + SECOND) && !cells.noted(8, NOW));
    }

    #[test]
    fn threads_take_no_more_than_there_is() {
        let cells = Cells::new(1_024);
        let rate = Rate::per_minute(1, 1_000);
        let id = cells.id("shared");
        cells.take(id, rate, NOW);
        let all = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| taken(&cells, id, rate, NOW, 1_000))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(all, 999);
    }
}
