//! The evaluator's own forms inside documents: read by the evaluator's own types, and nothing in them is lost.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use yardarm_eval::ruleset::{Bucket, Condition, Serve};

use super::{At, Fields, Problems};
use crate::document::{ExactOf, Exactly};
use crate::exact::{Reference, in_condition};
use crate::{codes, limits};

/// Members of an exact form as it is shown: `text` is how it reads, written by [`crate::sentence::word`]. It is taken
/// back and not kept, so that what was read can be written again.
const SHOWN: [&str; 2] = ["exact", "text"];

/// Reads `{"exact": condition}`.
pub(super) fn exact_condition(problems: &mut Problems, at: &At, value: &Value) -> Option<ExactOf> {
    let fields = Fields::of(problems, at, value, &SHOWN);
    let exact: Box<Condition> = read(problems, &fields, "exact")?;
    let mut lists = false;
    in_condition(&exact, &mut |reference| lists |= reference == Reference::List);
    if lists {
        let message = "an exact condition cannot name a list, whose parts come and go; name the segment that holds it";
        problems.add(&fields.at.field("exact"), codes::EXACT_INVALID, message);
    }
    Some(ExactOf { exact })
}

/// Reads `{"exact": serve}`.
pub(super) fn exact_serve(problems: &mut Problems, at: &At, value: &Value) -> Option<Box<Serve>> {
    let fields = Fields::of(problems, at, value, &SHOWN);
    read(problems, &fields, "exact")
}

/// Reads `{"exact": serve, "reason"?: …}`, if it is there.
pub(super) fn exactly(problems: &mut Problems, outer: &Fields<'_>, name: &str) -> Option<Exactly> {
    let fields = Fields::of(problems, &outer.at.field(name), outer.get(name)?, &["exact", "text", "reason"]);
    let exact = read(problems, &fields, "exact")?;
    Some(Exactly { exact, reason: word(problems, &fields, "reason") })
}

/// Reads named buckets.
pub(super) fn buckets(problems: &mut Problems, outer: &Fields<'_>) -> BTreeMap<String, Bucket> {
    let Some(value) = outer.get("buckets") else { return BTreeMap::new() };
    let at = outer.at.field("buckets");
    let Some(map) = value.as_object() else {
        super::wrong_type(problems, &at, "an object of buckets", value);
        return BTreeMap::new();
    };
    if map.len() > limits::BUCKETS {
        let message = format!("{} buckets; at most {} are allowed", map.len(), limits::BUCKETS);
        problems.add(&at, codes::TOO_MANY, message);
        return BTreeMap::new();
    }
    let fields = Fields::unchecked(&at, value);
    map.keys().filter_map(|name| Some((name.clone(), read(problems, &fields, name)?))).collect()
}

/// Reads a word of the evaluator's, if it is there: a reason, a policy.
pub(super) fn word<T: DeserializeOwned>(problems: &mut Problems, fields: &Fields<'_>, name: &str) -> Option<T> {
    let value = fields.get(name)?;
    match T::deserialize(value) {
        Ok(word) => Some(word),
        Err(why) => {
            problems.add(&fields.at.field(name), codes::OUT_OF_RANGE, format!("{value} is not known: {why}"));
            None
        }
    }
}

fn read<T: DeserializeOwned + Serialize>(problems: &mut Problems, fields: &Fields<'_>, name: &str) -> Option<T> {
    let value = fields.need(problems, name)?;
    let at = fields.at.field(name);
    if deeper_than(value, limits::EXACT_DEPTH) {
        let message = format!("an exact form is nested more than {} levels", limits::EXACT_DEPTH);
        problems.add(&at, codes::NESTING_TOO_DEEP, message);
        return None;
    }
    let bytes = value.to_string().len();
    if bytes > limits::EXACT_BYTES {
        let message = format!("{bytes} bytes in an exact form; at most {} are allowed", limits::EXACT_BYTES);
        problems.add(&at, codes::TOO_LARGE, message);
        return None;
    }
    match T::deserialize(value) {
        Ok(read) => {
            if let Ok(kept) = serde_json::to_value(&read) {
                report_lost(problems, &at, value, &kept);
            }
            Some(read)
        }
        Err(why) => {
            problems.add(&at, codes::EXACT_INVALID, format!("the evaluator does not know this form: {why}"));
            None
        }
    }
}

fn deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| deeper_than(item, levels - 1)),
        Value::Object(map) => levels == 0 || map.values().any(|member| deeper_than(member, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Members that were given and not read: the evaluator ignores what it does not know, an author must be told. Those
/// with a default's value may be gone, because defaults are not written.
fn report_lost(problems: &mut Problems, at: &At, given: &Value, kept: &Value) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (name, value) in given {
                match kept.get(name) {
                    Some(kept) => report_lost(problems, &at.field(name), value, kept),
                    None if is_a_default(name, value) => {}
                    None => problems.add(&at.field(name), codes::UNKNOWN_FIELD, format!("unknown field {name:?}")),
                }
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            for (index, (given, kept)) in given.iter().zip(kept).enumerate() {
                report_lost(problems, &at.index(index), given, kept);
            }
        }
        _ => {}
    }
}

fn is_a_default(name: &str, value: &Value) -> bool {
    match name {
        "rest" | "missing" => value == "next" || value == "none",
        "text" => value == "strict",
        "bytes" => value == "utf8",
        "fold" => value == "none",
        _ => match value {
            Value::Null | Value::Bool(false) => true,
            Value::Number(number) => number.as_u64() == Some(0),
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Bool(true) | Value::Object(_) => false,
        },
    }
}
