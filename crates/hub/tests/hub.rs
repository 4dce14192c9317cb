//! The hub over a real store.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "hub/bench.rs"]
mod bench;
#[path = "hub/faults.rs"]
mod faults;
#[path = "hub/flaky.rs"]
mod flaky;
#[path = "hub/keys.rs"]
mod keys;
#[path = "hub/live.rs"]
mod live;
#[path = "hub/property.rs"]
mod property;
#[path = "hub/streams.rs"]
mod streams;
