//! The ruleset that answers, and which new ones are taken in its place.
//!
//! Version rules: within an epoch only a higher revision is taken; another epoch (the server was restored) is taken
//! only as a whole ruleset; a patch is taken only when it starts from exactly the version held. Nothing ever removes
//! what is held: no error, no silence and no age.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use serde_json::value::RawValue;
use tokio::sync::watch;
use yardarm_eval::Snapshot;
use yardarm_eval::ruleset::{Patch, Ruleset, Version};

use crate::clock::now_ms;
use crate::counters::{Counts, Tally};
use crate::exposures::Exposures;
use crate::status::{Board, State};
use crate::tracking::Event;
use crate::waiting::Waiting;

/// No clock is fixed.
const REAL_TIME: i64 = i64::MIN;

/// Where a ruleset came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The stream, or a whole ruleset fetched on its behalf.
    Stream,
    /// The fallback poller.
    Poll,
    /// The cache file or a bootstrap: to start with, until the server is heard.
    Past,
    /// An offline file or a test.
    Local,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It answers from now on.
    Yes,
    /// It is what is held already, or older.
    No,
    /// It does not start from what is held: the whole is needed.
    NeedsWhole,
}

/// A snapshot with the counters that its indices belong to.
pub(crate) struct Live {
    pub(crate) snapshot: Snapshot,
    pub(crate) tally: Tally,
    /// `project/environment`.
    pub(crate) place: String,
}

/// Everything the flag calls and the background work share.
pub(crate) struct Shared {
    pub(crate) live: ArcSwapOption<Live>,
    pub(crate) board: Board,
    /// Evaluations whose counts were given up.
    pub(crate) dropped: AtomicU64,
    pub(crate) exposures: Exposures,
    pub(crate) events: Waiting<Event>,
    /// The instant that evaluation is given; [`REAL_TIME`] but in a test double whose clock is fixed.
    clock: AtomicI64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// (project, environment, version) of the live snapshot.
    identity: Option<(String, String, Version)>,
    /// Its wire form, kept only for the cache file.
    ruleset: Option<Arc<Ruleset>>,
    cache: Option<watch::Sender<Option<Arc<Ruleset>>>>,
    /// Replaced snapshots whose last counts may not be drained yet.
    retired: Vec<Arc<Live>>,
    /// A stream is delivering frames.
    streaming: bool,
    /// The last poll succeeded.
    polled: bool,
}

impl Held {
    fn stream_delivers(&mut self) {
        self.streaming = true;
        self.polled = false;
    }
}

impl Shared {
    /// `cache`: told about every ruleset to be written to disk.
    pub(crate) fn new(cache: Option<watch::Sender<Option<Arc<Ruleset>>>>) -> Self {
        Self {
            live: ArcSwapOption::empty(),
            board: Board::new(),
            dropped: AtomicU64::new(0),
            exposures: Exposures::default(),
            events: Waiting::default(),
            clock: AtomicI64::new(REAL_TIME),
            held: Mutex::new(Held { cache, ..Held::default() }),
        }
    }

    /// Milliseconds since 1970, for evaluation.
    pub(crate) fn now(&self) -> i64 {
        match self.clock.load(Ordering::Relaxed) {
            REAL_TIME => now_ms(),
            fixed => fixed,
        }
    }

