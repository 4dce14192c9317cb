//! What a request is told about its budgets: `RateLimit-Policy` and `RateLimit`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>, draft 10).

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

/// What there is: `"evaluate-key";q=20000;w=2`.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left: `"evaluate-key";r=19999;t=1`.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The policies of a class and the budget that is closest to its end.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) policies: HeaderValue,
    pub(super) policy: Arc<str>,
    pub(super) remaining: u64,
    pub(super) whole_in_seconds: u64,
}

/// Travels with a request between the layer that writes the answer's headers and whoever takes from a budget.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    reading: Option<Reading>,
    tenant: Option<String>,
}

impl Meter {
    /// The request's own.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Keeps the reading of the budget that is closest to its end.
    pub(super) fn read(&self, reading: Reading) {
        let kept = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).reading;
        if kept.as_ref().is_none_or(|kept| reading.remaining < kept.remaining) {
            *kept = Some(reading);
        }
    }

    /// Notes whose request it turned out to be.
    pub(crate) fn of_tenant(&self, tenant_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tenant = Some(tenant_id.to_owned());
    }

    /// Whose request it is, once that is known.
    pub(crate) fn tenant(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tenant.clone()
    }

    /// Tells the caller.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reading) = kept.reading.as_ref() else { return };
        // On the stack, because every evaluation comes past here.
        let mut text = [0_u8; 96];
        let mut rest = text.as_mut_slice();
        let room = rest.len();
        let Reading { policies, policy, remaining, whole_in_seconds } = reading;
        if write!(rest, "\"{policy}\";r={remaining};t={whole_in_seconds}").is_err() {
            return;
        }
        let written = room - rest.len();
        if let Ok(value) = HeaderValue::from_bytes(text.get(..written).unwrap_or_default()) {
            headers.insert(RATE_LIMIT, value);
            headers.insert(RATE_LIMIT_POLICY, policies.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_structured_fields() {
        let meter = Meter::default();
        let mut headers = HeaderMap::new();
        meter.write(&mut headers);
        assert!(headers.is_empty(), "nothing was taken");
        let reading = Reading {
            policies: HeaderValue::from_static("\"read-key\";q=10;w=1"),
            policy: "read-key".into(),
            remaining: u64::MAX,
            whole_in_seconds: 7,
        };
        meter.read(reading.clone());
        meter.write(&mut headers);
        assert_eq!(headers[RATE_LIMIT], format!("\"read-key\";r={};t=7", u64::MAX));
        meter.read(Reading { remaining: 1, ..reading.clone() });
        meter.read(reading);
        meter.write(&mut headers);
        assert_eq!(headers[RATE_LIMIT], "\"read-key\";r=1;t=7");
        assert_eq!(headers[RATE_LIMIT_POLICY], "\"read-key\";q=10;w=1");
    }
}
