//! How much goes to one host at once, so that a slow one cannot hold all there is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns by host. A host is known only while somebody has or awaits a turn.
pub(super) struct Hosts {
    each: usize,
    known: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A turn, given back when it is dropped.
pub(super) struct Turn<'a> {
    hosts: &'a Hosts,
    host: String,
    // Dropped by hand before the look whether anybody else is left.
    turns: Option<Arc<Semaphore>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Hosts {
    pub(super) fn new(each: usize) -> Self {
        Self { each: each.max(1), known: Mutex::default() }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self, host: String) -> Turn<'_> {
        let turns = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(host.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
        };
        // Made before the wait: somebody who gives up waiting leaves nothing behind, either.
        let mut turn = Turn { hosts: self, host, turns: Some(Arc::clone(&turns)), permit: None };
        turn.permit = turns.acquire_owned().await.ok();
        turn
    }

    #[cfg(test)]
    fn known(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut known = self.hosts.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.permit = None;
        self.turns = None;
        if known.get(&self.host).is_some_and(|turns| Arc::strong_count(turns) == 1) {
            known.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn turns_are_by_host_and_nothing_is_left_behind() {
        let hosts = Hosts::new(2);
        let turn = |host: &str| hosts.turn(host.to_owned());
        let first = turn("a").await;
        let second = turn("a").await;
        assert!(turn("a").now_or_never().is_none(), "two at once, and this one gave up");
        let other = turn("b").now_or_never();
        assert!(other.is_some(), "another host does not wait");
        assert_eq!(hosts.known(), 2);
        drop((first, other));
        assert!(turn("a").now_or_never().is_some());
        assert_eq!(hosts.known(), 1);
        drop(second);
        assert_eq!(hosts.known(), 0);
    }
}
