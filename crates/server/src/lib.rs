//! HTTP: the management API, the delivery lane, sign-in, the console.

pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
mod conditional;
pub mod delivery;
mod health;
pub mod json;
pub mod keys;
mod lanes;
pub mod openapi;
pub mod outbound;
pub mod problem;
pub mod quotas;
pub mod rates;
mod scim;
pub mod sealer;
mod serve;
pub mod settings;
pub mod telemetry;
pub mod trace;
pub mod ui;
mod webauthn;
mod webhooks;

pub use app::App;
pub use serve::serve;
pub use settings::Settings;
