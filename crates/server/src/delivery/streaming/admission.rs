//! Who may open a stream now. A restart brings all SDKs back at once; those beyond the budget are told to come back a
//! little later, at different times, before anything is allocated for them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::StatusCode;

use super::Protocol;
use crate::problem::Problem;
use crate::rates::{Cells, Holder, Rate, budget_of};
use crate::settings::Limits;
use crate::telemetry::Telemetry;

/// The budget.
pub(crate) struct Admission {
    opens: Cells,
    opens_rate: Rate,
    start: Instant,
    open: AtomicUsize,
    by_holder: Mutex<HashMap<(Holder, String), usize>>,
    most: usize,
    /// By holder.
    most_each: [usize; 3],
    telemetry: Arc<Telemetry>,
}

/// A place for one stream, given back when it is dropped.
pub(super) struct Permit {
    admission: Arc<Admission>,
    holders: Vec<(Holder, String)>,
    protocol: Protocol,
}

impl Admission {
    /// Nothing open.
    pub(crate) fn new(limits: &Limits, telemetry: Arc<Telemetry>) -> Arc<Self> {
        Arc::new(Self {
            opens: Cells::new(1),
            opens_rate: Rate::per_second(limits.stream_opens_per_second, limits.stream_opens_burst),
            start: Instant::now(),
            open: AtomicUsize::new(0),
            by_holder: Mutex::default(),
            most: limits.streams,
            most_each: [limits.streams_per_key, limits.streams_per_tenant, limits.streams_per_address],
            telemetry,
        })
    }

    /// A place, or 503 (everybody together) or 429 (this key, tenant or address) with a jittered `Retry-After`.
    pub(super) fn admit(
        self: &Arc<Self>,
        key: &str,
        tenant: &str,
        address: Option<IpAddr>,
        protocol: Protocol,
    ) -> Result<Permit, Problem> {
        let refused = |status, code, words: String, low, high| {
            self.telemetry.streams_refused.increment(1);
            Err(Problem::new(status, code, words).retry_between(low, high))
        };
        let mut holders = vec![(Holder::Key, key.to_owned()), (Holder::Tenant, tenant.to_owned())];
        holders.extend(address.map(|address| (Holder::Address, budget_of(address).to_string())));
        let mut by_holder = self.by_holder.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has too many does not take from what everybody may open now.
        for holder in &holders {
            let most = self.most_each[holder.0 as usize];
            if by_holder.get(holder).is_some_and(|open| *open >= most) {
                let (name, code) = match holder.0 {
                    Holder::Key => ("key", "streams_of_key"),
                    Holder::Tenant => ("tenant", "streams_of_tenant"),
                    Holder::Address => ("address", "streams_of_address"),
                };
                let words = format!(
                    "This {name} has {most} streams open, which is the limit. Poll /sdk/v1/ruleset, or close some."
                );
                return refused(StatusCode::TOO_MANY_REQUESTS, code, words, 30, 90);
            }
        }
        if self.open.load(Ordering::Relaxed) >= self.most || !self.may_open() {
            let words =
                "Too many streams open or open at once. Poll /sdk/v1/ruleset until this works again.".to_owned();
            return refused(StatusCode::SERVICE_UNAVAILABLE, "streams_busy", words, 1, 10);
        }
        for holder in &holders {
            *by_holder.entry(holder.clone()).or_default() += 1;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        self.gauge(protocol).increment(1.0);
        Ok(Permit { admission: Arc::clone(self), holders, protocol })
    }

    /// All streams together share one budget.
    fn may_open(&self) -> bool {
        const EVERYBODY: u64 = 1;
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.opens.take(EVERYBODY, self.opens_rate, now).allowed
    }

    /// Open streams of a tenant on this node.
    pub(crate) fn open_of_tenant(&self, tenant_id: &str) -> usize {
        let by_holder = self.by_holder.lock().unwrap_or_else(PoisonError::into_inner);
        by_holder.get(&(Holder::Tenant, tenant_id.to_owned())).copied().unwrap_or_default()
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
        let mut by_holder = admission.by_holder.lock().unwrap_or_else(PoisonError::into_inner);
        for holder in &self.holders {
            if let Some(open) = by_holder.get_mut(holder) {
                *open -= 1;
                if *open == 0 {
                    by_holder.remove(holder);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn code(refused: Result<Permit, Problem>) -> (u16, String) {
        let problem = refused.err().unwrap();
        assert_eq!(problem.headers.len(), 1, "Retry-After");
        (problem.status.as_u16(), problem.code.into_owned())
    }

    #[test]
    fn places_are_bounded_and_given_back() {
        let limits = Limits { streams: 4, streams_per_key: 2, streams_per_tenant: 3, ..Limits::default() };
        let admission = Admission::new(&limits, Arc::default());
        let admit = |key, tenant| admission.admit(key, tenant, Some(address(1)), Protocol::Sdk);
        let first = admit("a", "t").ok();
        let _second = admit("a", "t").ok();
        assert_eq!(code(admit("a", "t")), (429, "streams_of_key".to_owned()));
        let _third = admit("b", "t").ok();
        assert_eq!(code(admit("c", "t")), (429, "streams_of_tenant".to_owned()));
        let _another_tenant = admit("d", "u").ok();
        assert_eq!(code(admit("e", "v")), (503, "streams_busy".to_owned()));
        drop(first);
        assert!(admit("a", "t").is_ok());
        assert_eq!(admission.open.load(Ordering::Relaxed), 3);
        assert_eq!(admission.by_holder.lock().unwrap().len(), 6, "three keys, two tenants, one address");
    }

    #[test]
    fn an_address_has_its_own_limit_and_an_unknown_one_has_none() {
        let limits = Limits { streams_per_address: 1, ..Limits::default() };
        let admission = Admission::new(&limits, Arc::default());
        let _first = admission.admit("a", "t", Some(address(1)), Protocol::Sdk).ok();
        assert_eq!(
            code(admission.admit("b", "u", Some(address(1)), Protocol::Sdk)),
            (429, "streams_of_address".to_owned())
        );
        assert!(admission.admit("b", "u", Some(address(2)), Protocol::Sdk).is_ok());
        assert!((0..3).all(|_| admission.admit("b", "u", None, Protocol::Sdk).is_ok()));
    }

    #[test]
    fn who_has_too_many_streams_takes_nothing_from_the_budget_of_all() {
        let limits =
            Limits { streams_per_key: 1, stream_opens_burst: 2, stream_opens_per_second: 1, ..Limits::default() };
        let admission = Admission::new(&limits, Arc::default());
        let _first = admission.admit("a", "t", None, Protocol::Sdk).ok();
        for _ in 0..50 {
            assert_eq!(code(admission.admit("a", "t", None, Protocol::Sdk)).0, 429);
        }
        assert!(admission.admit("b", "t", None, Protocol::Sdk).is_ok());
    }
}
