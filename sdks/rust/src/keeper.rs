//! Keeps the cache file up with the ruleset.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use yardarm_eval::ruleset::Ruleset;

use crate::cache::CacheFile;

/// Shortest time between two writes.
const INTERVAL: Duration = Duration::from_secs(1);

/// Writes rulesets to a file, the newest last.
pub(crate) struct Keeper {
    file: CacheFile,
    rulesets: watch::Receiver<Option<Arc<Ruleset>>>,
    /// A write was begun and perhaps not finished: the client may be stopped in the middle of one.
    begun: bool,
    /// Number of the next write.
    number: u64,
    /// Number of the newest write that began on disk. Only one is there at a time, and an older one comes too late.
    newest: Arc<Mutex<u64>>,
}

impl Keeper {
    pub(crate) fn new(file: CacheFile, rulesets: watch::Receiver<Option<Arc<Ruleset>>>) -> Self {
        Self { file, rulesets, begun: false, number: 0, newest: Arc::default() }
    }

    /// Writes after changes, until it is dropped.
    pub(crate) async fn keep(&mut self) {
        while self.rulesets.changed().await.is_ok() {
            self.begun = true;
            self.write().await;
            sleep(INTERVAL).await;
        }
    }

    /// Writes what is not written yet.
    pub(crate) async fn write(&mut self) {
        if !self.begun && !self.rulesets.has_changed().unwrap_or(true) {
            return;
        }
        self.begun = true;
        self.number += 1;
        let (file, number, newest) = (self.file.clone(), self.number, Arc::clone(&self.newest));
        // What comes from here on is a change again.
        let ruleset = self.rulesets.borrow_and_update().clone();
        if let Some(ruleset) = ruleset {
            let written = tokio::task::spawn_blocking(move || {
                let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
                if number < *newest {
                    return Ok(());
                }
                *newest = number;
                file.write(&ruleset)
            });
            match written.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the cache file could not be written"),
                Err(error) => tracing::warn!(%error, "the cache file could not be written"),
            }
        }
        self.begun = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruleset(rev: u64) -> Arc<Ruleset> {
        let text = format!(
            r#"{{"format":1,"project":"p","environment":"e","version":{{"epoch":"x","rev":{rev}}},"flags":{{"a":{{}}}}}}"#
        );
        Arc::new(serde_json::from_str(&text).unwrap())
    }

    #[tokio::test]
    #[expect(clippy::await_holding_lock, reason = "writes that cannot finish are what is tested")]
    async fn a_change_during_a_write_and_a_write_that_is_cut_short_are_made_up_for() {
        let directory = tempfile::tempdir().unwrap();
        let file = CacheFile::new(directory.path().join("flags"), "k", 1 << 20);
        let rev = || file.read().unwrap().version.rev;
        let (sender, receiver) = watch::channel(None);
        let mut keeper = Keeper::new(file.clone(), receiver);
        let disk = Arc::clone(&keeper.newest);

        sender.send_replace(Some(ruleset(1)));
        let busy = disk.lock().unwrap();
        let change = async {
            tokio::task::yield_now().await;
            sender.send_replace(Some(ruleset(2)));
            drop(busy);
        };
        tokio::join!(keeper.write(), change);
        assert_eq!(rev(), 1);
        keeper.write().await;
        assert_eq!(rev(), 2, "it came while 1 was written");

        sender.send_replace(Some(ruleset(3)));
        let busy = disk.lock().unwrap();
        let stopped = tokio::time::timeout(Duration::from_millis(20), keeper.write()).await;
        assert!(stopped.is_err());
        drop(busy);
        keeper.write().await;
        assert_eq!(rev(), 3, "the write of 3 was cut short");
        let number = keeper.number;
        keeper.write().await;
        assert_eq!(keeper.number, number, "nothing is left to write");
    }
}
