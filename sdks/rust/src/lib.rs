#![doc = include_str!("../README.md")]

mod cache;
mod client;
mod clock;
mod context;
mod counters;
mod events;
mod held;
mod http;
#[cfg(feature = "openfeature")]
pub mod openfeature;
mod settings;
mod source;
mod status;
mod testing;
mod value;
mod worker;

pub use client::Client;
pub use context::Context;
pub use settings::{Builder, ConfigError, Timing};
pub use status::{State, Status};
pub use testing::TestClient;
pub use value::{Details, FlagValue};
pub use yardarm_eval::ruleset::{ErrorCode, Reason, Version};
