//! Documents to a ruleset: everything people author becomes rules over the evaluator's five primitives.
//!
//! A flag compiles from its own document and its configuration alone, a segment from its own document alone, so a
//! change recompiles exactly the documents it wrote ([`crate::affected`]).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use yardarm_eval::ruleset::{
    Bucket, Condition as Test, ErrorCode, FORMAT, Flag as Compiled, Op, Outcome, Reader, Reason, Rule, Ruleset,
    Segment as CompiledSegment, Serve as Served, Split as Ranges, Test as Leaf, Truth, Version,
};

use crate::allocation::{BUCKETS, size};
use crate::document::{
    AttributeTest, Condition, Configuration, Exactly, Flag, Operator, Segment, Serve, State, Target, ValueType,
};
use crate::reading::checked_instant;

/// The ruleset of one environment: a pure function of the project. `None` when there is no such environment.
pub fn ruleset_for(project: &str, state: &State, version: &Version, environment: &str) -> Option<Ruleset> {
    state.environments.get(environment)?;
    let flags = state.flags.keys().filter_map(|key| Some((key.clone(), compile_flag(state, environment, key)?)));
    let segments = state.segments.keys().filter_map(|key| Some((key.clone(), compile_segment(state, key)?)));
    Some(Ruleset {
        format: FORMAT,
        project: project.to_owned(),
        environment: environment.to_owned(),
        version: version.clone(),
        flags: flags.map(|(key, flag)| (key, raw(&flag))).collect(),
        segments: segments.map(|(key, segment)| (key, raw(&segment))).collect(),
        lists: state.lists.iter().map(|(key, list)| (key.clone(), list.keys.clone())).collect(),
    })
}

/// Compiled form of one flag in one environment; `None` when it is archived or does not exist there.
pub fn compile_flag(state: &State, environment: &str, key: &str) -> Option<Compiled> {
    let flag = state.flags.get(key).filter(|flag| !flag.archived)?;
    state.environments.get(environment)?;
    Some(match state.stored_configuration(environment, key) {
        Some(configuration) => flag_from(flag, configuration),
        None => flag_from(flag, &Configuration::off(flag)),
    })
}

/// Compiled form of one segment; `None` when it does not exist.
pub fn compile_segment(state: &State, key: &str) -> Option<CompiledSegment> {
    state.segments.get(key).map(|segment| segment_from(segment))
}

/// A compiled document as the text that is delivered.
pub fn raw<T: Serialize>(compiled: &T) -> Box<RawValue> {
    to_raw_value(compiled).expect("maps have text keys and numbers are finite, so nothing can fail")
}

/// Attribute name → path into the context: `user` is the top level and its key is the targeting key.
pub fn attribute_path(name: &str) -> Vec<String> {
    let name = name.strip_prefix("user.").unwrap_or(name);
    match name {
        "key" | "targetingKey" => vec!["targetingKey".to_owned()],
        _ => name.split('.').map(str::to_owned).collect(),
    }
}

/// Path of a context kind's key.
fn key_path(context_kind: &str) -> Vec<String> {
    attribute_path(&format!("{context_kind}.key"))
}

/// Compiles a flag from its two documents.
pub fn flag_from(flag: &Flag, configuration: &Configuration) -> Compiled {
    let mut buckets = configuration.buckets.clone();
    let exactly = |answer: &Exactly| Outcome { serve: Served::clone(&answer.exact), reason: answer.reason };
    let off = |reason| {
        let kept = configuration.off.as_ref().map(|off| Served::clone(&off.exact));
        let serve = kept.unwrap_or_else(|| Served::Variant(configuration.off_variant.clone()));
        Outcome { serve, reason: Some(reason) }
    };
    let mut rules = Vec::new();
    for needed in &configuration.prerequisites {
        let met = Test::Flag { key: needed.flag.clone(), variants: needed.variants.clone(), on: true };
        rules.push(Rule {
            id: format!("prerequisite:{}", needed.flag),
            condition: Test::Not(Box::new(met)),
            outcome: off(Reason::PrerequisiteFailed),
        });
    }
    rules.extend(configuration.targets.iter().filter(|target| !target.keys.is_empty()).map(target));
    for rule in &configuration.rules {
        let serve = serve(&rule.serve, None, flag, &mut buckets);
        rules.push(Rule {
            id: rule.id.clone(),
            condition: condition(&rule.condition),
            outcome: Outcome { serve, reason: rule.reason },
        });
    }
    let default = serve(&configuration.default, Some(&configuration.off_variant), flag, &mut buckets);
    Compiled {
        on: configuration.on,
        value_type: flag.value_type,
        variants: flag.variants.iter().map(|variant| (variant.key.clone(), served(flag, &variant.value))).collect(),
        off: off(configuration.off.as_ref().and_then(|off| off.reason).unwrap_or(Reason::Disabled)),
        rules,
        default: Outcome { serve: default, reason: None },
        buckets,
        unknown: configuration.unknown,
        cycle: configuration.cycle.as_ref().map(exactly),
    }
}

