//! Policies.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde_json::Value;

use super::condition::attribute;
use super::{At, Fields, Problems, did_you_mean, key, label, wrong_type};
use crate::control::{clock_time, time_zone, window};
use crate::document::{Approvals, FlagSelection, Freeze, MinSoak, Policy, Weekday};
use crate::{codes, limits};

/// The members that are rules; a policy has at least one.
const RULES: [&str; 7] =
    ["approvals", "freeze", "largest_step", "require_owner", "require_reason", "forbidden_attributes", "min_soak"];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads a policy. Whether the environments that it names are there is looked at when all are known.
pub(crate) fn policy(problems: &mut Problems, fields: &Fields<'_>, key: &str, created_at: i64) -> Policy {
    let environments = fields.get("environments").map(|_| {
        let read = set(problems, fields, "environments", limits::ENVIRONMENTS, super::key);
        if fields.get("environments").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            let message = "name at least one environment, or leave it out for every one that is marked production";
            problems.add(&fields.at.field("environments"), codes::EMPTY, message);
        }
        read
    });
    let read = Policy {
        name: fields
            .label(problems, "name", limits::NAME)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| key.to_owned()),
        description: fields.prose(problems, "description", limits::DESCRIPTION).unwrap_or_default(),
        environments,
        flags: flags(problems, fields),
        approvals: approvals(problems, fields),
        freeze: freezes(problems, fields),
        largest_step: largest_step(problems, fields),
        require_owner: fields.boolean(problems, "require_owner").unwrap_or_default(),
        require_reason: fields.boolean(problems, "require_reason").unwrap_or_default(),
        forbidden_attributes: set(problems, fields, "forbidden_attributes", limits::POLICY_ATTRIBUTES, attribute),
        min_soak: min_soak(problems, fields),
        hold_kills: fields.boolean(problems, "hold_kills").unwrap_or_default(),
        created_at: fields.integer(problems, "created_at", 0, 1 << 53).unwrap_or(created_at),
    };
    let has_rule = RULES.iter().any(|name| {
        let value = fields.get(name);
        value.is_some_and(|value| *value != Value::Bool(false) && value.as_array().is_none_or(|list| !list.is_empty()))
    });
    if fields.is_object() && !has_rule {
        problems.add(&fields.at, codes::POLICY_EMPTY, format!("a policy has at least one of {}", RULES.join(", ")));
    }
    read
}

/// A list of different texts, sorted.
fn set(
    problems: &mut Problems,
    fields: &Fields<'_>,
    name: &str,
    max: usize,
    read: impl Fn(&mut Problems, &At, &Value) -> String,
) -> Vec<String> {
    let at = fields.at.field(name);
    let mut all = BTreeSet::new();
    for (index, item) in fields.list(problems, name, max).iter().enumerate() {
        let text = read(problems, &at.index(index), item);
        if text.is_empty() {
            if item.as_str() == Some("") {
                problems.add(&at.index(index), codes::EMPTY, "must not be empty");
            }
        } else if !all.insert(text.clone()) {
            problems.add(&at.index(index), codes::DUPLICATE, format!("{text:?} is there twice"));
        }
    }
    all.into_iter().collect()
}

fn flags(problems: &mut Problems, outer: &Fields<'_>) -> Option<FlagSelection> {
    let value = outer.get("flags")?;
    let fields = Fields::of(problems, &outer.at.field("flags"), value, &["tags"]);
    let given = fields.need(problems, "tags");
    let tag = |problems: &mut Problems, at: &At, value: &Value| label(problems, at, value, limits::TAG);
    let tags = set(problems, &fields, "tags", limits::TAGS, tag);
    if given.and_then(Value::as_array).is_some_and(Vec::is_empty) {
        let message = "name at least one tag, or leave flags out for all of them";
        problems.add(&fields.at.field("tags"), codes::EMPTY, message);
    }
    Some(FlagSelection { tags })
}

fn approvals(problems: &mut Problems, outer: &Fields<'_>) -> Option<Approvals> {
    let value = outer.get("approvals")?;
    let known = ["required", "roles", "groups", "author_may_approve"];
    let fields = Fields::of(problems, &outer.at.field("approvals"), value, &known);
    fields.need(problems, "required");
    let most = i64::try_from(limits::POLICY_APPROVALS).unwrap_or(i64::MAX);
    let required = fields.integer(problems, "required", 1, most).and_then(|count| u8::try_from(count).ok());
    Some(Approvals {
        required: required.unwrap_or(1),
        roles: set(problems, &fields, "roles", limits::POLICY_APPROVERS, key),
        groups: set(problems, &fields, "groups", limits::POLICY_APPROVERS, key),
        author_may_approve: fields.boolean(problems, "author_may_approve").unwrap_or_default(),
    })
}

fn freezes(problems: &mut Problems, outer: &Fields<'_>) -> Vec<Freeze> {
    let at = outer.at.field("freeze");
    let items = outer.list(problems, "freeze", limits::POLICY_FREEZES);
    items.iter().enumerate().map(|(index, item)| freeze(problems, &at.index(index), item)).collect()
}

