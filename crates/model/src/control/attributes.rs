//! What flags look at in a context, for rules about attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compile::attribute_path;
use crate::document::{Condition, Configuration, Kind, Serve, State};
use crate::normal_form;
use crate::reading::At;
use crate::uses::segments_of;

/// A place in a document.
pub(super) type Place = (Kind, String, String);

/// Every attribute that a configuration looks at, itself and through its segments, with the first place where it does:
/// kind and key of the document, pointer into it. Attributes are written without `user.`; the targeting key is
/// `targetingKey`. Individual targets look at keys only, and do not count. Of computations, every text counts.
pub(super) fn read_by(state: &State, environment: &str, flag: &str) -> BTreeMap<String, Place> {
    let Some(configuration) = state.stored_configuration(environment, flag) else { return BTreeMap::new() };
    if state.flags.get(flag).is_none_or(|flag| flag.archived) {
        return BTreeMap::new();
    }
    let mut found =
        Found { all: BTreeMap::new(), kind: Kind::Configuration, key: crate::configuration_key(environment, flag) };
    let mut segments = BTreeSet::new();
    of_configuration(configuration, &mut found, &mut segments);
    let mut waiting: Vec<String> = segments.iter().cloned().collect();
    while let Some(key) = waiting.pop() {
        let Some(segment) = state.segments.get(&key) else { continue };
        (found.kind, found.key) = (Kind::Segment, key);
        let at = At::root().field("rules");
        for (index, rule) in segment.rules.iter().enumerate() {
            condition(rule, &at.index(index), &mut found, &mut BTreeSet::new());
        }
        exact(&normal_form(&segment.buckets), &At::root().field("buckets"), "", &mut found);
        for inner in segments_of(segment) {
            if segments.insert(inner.to_owned()) {
                waiting.push(inner.to_owned());
            }
        }
    }
    found.all
}

struct Found {
    all: BTreeMap<String, Place>,
    kind: Kind,
    key: String,
}

impl Found {
    fn attribute(&mut self, path: &str, at: &At) {
        let name = attribute_path(path).join(".");
        let place = || (self.kind, self.key.clone(), at.clone().into_text());
        if !name.is_empty() && !self.all.contains_key(&name) {
            let place = place();
            self.all.insert(name, place);
        }
    }
}

fn of_configuration(configuration: &Configuration, found: &mut Found, segments: &mut BTreeSet<String>) {
    let rules = At::root().field("rules");
    for (index, rule) in configuration.rules.iter().enumerate() {
        condition(&rule.condition, &rules.index(index).field("if"), found, segments);
        serve(&rule.serve, &rules.index(index).field("serve"), found);
    }
    serve(&configuration.default, &At::root().field("default"), found);
    for (name, answer) in [("off", &configuration.off), ("cycle", &configuration.cycle)] {
        if let Some(answer) = answer {
            exact(&normal_form(&answer.exact), &At::root().field(name).field("exact"), "", found);
        }
    }
    exact(&normal_form(&configuration.buckets), &At::root().field("buckets"), "", found);
}

fn condition(authored: &Condition, at: &At, found: &mut Found, segments: &mut BTreeSet<String>) {
    match authored {
        Condition::All(group) => {
            group
                .all
                .iter()
                .enumerate()
                .for_each(|(i, one)| condition(one, &at.field("all").index(i), found, segments));
        }
        Condition::Any(group) => {
            group
                .any
                .iter()
                .enumerate()
                .for_each(|(i, one)| condition(one, &at.field("any").index(i), found, segments));
        }
        Condition::Not(group) => condition(&group.not, &at.field("not"), found, segments),
        Condition::Segment(reference) => drop(segments.insert(reference.segment.clone())),
        Condition::Attribute(test) => found.attribute(&test.attribute, &at.field("attribute")),
        Condition::Exact(of) => {
            crate::exact::in_authored(authored, &mut |reference| {
                if let crate::exact::Reference::Segment(key) = reference {
                    segments.insert(key.to_owned());
                }
            });
            exact(&normal_form(&of.exact), &at.field("exact"), "", found);
        }
    }
}

fn serve(serve: &Serve, at: &At, found: &mut Found) {
    match serve {
        Serve::Variant(_) => {}
        Serve::Rollout(rollout) => found.attribute(&rollout.bucket_by, &at.field("rollout").field("bucket_by")),
        Serve::Split(split) => found.attribute(&split.bucket_by, &at.field("split").field("bucket_by")),
        Serve::Exact(form) => exact(&normal_form(form), &at.field("exact"), "", found),
    }
}

/// Paths in the evaluator's own form: `attr` and `unit` are paths, `or` is a list of them, what is below `some` starts at
/// its element, and a computation may look wherever one of its texts says.
fn exact(value: &Value, at: &At, below: &str, found: &mut Found) {
    let joined = |path: &Value| -> Option<String> {
        let parts: Vec<&str> = path.as_array()?.iter().filter_map(Value::as_str).collect();
        let whole = [below].into_iter().filter(|below| !below.is_empty()).chain(parts).collect::<Vec<_>>().join(".");
        Some(whole)
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| exact(item, &at.index(i), below, found)),
        Value::Object(members) => {
            let inner = members.get("attr").and_then(joined);
            for (name, member) in members {
                let at = at.field(name);
                match name.as_str() {
                    "attr" | "unit" if member.is_array() => {
                        if let Some(path) = joined(member) {
                            found.attribute(&path, &at);
                        }
                    }
                    "or" if member.is_array() => {
                        for path in member.as_array().into_iter().flatten().filter_map(joined) {
                            found.attribute(&path, &at);
                        }
                    }
                    "compute" => texts(member, &at, found),
                    "if" => exact(member, &at, inner.as_deref().unwrap_or(below), found),
                    _ => exact(member, &at, below, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn texts(value: &Value, at: &At, found: &mut Found) {
    match value {
        Value::String(text) => found.attribute(text, at),
        Value::Array(items) => items.iter().for_each(|item| texts(item, at, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, at, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether an attribute, as [`read_by`] writes it, is a forbidden one or below it.
pub(super) fn is_forbidden(attribute: &str, forbidden: &str) -> bool {
    let forbidden = attribute_path(forbidden).join(".");
    attribute.strip_prefix(&forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
