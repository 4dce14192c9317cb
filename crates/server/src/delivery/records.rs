//! What SDKs tell of single units: exposures (who was given which variant of a split) and events (what a unit did).

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// One hour, milliseconds.
pub(super) const HOUR: i64 = 3_600_000;
/// What is older was forgotten by the analytics; what is ahead of our clock by more than an hour is a broken clock.
pub(super) const OLDEST: i64 = 31 * 24 * HOUR;
/// Longest key of anything.
pub(super) const KEY: usize = 128;
/// Longest unit, in bytes.
const UNIT: usize = 512;
/// Largest `data` of an event, in bytes of JSON.
const DATA: usize = 4_096;

/// A unit was given a variant.
#[derive(Deserialize)]
pub(super) struct Exposure {
    flag: String,
    variant: String,
    unit: String,
    #[serde(default)]
    rule: Option<String>,
    /// `epoch:rev`.
    version: String,
    at: i64,
}

/// A unit did something.
#[derive(Deserialize)]
pub(super) struct Event {
    name: String,
    unit: String,
    #[serde(default)]
    value: Option<f64>,
    #[serde(default)]
    data: Map<String, Value>,
    at: i64,
}

/// Adds what is wrong with them to `problem`; at most about a hundred complaints.
pub(super) fn check(mut problem: Problem, exposures: &[Exposure], events: &[Event], now: i64, most: usize) -> Problem {
    for (member, number) in [("/exposures", exposures.len()), ("/events", events.len())] {
        if number > most {
            problem = problem.error(member, "too_many", format!("{number} in one batch; at most {most}."));
        }
    }
    for (index, one) in exposures.iter().take(most).enumerate() {
        let at = |member: &str| format!("/exposures/{index}/{member}");
        for (member, key) in [("flag", &one.flag), ("variant", &one.variant)] {
            problem = key_checked(problem, at(member), key);
        }
        if let Some(rule) = &one.rule {
            problem = key_checked(problem, at("rule"), rule);
        }
        if one.version.split_once(':').is_none_or(|(_, rev)| rev.parse::<u64>().is_err()) {
            problem = problem.error(at("version"), "version_invalid", "A version is written epoch:rev.");
        }
        problem = unit_checked(problem, at("unit"), &one.unit);
        problem = instant_checked(problem, at("at"), one.at, now);
        if problem.errors.len() >= 100 {
            return problem;
        }
    }
    for (index, one) in events.iter().take(most).enumerate() {
        let at = |member: &str| format!("/events/{index}/{member}");
        if one.name.chars().count() > KEY || one.name.is_empty() || one.name.contains('\0') {
            let message = "The name of an event has 1 to 128 characters, none of them NUL.";
            problem = problem.error(at("name"), "name_invalid", message);
        }
        if one.value.is_some_and(|value| !value.is_finite()) {
            problem = problem.error(at("value"), "value_invalid", "A value is a finite number.");
        }
        if serde_json::to_vec(&one.data).map_or(true, |json| json.len() > DATA) {
            problem = problem.error(at("data"), "too_large", format!("Data is at most {DATA} bytes of JSON."));
        }
        problem = unit_checked(problem, at("unit"), &one.unit);
        problem = instant_checked(problem, at("at"), one.at, now);
        if problem.errors.len() >= 100 {
            return problem;
        }
    }
    problem
}

fn key_checked(problem: Problem, pointer: String, key: &str) -> Problem {
    if (1..=KEY).contains(&key.len()) && !key.contains('\0') {
        return problem;
    }
    problem.error(pointer, "key_invalid", "A key has 1 to 128 characters, none of them NUL.")
}

fn unit_checked(problem: Problem, pointer: String, unit: &str) -> Problem {
    if (1..=UNIT).contains(&unit.len()) && !unit.contains('\0') {
        return problem;
    }
    problem.error(pointer, "unit_invalid", "A unit has 1 to 512 bytes, none of them NUL.")
}

fn instant_checked(problem: Problem, pointer: String, at: i64, now: i64) -> Problem {
    if (now - OLDEST..=now + HOUR).contains(&at) {
        return problem;
    }
    let message = "The instant is more than 31 days ago or more than an hour ahead: milliseconds since 1970.";
    problem.error(pointer, "start_range", message)
}
