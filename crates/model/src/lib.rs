//! Documents, commands, decisions, and the compiler to a ruleset.
//!
//! A project is a value ([`document::State`]). [`command::decide`] turns a command into the documents it leaves, or into
//! a refusal that names every problem; [`ruleset_for`] turns the project into what SDKs download. Both are pure: time
//! and randomness are parameters, nothing here reads a clock, a file or the network.

pub mod affected;
pub mod allocation;
pub mod authority;
pub mod change_request;
pub mod chunks;
pub mod codes;
pub mod command;
pub mod compile;
pub mod control;
mod decide;
pub mod document;
mod exact;
pub mod export;
#[cfg(feature = "generators")]
pub mod generators;
mod kind;
pub mod label;
pub mod limits;
mod normal;
pub mod plan;
mod reading;
pub mod sentence;
pub mod serves;
mod state;
pub mod uses;

pub use compile::ruleset_for;
pub use normal::normal_form;
pub use reading::{OPERATORS, parse};
pub use state::{EVIDENCE, configuration_key};
