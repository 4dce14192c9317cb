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
    stopped: watch::Sender<bool>,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            sender: watch::Sender::new(Status::default()),
            stopped: watch::Sender::new(false),
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

    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
        self.wake();
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

    /// Until the background work has ended; whether it has.
    pub(crate) async fn stopped(&self, timeout: Duration) -> bool {
        let mut receiver = self.stopped.subscribe();
        tokio::time::timeout(timeout, receiver.wait_for(|stopped| *stopped)).await.is_ok()
    }

    pub(crate) fn stopped_blocking(&self, timeout: Duration) -> bool {
        self.block(timeout, || *self.stopped.borrow());
        *self.stopped.borrow()
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
