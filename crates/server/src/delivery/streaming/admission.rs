//! Who may open a stream now. A restart brings all SDKs back at once; those beyond the budget are told to come back a
//! little later, at different times, before anything is allocated for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::StatusCode;

use super::Protocol;
use crate::problem::Problem;
use crate::settings::Limits;
use crate::telemetry::Telemetry;

/// The budget.
pub(crate) struct Admission {
    opens: Budget,
    open: AtomicUsize,
    by_key: Mutex<HashMap<String, usize>>,
    most: usize,
    most_by_key: usize,
    telemetry: Arc<Telemetry>,
}

/// A place for one stream, given back when it is dropped.
pub(super) struct Permit {
    admission: Arc<Admission>,
    key: String,
    protocol: Protocol,
}

impl Admission {
    /// Nothing open.
    pub(crate) fn new(limits: &Limits, telemetry: Arc<Telemetry>) -> Arc<Self> {
        Arc::new(Self {
            opens: Budget::new(limits.stream_opens_per_second, limits.stream_opens_burst),
            open: AtomicUsize::new(0),
            by_key: Mutex::default(),
            most: limits.streams,
            most_by_key: limits.streams_per_key,
            telemetry,
        })
    }

    /// A place, or 503 (everybody together) or 429 (this key) with a jittered `Retry-After`.
    pub(super) fn admit(self: &Arc<Self>, key: &str, protocol: Protocol) -> Result<Permit, Problem> {
        let refused = |status, code, words: String, low, high| {
            self.telemetry.streams_refused.increment(1);
            Err(Problem::new(status, code, words).retry_between(low, high))
        };
        if self.open.load(Ordering::Relaxed) >= self.most || !self.opens.take() {
            let words =
                "Too many streams open or open at once. Poll /sdk/v1/ruleset until this works again.".to_owned();
            return refused(StatusCode::SERVICE_UNAVAILABLE, "streams_busy", words, 1, 10);
        }
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = by_key.entry(key.to_owned()).or_default();
        if *of_key >= self.most_by_key {
            let words = format!("This key has {} streams open, which is the limit.", self.most_by_key);
            return refused(StatusCode::TOO_MANY_REQUESTS, "streams_of_key", words, 30, 90);
        }
        *of_key += 1;
        self.open.fetch_add(1, Ordering::Relaxed);
        self.gauge(protocol).increment(1.0);
        Ok(Permit { admission: Arc::clone(self), key: key.to_owned(), protocol })
    }

    fn gauge(&self, protocol: Protocol) -> &metrics::Gauge {
        match protocol {
            Protocol::Sdk => &self.telemetry.streams_sdk,
            Protocol::Ofrep => &self.telemetry.streams_ofrep,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let admission = &self.admission;
        admission.open.fetch_sub(1, Ordering::Relaxed);
        admission.gauge(self.protocol).decrement(1.0);
        let mut by_key = admission.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_key) = by_key.get_mut(&self.key) {
            *of_key -= 1;
            if *of_key == 0 {
                by_key.remove(&self.key);
            }
        }
    }
}

/// Generic cell rate algorithm in one number: the instant, in nanoseconds since the start, at which the budget is whole.
struct Budget {
    start: Instant,
    whole_at: AtomicU64,
    each: u64,
    burst: u64,
}

impl Budget {
    fn new(per_second: u32, burst: u32) -> Self {
        let each = 1_000_000_000 / u64::from(per_second.max(1));
        Self { start: Instant::now(), whole_at: AtomicU64::new(0), each, burst: each * u64::from(burst.max(1)) }
    }

    fn take(&self) -> bool {
        self.take_at(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn take_at(&self, now: u64) -> bool {
        let taken = |whole_at: u64| {
            let next = whole_at.max(now) + self.each;
            (next - now <= self.burst).then_some(next)
        };
        self.whole_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_allows_a_burst_and_then_its_rate() {
        let budget = Budget::new(10, 3);
        assert_eq!((0..5).filter(|_| budget.take_at(0)).count(), 3);
        assert!(!budget.take_at(99_000_000));
        assert!(budget.take_at(100_000_000) && !budget.take_at(100_000_000));
        assert_eq!((0..5).filter(|_| budget.take_at(10_000_000_000)).count(), 3);
    }

    #[test]
    fn places_are_bounded_and_given_back() {
        let limits = Limits { streams: 3, streams_per_key: 2, ..Limits::default() };
        let admission = Admission::new(&limits, Arc::default());
        let admit = |key| admission.admit(key, Protocol::Sdk);
        let first = admit("a").ok();
        let _second = admit("a").ok();
        assert_eq!(admit("a").err().map(|problem| problem.status.as_u16()), Some(429));
        let _third = admit("b").ok();
        let refused = admit("c").err().unwrap();
        assert_eq!((refused.status.as_u16(), refused.headers.len()), (503, 1));
        drop(first);
        assert!(admit("a").is_ok());
        assert_eq!(admission.open.load(Ordering::Relaxed), 2);
        assert_eq!(admission.by_key.lock().unwrap().len(), 2);
    }
}
