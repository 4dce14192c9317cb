#![doc = include_str!("../README.md")]

mod attestation;
mod batches;
mod builder;
mod cache;
mod client;
mod clock;
mod context;
mod counters;
mod exposures;
mod held;
mod hooks;
mod http;
mod keeper;
#[cfg(feature = "openfeature")]
pub mod openfeature;
mod opentelemetry;
mod privacy;
mod settings;
mod source;
mod status;
mod testing;
mod tracking;
mod value;
mod waiting;
mod worker;

pub use attestation::AttestError;
pub use builder::Builder;
pub use client::Client;
pub use context::Context;
pub use hooks::{Call, Hook};
pub use opentelemetry::OpenTelemetry;
pub use settings::{ConfigError, Timing};
pub use status::{State, Status};
pub use testing::TestClient;
pub use tracking::Tracking;
pub use value::{Details, FlagValue};
pub use yardarm_eval::ruleset::{ErrorCode, Reason, Version};
