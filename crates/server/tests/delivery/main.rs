//! The delivery lane over a real SQLite database and a real hub, in process.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod attestation;
mod events;
mod faults;
mod ofrep;
mod refusals;
mod shop;
mod streams;