    pub(crate) fn fix_clock(&self, now: i64) {
        self.clock.store(now, Ordering::Relaxed);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version held.
    pub(crate) fn version(&self) -> Option<Version> {
        self.held().identity.as_ref().map(|(_, _, version)| version.clone())
    }

    /// Takes a whole ruleset, if the version rules allow it. Compiles, so it takes time on large ones.
    pub(crate) fn put(&self, ruleset: Ruleset, origin: Origin) -> Taken {
        let mut held = self.held();
        if origin == Origin::Poll && held.streaming {
            // The answer to a question asked before the stream came back; it might even be of an epoch that has ended.
            return Taken::No;
        }
        if origin == Origin::Stream {
            // In the same breath as the ruleset, so that a late poll cannot slip in between.
            held.stream_delivers();
        }
        if let Some((project, environment, version)) = &held.identity {
            let same_place = *project == ruleset.project && *environment == ruleset.environment;
            if same_place && version.epoch == ruleset.version.epoch && version.rev >= ruleset.version.rev {
                if version.rev > ruleset.version.rev {
                    tracing::warn!(held = version.rev, offered = ruleset.version.rev, "an older ruleset is refused");
                }
                self.fresh(origin);
                return Taken::No;
            }
        }
        let snapshot = Snapshot::compile(&ruleset);
        held.identity = Some((ruleset.project.clone(), ruleset.environment.clone(), ruleset.version.clone()));
        if held.cache.is_some() {
            held.ruleset = Some(Arc::new(ruleset));
        }
        self.publish(&mut held, snapshot, origin);
        Taken::Yes
    }

    /// Takes a patch, if it starts from what is held.
    pub(crate) fn patch(&self, patch: &Patch<&RawValue>) -> Taken {
        let mut held = self.held();
        let Some((_, _, version)) = &held.identity else { return Taken::NeedsWhole };
        if patch.from != *version {
            let duplicate = patch.to.epoch == version.epoch && patch.to.rev <= version.rev;
            return if duplicate { Taken::No } else { Taken::NeedsWhole };
        }
        if patch.to.epoch != version.epoch || patch.to.rev <= version.rev {
            return Taken::NeedsWhole;
        }
        let Some(snapshot) = self.live.load().as_ref().and_then(|live| live.snapshot.apply(patch)) else {
            return Taken::NeedsWhole;
        };
        if let Some((_, _, version)) = &mut held.identity {
            version.clone_from(&patch.to);
        }
        if let Some(ruleset) = &mut held.ruleset {
            Arc::make_mut(ruleset).patched(patch);
        }
        self.publish(&mut held, snapshot, Origin::Stream);
        Taken::Yes
    }

    fn publish(&self, held: &mut Held, snapshot: Snapshot, origin: Origin) {
        let tally = Tally::new(snapshot.positions());
        let place = held.identity.as_ref().map(|(project, environment, _)| format!("{project}/{environment}"));
        let live = Live { snapshot, tally, place: place.unwrap_or_default() };
        let before = self.live.swap(Some(Arc::new(live)));
        held.retired.extend(before);
        if origin != Origin::Past
            && let Some(cache) = &held.cache
        {
            cache.send_replace(held.ruleset.clone());
        }
        let version = held.identity.as_ref().map(|(_, _, version)| version.clone());
        self.board.update(|status| {
            status.version = version;
            if origin == Origin::Past {
                status.state = State::Stale;
            }
        });
        self.fresh(origin);
    }

    /// What is held is what the server has.
    fn fresh(&self, origin: Origin) {
        if origin != Origin::Past {
            self.board.update(|status| {
                status.state = State::Ready;
                if origin != Origin::Poll {
                    status.error = None;
                    status.failures = 0;
                }
            });
        }
    }

    /// The stream delivered its first frame: polling ends.
    pub(crate) fn stream_began(&self) {
        let mut held = self.held();
        held.stream_delivers();
        if held.identity.is_some() {
            self.fresh(Origin::Stream);
        }
    }

    /// The stream ended in good order and will be opened again.
    pub(crate) fn stream_left(&self) {
        self.held().streaming = false;
    }

    /// The stream broke or could not be opened.
    pub(crate) fn stream_failed(&self, message: &str, refused: bool) {
        let mut held = self.held();
        held.streaming = false;
        let polled = held.polled;
        self.failed(&held, message, refused, polled);
    }

    /// A poll confirmed that what is held is current.
    pub(crate) fn poll_succeeded(&self) {
        let mut held = self.held();
        held.polled = true;
        if held.identity.is_some() {
            self.fresh(Origin::Poll);
        }
    }

    /// A poll did not get an answer.
    pub(crate) fn poll_failed(&self, message: &str, refused: bool) {
        let mut held = self.held();
        held.polled = false;
        if !held.streaming {
            self.failed(&held, message, refused, false);
        }
    }

    fn failed(&self, held: &Held, message: &str, refused: bool, still_fresh: bool) {
        self.board.update(|status| {
            status.failures = status.failures.saturating_add(1);
            status.error = Some(message.to_owned());
            if !still_fresh {
                status.state = match (refused, &held.identity) {
                    (true, _) => State::Error,
                    (false, Some(_)) => State::Stale,
                    (false, None) => State::NotReady,
                };
            }
        });
    }

    pub(crate) fn is_streaming(&self) -> bool {
        self.held().streaming
    }

    /// Moves all counts out of the live snapshot and of those it replaced.
    pub(crate) fn drain_counts(&self, into: &mut Counts) {
        let mut held = self.held();
        if let Some(live) = self.live.load().as_ref() {
            live.tally.drain(into);
        }
        held.retired.retain(|live| {
            // Swapping paid all debts of `arc_swap`, so a count of one means that no call is using it any more.
            let unused = Arc::strong_count(live) == 1;
            live.tally.drain(into);
            !unused
        });
    }
}
