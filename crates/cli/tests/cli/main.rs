//! The built binary against a server of its own: `yardarm demo` on a free port, in a private folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod changes;
mod demo;
mod eval;
mod flags;
mod gitops;
mod program;
mod transfer;
mod types;
mod webhooks;
mod yardarm;
