//! The delivery lane over a real SQLite database and a real hub, in process.

mod events;
mod faults;
mod ofrep;
mod refusals;
mod shop;
mod streams;