/// A value as clients get it. In a number flag with any fractional variant all are written with a fraction (`1.0`):
/// clients of languages with integers and floats ask for one of the two, and the answer must not change its type from
/// variant to variant.
fn served(flag: &Flag, value: &Value) -> Value {
    let fractional = || flag.variants.iter().any(|variant| variant.value.is_f64());
    match (flag.value_type, value.as_f64()) {
        (ValueType::Number, Some(number)) if fractional() => Value::from(number),
        _ => value.clone(),
    }
}

fn target(target: &Target) -> Rule {
    let keys = target.keys.iter().map(|key| Value::from(key.as_str())).collect();
    let mut leaf = leaf(key_path(&target.context_kind), Reader::String, Op::In, keys);
    leaf.missing = Truth::False;
    leaf.invalid = Truth::False;
    Rule {
        id: format!("target:{}", target.variant),
        condition: Test::Test(leaf),
        outcome: Outcome { serve: Served::Variant(target.variant.clone()), reason: Some(Reason::TargetingMatch) },
    }
}

/// `rest`: in the default rule, what a rollout serves to the others. In targeting rules they go on to the next rule.
fn serve(serve: &Serve, rest: Option<&str>, flag: &Flag, buckets: &mut BTreeMap<String, Bucket>) -> Served {
    let (bucket_by, ranges, rest) = match serve {
        Serve::Variant(variant) => return Served::Variant(variant.clone()),
        Serve::Exact(serve) => return Served::clone(serve),
        Serve::Rollout(rollout) => {
            let ranges = rollout.ranges.iter().map(|(lo, hi)| (*lo, *hi, rollout.variant.clone())).collect::<Vec<_>>();
            let rest = rest.map(|off| rollout.otherwise.clone().unwrap_or_else(|| off.to_owned()));
            (&rollout.bucket_by, ranges, rest)
        }
        Serve::Split(split) => {
            let shares = split.shares.iter();
            let ranges = shares.flat_map(|s| s.ranges.iter().map(|(lo, hi)| (*lo, *hi, s.variant.clone()))).collect();
            (&split.bucket_by, ranges, rest.map(str::to_owned))
        }
    };
    let unit = attribute_path(bucket_by);
    let by_targeting_key = unit == ["targetingKey"];
    // An exact form may have a bucket of this name.
    let mut name = if by_targeting_key { "user.key".to_owned() } else { unit.join(".") };
    let native = Bucket::native(format!("{}:", flag.salt), unit);
    while buckets.get(&name).is_some_and(|other| *other != native) {
        name.push('\'');
    }
    let rest = rest.map_or(Served::Next, Served::Variant);
    // When everyone is served alike, nobody needs a key for it.
    let everyone = match &ranges[..] {
        [] => Some(rest.clone()),
        [(lo, hi, variant), more @ ..] if more.iter().all(|(_, _, other)| other == variant) => {
            let all = hi - lo + size(&more.iter().map(|(lo, hi, _)| (*lo, *hi)).collect::<Vec<_>>());
            (all == BUCKETS).then(|| Served::Variant(variant.clone()))
        }
        _ => None,
    };
    let missing = everyone.unwrap_or_else(|| match rest {
        Served::Next => Served::Next,
        _ if by_targeting_key => Served::Error(ErrorCode::TargetingKeyMissing),
        _ => rest.clone(),
    });
    buckets.insert(name.clone(), native);
    let (rest, missing) = (Box::new(rest), Box::new(missing));
    Served::Split(Ranges { bucket: name, ranges, serves: Vec::new(), ramps: Vec::new(), rest, missing })
}

