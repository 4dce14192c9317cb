//! `track`: what a unit did.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::waiting::Waiting;

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
    /// Bytes of JSON.
    pub(crate) fn size(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len() + 1)
    }

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

impl Waiting<Event> {
    /// Adds an event that can be sent; counts and says what is wrong with another.
    pub(crate) fn track(&self, event: Event) {
        match event.fault() {
            None => self.add(event),
            Some(fault) => {
                self.give_up(1);
                tracing::warn!(fault, "an event is not tracked");
            }
        }
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
        let events = Waiting::default();
        events.track(event("good", "u", Some(1.5), ""));
        for bad in [
            event("", "u", None, ""),
            event(&"x".repeat(129), "u", None, ""),
            event("e", "", None, ""),
            event("e", "u", Some(f64::NAN), ""),
            event("e", "u", None, &"x".repeat(5_000)),
        ] {
            events.track(bad);
        }
        let names: Vec<String> = events.take(10, usize::MAX, Event::size).into_iter().map(|event| event.name).collect();
        assert_eq!((events.dropped(), names), (5, vec!["good".to_owned()]));
    }
}
