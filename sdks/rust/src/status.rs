//! What the client knows about itself, for those who wait for it and those who watch it.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use yardarm_eval::ruleset::Version;

/// Where the client stands. Whatever the state, a flag call answers from the last known ruleset if there ever was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// No ruleset yet; flag calls answer the caller's default.
    #[default]
    NotReady,
    /// Connected, up to date.
    Ready,
    /// Answering from the last known ruleset (or from the cache file) while the server is away.
    Stale,
    /// The server refuses this key or this client (401, 403, 404, 405). It is asked again every few minutes.
    Error,
}

/// A moment of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Where it stands.
    pub state: State,
    /// The ruleset that answers.
    pub version: Option<Version>,
    /// Why the last attempt to reach the server failed; none after a success.
    pub error: Option<String>,
    /// Attempts that failed since the last success.
    pub failures: u32,
}

/// The current [`Status`], with a way to wait for both kinds of callers: tasks and threads.
pub(crate) struct Board {
    sender: watch::Sender<Status>,
    /// Whether the last deliveries were made, once the background work has ended.
    stopped: watch::Sender<Option<bool>>,
    /// Number of the last flush that was asked for.
    asked: watch::Sender<u64>,
    /// Number of the last flush that was made, and whether everything was acknowledged.
    flushed: watch::Sender<(u64, bool)>,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            sender: watch::Sender::new(Status::default()),
            stopped: watch::Sender::new(None),
            asked: watch::Sender::new(0),
            flushed: watch::Sender::new((0, true)),
            lock: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn now(&self) -> Status {
        self.sender.borrow().clone()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Status> {
        self.sender.subscribe()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Status)) {
        self.sender.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
        self.wake();
    }

    /// The background work has ended; `delivered`: nothing is left to send or to write.
    pub(crate) fn stop(&self, delivered: bool) {
        self.stopped.send_replace(Some(delivered));
        self.wake();
    }

    /// Asks for a flush; its number, to wait for.
    pub(crate) fn ask_flush(&self) -> u64 {
        let mut number = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            number = *asked;
        });
        number
    }

    /// Flushes asked for, for the one who makes them.
    pub(crate) fn flushes(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }

    /// All flushes up to this number were made.
    pub(crate) fn flushed(&self, number: u64, delivered: bool) {
        self.flushed.send_replace((number, delivered));
        self.wake();
    }

    /// Until a flush was made or the work has ended; whether everything was acknowledged.
    pub(crate) async fn flush_made(&self, number: u64, timeout: Duration) -> bool {
        let (mut flushed, mut stopped) = (self.flushed.subscribe(), self.stopped.subscribe());
        let made = async {
            tokio::select! {
                made = flushed.wait_for(|(made, _)| *made >= number) => made.is_ok_and(|made| made.1),
                _ = stopped.wait_for(Option::is_some) => false,
            }
        };
        tokio::time::timeout(timeout, made).await.unwrap_or(false)
    }

    pub(crate) fn flush_made_blocking(&self, number: u64, timeout: Duration) -> bool {
        self.block(timeout, || self.flushed.borrow().0 >= number || self.stopped.borrow().is_some());
        let (made, delivered) = *self.flushed.borrow();
        made >= number && delivered
    }

    /// Until `done` says so or the time is up, on a task.
    pub(crate) async fn wait(&self, timeout: Duration, done: impl Fn(&Status) -> bool) -> Status {
        let mut receiver = self.sender.subscribe();
        let _ = tokio::time::timeout(timeout, receiver.wait_for(|status| done(status))).await;
        self.now()
    }

    /// Until `done` says so or the time is up, on a thread.
    pub(crate) fn wait_blocking(&self, timeout: Duration, done: impl Fn(&Status) -> bool) -> Status {
        self.block(timeout, || done(&self.sender.borrow()));
        self.now()
    }

    /// Until the background work has ended; whether it has, with nothing left undone.
    pub(crate) async fn stopped(&self, timeout: Duration) -> bool {
        let mut receiver = self.stopped.subscribe();
        let stopped = tokio::time::timeout(timeout, receiver.wait_for(Option::is_some)).await;
        matches!(stopped, Ok(Ok(delivered)) if *delivered == Some(true))
    }

    pub(crate) fn stopped_blocking(&self, timeout: Duration) -> bool {
        self.block(timeout, || self.stopped.borrow().is_some());
        *self.stopped.borrow() == Some(true)
    }

    fn wake(&self) {
        // Taking the lock orders this wake after a waiter's check, so that none is missed.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn block(&self, timeout: Duration, done: impl Fn() -> bool) {
        let deadline = Instant::now() + timeout;
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !done() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return };
            guard = self.changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
