//! The ruleset that answers now, and what was counted on it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use yardarm_eval::{AttributeName, FlagRef};

use crate::counters::{Counts, Tally};
use crate::details::Version;
use crate::ruleset::{Snapshot, Wire};

/// A snapshot with the counters that its positions belong to.
pub(crate) struct Published {
    pub(crate) snapshot: yardarm_eval::Snapshot,
    pub(crate) tally: Tally,
    pub(crate) version: Py<Version>,
    wire: Arc<Wire>,
    reads: Box<[OnceLock<Option<Names>>]>,
    /// Python's strings for the flag keys, by position.
    keys: Box<[PyOnceLock<Py<PyString>>]>,
}

/// What the evaluation of a flag looks at, with the names as Python's.
pub(crate) struct Names {
    /// Top-level attributes, as Python writes them and as we do. `user` first: what it has comes under everything else.
    pub(crate) attributes: Box<[(Py<PyString>, AttributeName)]>,
    /// The targeting key.
    pub(crate) key: bool,
    /// The clock.
    pub(crate) now: bool,
}

impl Names {
    /// Whether members of `user` come under attributes.
    pub(crate) fn has_user(&self) -> bool {
        self.attributes.first().is_some_and(|(_, name)| name.as_str() == "user")
    }
}

impl Published {
    /// What a flag reads, found out at its first call; `None` when that can be anything.
    pub(crate) fn names(&self, py: Python<'_>, flag: FlagRef<'_>) -> Option<&Names> {
        let names = || {
            let reads = self.wire.reads(flag.key).filter(|reads| !reads.everything)?;
            let (user, others): (Vec<_>, Vec<_>) = reads.attributes.keys().partition(|name| *name == "user");
            let name = |name: &String| (PyString::intern(py, name).unbind(), AttributeName::new(name));
            let attributes = user.into_iter().chain(others).map(name).collect();
            Some(Names { attributes, key: reads.key, now: reads.now })
        };
        self.reads.get(flag.index as usize)?.get_or_init(names).as_ref()
    }

    pub(crate) fn key<'py>(&self, py: Python<'py>, key: &str, index: u32) -> Bound<'py, PyString> {
        match self.keys.get(index as usize) {
            Some(place) => place.get_or_init(py, || PyString::new(py, key).unbind()).bind(py).clone(),
            None => PyString::new(py, key),
        }
    }
}

/// What flag calls and the background work share.
pub(crate) struct Shared {
    pub(crate) published: ArcSwapOption<Published>,
    /// Replaced ones whose last counts may not be drained yet.
    retired: Mutex<Vec<Arc<Published>>>,
    /// Milliseconds since 1970 when it stands still; `i64::MIN` when it does not.
    clock: AtomicI64,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self { published: ArcSwapOption::empty(), retired: Mutex::default(), clock: AtomicI64::new(i64::MIN) }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        match self.clock.load(Ordering::Relaxed) {
            i64::MIN => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_millis()).ok())
                .unwrap_or_default(),
            fixed => fixed,
        }
    }

    fn drain(&self) -> Counts {
        let mut counts = Counts::new();
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(published) = self.published.load().as_ref() {
            published.tally.drain(&mut counts);
        }
        retired.retain(|published| {
            // Swapping paid all debts of `arc_swap`, so a count of one means that no call is using it any more.
            let unused = Arc::strong_count(published) == 1;
            published.tally.drain(&mut counts);
            !unused
        });
        counts
    }
}

/// How the background work sees a client's flags.
#[pyclass(frozen, module = "yardarm._native")]
pub(crate) struct Live {
    pub(crate) shared: Arc<Shared>,
}

#[pymethods]
impl Live {
    /// Makes this snapshot answer all later calls.
    fn publish(&self, py: Python<'_>, snapshot: &Snapshot) -> PyResult<()> {
        let positions = snapshot.compiled.positions();
        let published = Published {
            snapshot: snapshot.compiled.clone(),
            tally: Tally::new(positions),
            version: Py::new(py, Version::from(snapshot.compiled.version()))?,
            wire: Arc::clone(&snapshot.wire),
            reads: (0..positions).map(|_| OnceLock::new()).collect(),
            keys: (0..positions).map(|_| PyOnceLock::new()).collect(),
        };
        let before = self.shared.published.swap(Some(Arc::new(published)));
        self.shared.retired.lock().unwrap_or_else(PoisonError::into_inner).extend(before);
        Ok(())
    }

    /// What was counted since the last time: (flag, variant or empty, reason, count).
    fn drain(&self) -> Vec<(String, String, &'static str, u64)> {
        let counts = self.shared.drain().into_iter();
        counts.map(|((flag, variant, reason), count)| (flag, variant, reason, count)).collect()
    }

    /// Stops the clock of rules at this instant (milliseconds since 1970), or lets it go with `None`.
    #[pyo3(signature = (now_ms))]
    fn set_clock(&self, now_ms: Option<i64>) {
        self.shared.clock.store(now_ms.unwrap_or(i64::MIN), Ordering::Relaxed);
    }
}
