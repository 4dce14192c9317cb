//! `track`: what a unit did.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

/// How many wait; the oldest are given up beyond it.
pub(crate) const MAX_WAITING: usize = 10_000;
/// Longest name of an event, in characters.
const MAX_NAME: usize = 128;
/// Longest targeting key that is sent, in bytes.
const MAX_UNIT: usize = 512;
/// Largest `data`, as JSON.
const MAX_DATA: usize = 4_096;

/// What is told with an event: a number, further facts, or nothing.
///
/// ```
/// use yardarm::Tracking;
///
/// let purchase = Tracking::value(49.9).with("currency", "EUR");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracking {
    value: Option<f64>,
    data: Map<String, Value>,
}

impl Tracking {
    /// A number: revenue, a duration, a count.
    pub fn value(value: f64) -> Self {
        Self { value: Some(value), data: Map::new() }
    }

    /// Adds or replaces a fact.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.data.insert(name.into(), value.into());
        self
    }

    pub(crate) fn into_parts(self) -> (Option<f64>, Map<String, Value>) {
        (self.value, self.data)
    }
}

/// As the batch has it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<f64>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) data: Map<String, Value>,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
}

impl Event {
    /// Why it cannot be sent.
    fn fault(&self) -> Option<&'static str> {
        if self.name.is_empty() || self.name.chars().count() > MAX_NAME || self.name.contains('\0') {
            Some("its name has not 1 to 128 characters, none of them NUL")
        } else if self.unit.is_empty() {
            Some("the context has no targeting key of 1 to 512 bytes, none of them NUL")
        } else if self.value.is_some_and(|value| !value.is_finite()) {
            Some("its value is not finite")
        } else if serde_json::to_vec(&self.data).map_or(true, |json| json.len() > MAX_DATA) {
            Some("its data is larger than 4 KiB of JSON")
        } else {
            None
        }
    }
}

/// Whether a targeting key can be sent as a unit.
pub(crate) fn is_unit(targeting_key: &str) -> bool {
    (1..=MAX_UNIT).contains(&targeting_key.len()) && !targeting_key.contains('\0')
}

/// What waits.
#[derive(Default)]
pub(crate) struct Events {
    waiting: Mutex<VecDeque<Event>>,
    dropped: AtomicU64,
}

impl Events {
    pub(crate) fn add(&self, event: Event) {
        if let Some(fault) = event.fault() {
            self.give_up(1);
            tracing::warn!(fault, "an event is not tracked");
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(event);
        if waiting.len() > MAX_WAITING {
            waiting.pop_front();
            self.give_up(1);
        }
    }

    /// Takes the oldest that wait: at most so many, and not many more bytes.
    pub(crate) fn take(&self, most: usize, bytes: usize) -> Vec<Event> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut size = 0;
        let fits = |event: &&Event| {
            size += serde_json::to_vec(event).map_or(0, |json| json.len() + 1);
            size <= bytes
        };
        let number = waiting.iter().take(most).take_while(fits).count().max(1).min(waiting.len());
        waiting.drain(..number).collect()
    }

    pub(crate) fn give_up(&self, number: usize) {
        self.dropped.fetch_add(number as u64, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, unit: &str, value: Option<f64>, fact: &str) -> Event {
        let data = Map::from_iter([("fact".to_owned(), fact.into())]);
        Event { name: name.to_owned(), unit: unit.to_owned(), value, data, at: 0 }
    }

    #[test]
    fn what_cannot_be_sent_is_dropped_and_counted() {
        let events = Events::default();
        events.add(event("good", "u", Some(1.5), ""));
        for bad in [
            event("", "u", None, ""),
            event(&"x".repeat(129), "u", None, ""),
            event("e", "", None, ""),
            event("e", "u", Some(f64::NAN), ""),
            event("e", "u", None, &"x".repeat(5_000)),
        ] {
            events.add(bad);
        }
        assert_eq!((events.dropped(), events.take(10, usize::MAX).len()), (5, 1));
        for number in 0..MAX_WAITING + 2 {
            events.add(event(&format!("e{number}"), "u", None, ""));
        }
        assert_eq!((events.dropped(), events.take(1, usize::MAX)[0].name.as_str()), (7, "e2"), "the oldest go first");
    }
}
