//! The evaluator's own forms inside documents: what they refer to.

use yardarm_eval::ruleset::{Condition, Serve};

use crate::document::{Condition as Authored, Configuration, Serve as Served};

/// Something that an exact form names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference<'c> {
    /// A segment.
    Segment(&'c str),
    /// Another flag, with the variants that are asked for.
    Flag(&'c str, &'c [String]),
    /// A list: chunks come and go, so an exact form must not name one.
    List,
}

/// Everything a condition names.
pub(crate) fn in_condition<'c>(condition: &'c Condition, visit: &mut dyn FnMut(Reference<'c>)) {
    match condition {
        Condition::All(operands) | Condition::Any(operands) | Condition::Seq(operands) => {
            for operand in operands {
                in_condition(operand, visit);
            }
        }
        Condition::Not(operand) | Condition::IsTrue(operand) | Condition::Some { condition: operand, .. } => {
            in_condition(operand, visit);
        }
        Condition::Segment(key) => visit(Reference::Segment(key)),
        Condition::Flag { key, variants, .. } => visit(Reference::Flag(key, variants)),
        Condition::Answer { key, condition, .. } => {
            visit(Reference::Flag(key, &[]));
            in_condition(condition, visit);
        }
        Condition::List { .. } => visit(Reference::List),
        Condition::Const(_) | Condition::Compute(_) | Condition::Bucket { .. } | Condition::Test(_) => {}
    }
}

/// Every flag a serve takes its answer from.
pub(crate) fn in_serve<'c>(serve: &'c Serve, visit: &mut dyn FnMut(Reference<'c>)) {
    match serve {
        Serve::Flag(key) => visit(Reference::Flag(key, &[])),
        Serve::Split(split) => {
            split.serves.iter().for_each(|(_, _, serve)| in_serve(serve, visit));
            in_serve(&split.rest, visit);
            in_serve(&split.missing, visit);
        }
        Serve::Variant(_) | Serve::Next | Serve::CallerDefault | Serve::Error(_) | Serve::Compute(_) => {}
    }
}

/// Everything that the exact forms in an authored condition name.
pub(crate) fn in_authored<'c>(condition: &'c Authored, visit: &mut dyn FnMut(Reference<'c>)) {
    match condition {
        Authored::All(group) => group.all.iter().for_each(|inner| in_authored(inner, visit)),
        Authored::Any(group) => group.any.iter().for_each(|inner| in_authored(inner, visit)),
        Authored::Not(group) => in_authored(&group.not, visit),
        Authored::Exact(of) => in_condition(&of.exact, visit),
        Authored::Segment(_) | Authored::Attribute(_) => {}
    }
}

/// Everything that the exact forms of a configuration name.
pub(crate) fn in_configuration<'c>(configuration: &'c Configuration, visit: &mut dyn FnMut(Reference<'c>)) {
    for rule in &configuration.rules {
        in_authored(&rule.condition, visit);
        if let Served::Exact(serve) = &rule.serve {
            in_serve(serve, visit);
        }
    }
    if let Served::Exact(serve) = &configuration.default {
        in_serve(serve, visit);
    }
    for answer in configuration.off.iter().chain(&configuration.cycle) {
        in_serve(&answer.exact, visit);
    }
}

/// Every variant a serve names, with the JSON pointer inside it.
pub(crate) fn variants<'c>(pointer: &str, serve: &'c Serve, into: &mut Vec<(String, &'c str)>) {
    match serve {
        Serve::Variant(variant) => into.push((format!("{pointer}/variant"), variant)),
        Serve::Split(split) => {
            for (index, (_, _, variant)) in split.ranges.iter().enumerate() {
                into.push((format!("{pointer}/split/ranges/{index}/2"), variant));
            }
            for (index, (_, _, serve)) in split.serves.iter().enumerate() {
                variants(&format!("{pointer}/split/serves/{index}/2"), serve, into);
            }
            for (index, variant) in
                split.ramps.iter().enumerate().filter_map(|(i, ramp)| Some((i, ramp.variant.as_ref()?)))
            {
                into.push((format!("{pointer}/split/ramps/{index}/variant"), variant));
            }
            variants(&format!("{pointer}/split/rest"), &split.rest, into);
            variants(&format!("{pointer}/split/missing"), &split.missing, into);
        }
        Serve::Next | Serve::Flag(_) | Serve::CallerDefault | Serve::Error(_) | Serve::Compute(_) => {}
    }
}

/// Whether the `JSONLogic` of a configuration writes a text: it may be the variant that it serves.
pub(crate) fn computes(configuration: &Configuration, text: &str) -> bool {
    fn writes(value: &serde_json::Value, text: &str) -> bool {
        match value {
            serde_json::Value::String(written) => written == text,
            serde_json::Value::Array(items) => items.iter().any(|item| writes(item, text)),
            serde_json::Value::Object(members) => members.values().any(|member| writes(member, text)),
            serde_json::Value::Bool(written) => written.to_string() == text,
            serde_json::Value::Number(written) => written.to_string() == text,
            serde_json::Value::Null => false,
        }
    }
    fn serve_writes(serve: &Serve, text: &str) -> bool {
        match serve {
            Serve::Compute(logic) => writes(logic, text),
            Serve::Split(split) => {
                split.serves.iter().any(|(_, _, serve)| serve_writes(serve, text))
                    || serve_writes(&split.rest, text)
                    || serve_writes(&split.missing, text)
            }
            Serve::Variant(_) | Serve::Next | Serve::Flag(_) | Serve::CallerDefault | Serve::Error(_) => false,
        }
    }
    let serves = configuration.rules.iter().map(|rule| &rule.serve).chain([&configuration.default]);
    let exact = serves.filter_map(|serve| match serve {
        Served::Exact(exact) => Some(&**exact),
        Served::Variant(_) | Served::Rollout(_) | Served::Split(_) => None,
    });
    let answers = configuration.off.iter().chain(&configuration.cycle).map(|answer| &*answer.exact);
    exact.chain(answers).any(|serve| serve_writes(serve, text))
}