fn freeze(problems: &mut Problems, at: &At, value: &Value) -> Freeze {
    let fields = Fields::of(problems, at, value, &["name", "days", "from", "until", "time_zone"]);
    fields.need(problems, "name");
    let name = fields.label(problems, "name", limits::NAME).unwrap_or_default();
    if fields.get("name").and_then(Value::as_str) == Some("") {
        problems.add(&at.field("name"), codes::EMPTY, "a freeze has a name, so that people know what it is about");
    }
    let days = fields.get("days").map(|_| days(problems, &fields));
    let before = problems.len();
    let freeze = Freeze {
        name,
        days,
        from: fields.reference(problems, "from"),
        until: fields.reference(problems, "until"),
        time_zone: fields.reference(problems, "time_zone"),
    };
    if !freeze.time_zone.is_empty() && time_zone(&freeze.time_zone).is_none() {
        let zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let hint = did_you_mean(&freeze.time_zone, zones.iter().map(String::as_str));
        let message = format!("there is no time zone {:?}{hint}; write it like Europe/Berlin or UTC", freeze.time_zone);
        problems.add(&at.field("time_zone"), codes::TIME_ZONE_UNKNOWN, message);
    }
    let weekly = freeze.days.is_some();
    for (name, text, midnight) in [("from", &freeze.from, false), ("until", &freeze.until, true)] {
        if text.is_empty() {
            continue;
        }
        let good = if weekly { clock_time(text, midnight).is_some() } else { crate::control::civil(text).is_some() };
        if !good {
            let form = match (weekly, midnight) {
                (true, false) => "a time of day like 18:00",
                (true, true) => "a time of day like 08:00, or 24:00 for the end of the day",
                (false, _) => "a local time like 2026-12-20T18:00, without an offset; or give days, for every week",
            };
            problems.add(&at.field(name), codes::LOCAL_TIME_INVALID, format!("{text:?} is not {form}"));
        }
    }
    if problems.len() == before && !weekly && window(&freeze).is_none_or(|(from, until)| from >= until) {
        let message = format!("{} is not after {}", freeze.until, freeze.from);
        problems.add(&at.field("until"), codes::LOCAL_TIME_INVALID, message);
    }
    freeze
}

fn days(problems: &mut Problems, fields: &Fields<'_>) -> Vec<Weekday> {
    let at = fields.at.field("days");
    let items = fields.list(problems, "days", DAYS.len());
    if fields.get("days").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        problems.add(&at, codes::EMPTY, "name at least one day, or leave days out for a freeze that is there once");
    }
    let mut days = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        let Some(name) = item.as_str() else {
            wrong_type(problems, &at, "a day of the week as text", item);
            continue;
        };
        let deserializer: StrDeserializer<'_, NameError> = name.into_deserializer();
        match Weekday::deserialize(deserializer) {
            Ok(day) if !days.insert(day) => {
                problems.add(&at, codes::DUPLICATE, format!("{name:?} is there twice"));
            }
            Ok(_) => {}
            Err(_) => {
                let hint = did_you_mean(name, DAYS);
                let message = format!("no day {name:?}{hint}; there are {}", DAYS.join(", "));
                problems.add(&at, codes::OUT_OF_RANGE, message);
            }
        }
    }
    days.into_iter().collect()
}

fn largest_step(problems: &mut Problems, fields: &Fields<'_>) -> Option<f64> {
    let value = fields.get("largest_step")?;
    let at = fields.at.field("largest_step");
    let Some(points) = value.as_f64() else {
        wrong_type(problems, &at, "a number of percentage points", value);
        return None;
    };
    if !(points > 0.0 && points <= 100.0) {
        let message = format!("a step is above 0 and at most 100 percentage points, not {value}");
        problems.add(&at, codes::PERCENT_RANGE, message);
        return None;
    }
    let milli = points * 1000.0;
    if (milli - milli.round()).abs() > 1e-6 || milli.round() < 1.0 {
        problems.add(&at, codes::PERCENT_PRECISION, format!("{value} has more than three decimals"));
        return None;
    }
    Some(milli.round() / 1000.0)
}

fn min_soak(problems: &mut Problems, outer: &Fields<'_>) -> Option<MinSoak> {
    let value = outer.get("min_soak")?;
    let fields = Fields::of(problems, &outer.at.field("min_soak"), value, &["hours", "environment"]);
    fields.need(problems, "hours");
    let most = i64::try_from(limits::POLICY_SOAK).unwrap_or(i64::MAX);
    let hours = fields.integer(problems, "hours", 1, most).and_then(|hours| u32::try_from(hours).ok());
    let environment = fields.get("environment").map(|value| key(problems, &fields.at.field("environment"), value));
    Some(MinSoak { hours: hours.unwrap_or(1), environment: environment.filter(|key| !key.is_empty()) })
}
