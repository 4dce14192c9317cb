//! Documents, commands, decisions, and the compiler to a ruleset. (Contract: bodies under construction.)
pub mod command;
pub mod document;

use document::State;
use yardarm_eval::ruleset::{Ruleset, Version};

/// The ruleset of one environment: a pure function of the project. `None` when there is no such environment.
pub fn ruleset_for(_project: &str, _state: &State, _version: &Version, _environment: &str) -> Option<Ruleset> {
    unimplemented!()
}
