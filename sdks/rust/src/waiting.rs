//! What waits to be sent: bounded, and counted where it is given up.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many wait; the oldest are given up beyond it.
pub(crate) const MAX_WAITING: usize = 10_000;

/// A queue.
pub(crate) struct Waiting<T> {
    queue: Mutex<VecDeque<T>>,
    dropped: AtomicU64,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self { queue: Mutex::default(), dropped: AtomicU64::new(0) }
    }
}

impl<T> Waiting<T> {
    pub(crate) fn add(&self, item: T) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(item);
        if queue.len() > MAX_WAITING {
            queue.pop_front();
            self.give_up(1);
        }
    }

    /// Takes the oldest: at least one, at most so many, and otherwise not more bytes, of which an item has `size`.
    pub(crate) fn take(&self, most: usize, bytes: usize, size: impl Fn(&T) -> usize) -> Vec<T> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = 0;
        let fits = |item: &&T| {
            sum += size(item);
            sum <= bytes
        };
        let number = queue.iter().take(most).take_while(fits).count().max(1).min(queue.len());
        queue.drain(..number).collect()
    }

    /// Counts what will never be sent.
    pub(crate) fn give_up(&self, number: usize) {
        self.dropped.fetch_add(number as u64, Ordering::Relaxed);
    }

    /// How many were given up.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_a_batch_has_its_bounds() {
        let waiting = Waiting::default();
        for number in 0..MAX_WAITING + 2 {
            waiting.add(number);
        }
        assert_eq!(waiting.dropped(), 2);
        assert_eq!(waiting.take(3, usize::MAX, |_| 1), [2, 3, 4]);
        assert_eq!(waiting.take(3, 20, |_| 10), [5, 6]);
        assert_eq!(waiting.take(3, 20, |_| 100), [7], "what fits nowhere goes alone");
        assert_eq!(waiting.take(usize::MAX, usize::MAX, |_| 0).len(), MAX_WAITING - 6);
        assert!(waiting.take(3, 20, |_| 1).is_empty());
    }
}
