//! Webhooks over real sockets, on both databases.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod attacks;
mod managing;
mod receiver;
mod sending;
