//! Two tenants that must not know of each other, tried from every side: each route with each role and each object of
//! somebody else, the lane of the SDKs with each key, streams, and the answers to what is not there.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod attacks;
mod examples;
mod matrix;
#[expect(dead_code, reason = "nobody comes back from it here")]
#[path = "../walks/provider.rs"]
mod provider;
mod revocations;
mod sdk;
mod tricks;
mod world;