/// Compiles a segment: `included`, or not `excluded` and any rule. Always true or false, never unknown.
pub fn segment_from(segment: &Segment) -> CompiledSegment {
    let path = key_path(&segment.context_kind);
    let in_lists = |lists: &[String]| Test::IsTrue(Box::new(Test::List { attr: path.clone(), lists: lists.to_vec() }));
    let mut ways = Vec::new();
    if !segment.included.is_empty() {
        ways.push(in_lists(&segment.included));
    }
    if !segment.rules.is_empty() {
        let by_rule = Test::Any(segment.rules.iter().map(condition).collect());
        ways.push(if segment.excluded.is_empty() {
            by_rule
        } else {
            Test::All(vec![Test::Not(Box::new(in_lists(&segment.excluded))), by_rule])
        });
    }
    let condition = match ways.len() {
        0 => Test::Const(false),
        _ => Test::IsTrue(Box::new(Test::Any(ways))),
    };
    CompiledSegment { condition, buckets: segment.buckets.clone() }
}

/// Compiles an authored condition.
pub fn condition(authored: &Condition) -> Test {
    match authored {
        Condition::All(group) => Test::All(group.all.iter().map(condition).collect()),
        Condition::Any(group) => Test::Any(group.any.iter().map(condition).collect()),
        Condition::Not(group) => Test::Not(Box::new(condition(&group.not))),
        Condition::Segment(reference) => negated(reference.negate, Test::Segment(reference.segment.clone())),
        Condition::Attribute(test) => negated(test.negate, attribute(test)),
        Condition::Exact(of) => Test::clone(&of.exact),
    }
}

fn negated(negate: bool, test: Test) -> Test {
    if negate { Test::Not(Box::new(test)) } else { test }
}

/// A missing attribute is unknown, which `not` leaves unknown: it never matches, negated or not.
fn attribute(test: &AttributeTest) -> Test {
    let path = attribute_path(&test.attribute);
    let letters = if test.ignore_case { Reader::StringLower } else { Reader::String };
    let values = || Value::from(test.values.clone());
    // Operators of one argument: any of the values counts.
    let any = |reader: Reader, op: Op, argument: &dyn Fn(&Value) -> Value| {
        let mut tests: Vec<Test> =
            test.values.iter().map(|value| Test::Test(leaf(path.clone(), reader, op, argument(value)))).collect();
        match tests.len() {
            1 => tests.remove(0),
            _ => Test::Any(tests),
        }
    };
    let same = |value: &Value| value.clone();
    let instant = |value: &Value| checked_instant(value).map_or(Value::Null, Value::from);
    let one = |reader, op, arg| Test::Test(leaf(path.clone(), reader, op, arg));
    match test.operator {
        Operator::In => one(if test.ignore_case { letters } else { Reader::Any }, Op::In, values()),
        Operator::StartsWith => one(letters, Op::Starts, values()),
        Operator::EndsWith => one(letters, Op::Ends, values()),
        Operator::Contains => one(letters, Op::Contains, values()),
        Operator::Matches => any(letters, Op::Matches, &same),
        Operator::LessThan => any(Reader::Number, Op::Lt, &same),
        Operator::AtMost => any(Reader::Number, Op::Lte, &same),
        Operator::GreaterThan => any(Reader::Number, Op::Gt, &same),
        Operator::AtLeast => any(Reader::Number, Op::Gte, &same),
        Operator::Before => any(Reader::Date, Op::Lt, &instant),
        Operator::After => any(Reader::Date, Op::Gt, &instant),
        Operator::SemverEqual => any(Reader::VersionLoose, Op::Eq, &same),
        Operator::SemverLessThan => any(Reader::VersionLoose, Op::Lt, &same),
        Operator::SemverAtMost => any(Reader::VersionLoose, Op::Lte, &same),
        Operator::SemverGreaterThan => any(Reader::VersionLoose, Op::Gt, &same),
        Operator::SemverAtLeast => any(Reader::VersionLoose, Op::Gte, &same),
        Operator::InCidr => one(Reader::String, Op::Cidr, values()),
        Operator::HasAny => one(Reader::List, Op::HasAny, values()),
        Operator::HasAll => one(Reader::List, Op::HasAll, values()),
        Operator::Present => {
            let mut present = leaf(path.clone(), Reader::Any, Op::Present, Value::Null);
            present.missing = Truth::False;
            Test::Test(present)
        }
    }
}

fn leaf(attr: Vec<String>, reader: Reader, op: Op, arg: Value) -> Leaf {
    Leaf { attr, reader, op, arg, missing: Truth::Unknown, invalid: Truth::Unknown, each: false, null: false }
}
