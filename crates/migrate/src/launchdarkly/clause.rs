//! A clause of a rule as a condition.
//!
//! Missing attributes and kinds make a clause unknown, so that its negation does not hold either; values of another type
//! make it false, so that its negation does. A list attribute is compared element by element.

use std::collections::BTreeSet;

use regex::RegexBuilder;
use serde_json::{Value, json};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

use super::reference::{self, Malformed};
use super::source::{Clause, kind_of};
use crate::exact::{Authored, leaf};

/// A segment that a clause names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// It does not exist.
    Missing,
    /// It contains itself, or one that does.
    Circular,
    /// It is there, under this key.
    Segment(String),
}

/// What clauses refer to, and where what must be said about them is collected.
pub(super) struct Scope<'s> {
    /// The segments of the environment.
    pub(super) segments: &'s dyn Fn(&str) -> Named,
    /// Words for the report: what, why, what to do.
    pub(super) remarks: BTreeSet<[String; 3]>,
}

impl Scope<'_> {
    pub(super) fn remark(&mut self, what: impl Into<String>, why: impl Into<String>, what_to_do: impl Into<String>) {
        self.remarks.insert([what.into(), why.into(), what_to_do.into()]);
    }
}

/// The condition of one clause.
pub(super) fn clause(scope: &mut Scope<'_>, clause: &Clause) -> Result<Authored, Malformed> {
    if clause.op == "segmentMatch" {
        return segment_match(scope, clause);
    }
    let name = clause.attribute.as_deref().unwrap_or_default();
    let components = reference::components(clause.context_kind.as_deref(), name)?;
    if name == "kind" {
        scope.remark(
            "a clause on the kind of context",
            "Yardarm's contexts have no kind of their own",
            "send an attribute `kind` with the list of kinds in the context",
        );
        let test = compared(scope, clause, &["kind".to_owned()], Truth::False);
        return Ok(Authored::Exact(negated(clause.negate, test)));
    }
    let kind = kind_of(clause.context_kind.as_deref());
    let path = reference::path(kind, &components);
    if components == ["key"]
        && let Some(native) = key_test(kind, clause)
    {
        return Ok(Authored::Native(native));
    }
    if components == ["anonymous"] {
        return Ok(Authored::Exact(anonymous(scope, clause, kind, &path)));
    }
    let test = compared(scope, clause, &path, Truth::Unknown);
    Ok(Authored::Exact(negated(clause.negate, test)))
}

fn negated(negate: bool, condition: Condition) -> Condition {
    if negate { Condition::Not(Box::new(condition)) } else { condition }
}

/// Member of any of the segments; a segment that does not exist has no members.
fn segment_match(scope: &mut Scope<'_>, clause: &Clause) -> Result<Authored, Malformed> {
    let mut known = Vec::new();
    for key in clause.values.iter().filter_map(Value::as_str) {
        match (scope.segments)(key) {
            Named::Segment(key) => known.push(key),
            Named::Circular => return Err(Malformed),
            Named::Missing => scope.remark(
                format!("a clause on the segment {key:?}"),
                "the segment is not in the import; nobody is in it, as in LaunchDarkly",
                "import the segments of the environment together with its flags",
            ),
        }
    }
    Ok(match &known[..] {
        [] => Authored::Exact(Condition::Const(clause.negate)),
        [one] if clause.negate => Authored::Native(json!({"segment": one, "negate": true})),
        [one] => Authored::Native(json!({"segment": one})),
        several => {
            let any = json!({"any": several.iter().map(|key| json!({"segment": key})).collect::<Vec<_>>()});
            Authored::Native(if clause.negate { json!({"not": any}) } else { any })
        }
    })
}

/// Keys are always texts and never lists: the native comparisons mean the same for them.
fn key_test(kind: &str, clause: &Clause) -> Option<Value> {
    let operator = match clause.op.as_str() {
        "in" => "in",
        "startsWith" => "starts_with",
        "endsWith" => "ends_with",
        "contains" => "contains",
        _ => return None,
    };
    let plain = |text: &str| !text.is_empty() && text.chars().count() <= yardarm_model::limits::VALUE_TEXT;
    let values: Vec<&str> = clause.values.iter().filter_map(Value::as_str).collect();
    if kind.contains('.') || values.is_empty() || !values.iter().all(|text| plain(text)) {
        return None;
    }
    let mut test = json!({"attribute": format!("{kind}.key"), "operator": operator, "values": values});
    if clause.negate {
        test["negate"] = true.into();
    }
    Some(test)
}

/// `anonymous` is false where a context of the kind does not say it.
fn anonymous(scope: &mut Scope<'_>, clause: &Clause, kind: &str, path: &[String]) -> Condition {
    let if_false = clause.op == "in" && clause.values.contains(&Value::Bool(false));
    let missing = if if_false { Truth::True } else { Truth::False };
    let mut here = leaf(reference::key_path(kind), Reader::Any, Op::Present, Value::Null);
    here.missing = Truth::Unknown;
    let said = compared(scope, clause, path, missing);
    Condition::Seq(vec![Condition::Test(here), negated(clause.negate, said)])
}

/// The comparison itself: any element of the attribute with any of the values.
fn compared(scope: &mut Scope<'_>, clause: &Clause, path: &[String], missing: Truth) -> Condition {
    let test = |reader, op, arg: Value| Test {
        missing,
        invalid: Truth::False,
        each: true,
        ..leaf(path.to_vec(), reader, op, arg)
    };
    let texts = || clause.values.iter().filter(|value| value.is_string()).cloned().collect::<Value>();
    let numbers = |op| -> Vec<Test> {
        clause.values.iter().filter(|v| v.is_number()).map(|v| test(Reader::Number, op, v.clone())).collect()
    };
    let instants = |op| -> Vec<Test> {
        let instants = clause.values.iter().filter_map(instant);
        instants.map(|ms| test(Reader::Date, op, number(ms))).collect()
    };
    let mut found = match clause.op.as_str() {
        "in" if clause.values.iter().any(|value| value.is_object() || value.is_array()) => {
            return equal(clause, path, missing);
        }
        "in" => {
            vec![test(Reader::Any, Op::In, clause.values.iter().filter(|value| !value.is_null()).cloned().collect())]
        }
        "startsWith" => vec![test(Reader::String, Op::Starts, texts())],
        "endsWith" => vec![test(Reader::String, Op::Ends, texts())],
        "contains" => vec![test(Reader::String, Op::Contains, texts())],
        "matches" => patterns(scope, clause).into_iter().map(|p| test(Reader::String, Op::Matches, p.into())).collect(),
        "lessThan" => numbers(Op::Lt),
        "lessThanOrEqual" => numbers(Op::Lte),
        "greaterThan" => numbers(Op::Gt),
        "greaterThanOrEqual" => numbers(Op::Gte),
        "before" => instants(Op::Lt),
        "after" => instants(Op::Gt),
        "semVerEqual" => return versions(clause, path, missing, Op::Eq),
        "semVerLessThan" => return versions(clause, path, missing, Op::Lt),
        "semVerGreaterThan" => return versions(clause, path, missing, Op::Gt),
        other => {
            scope.remark(
                format!("the operator {other:?}"),
                "it is not one of LaunchDarkly's operators; there too it matches nothing",
                "replace the clause or remove it",
            );
            Vec::new()
        }
    };
    match found.len() {
        // No value that could match: false where the attribute is, unknown where it is not.
        0 => Condition::Test(test(Reader::Any, Op::In, Value::Array(Vec::new()))),
        1 => Condition::Test(found.remove(0)),
        _ => Condition::Any(found.into_iter().map(Condition::Test).collect()),
    }
}

/// `in` with lists or objects among the values, which the attribute or its elements may equal as a whole. A list is only ever
/// looked at element by element.
fn equal(clause: &Clause, path: &[String], missing: Truth) -> Condition {
    let values = |is: fn(&Value) -> bool| clause.values.iter().filter(|value| is(value)).cloned().collect::<Value>();
    let test = |path: &[String], reader, each, arg| {
        Condition::Test(Test { missing, invalid: Truth::False, each, ..leaf(path.to_vec(), reader, Op::In, arg) })
    };
    let element = test(&[], Reader::Json, false, values(|value| value.is_object() || value.is_array()));
    let element = Condition::Some { attr: path.to_vec(), condition: Box::new(element) };
    Condition::Any(vec![
        test(path, Reader::Any, true, values(|value| !(value.is_null() || value.is_object() || value.is_array()))),
        test(path, Reader::Json, false, values(Value::is_object)),
        Condition::IsTrue(Box::new(element)),
    ])
}

/// Our loose versions drop a leading `v`, which LaunchDarkly's must not have: it is looked at first, in the attribute and in
/// the elements of a list.
fn versions(clause: &Clause, path: &[String], missing: Truth, op: Op) -> Condition {
    let wanted: Vec<&Value> = clause.values.iter().filter(|value| value.as_str().is_some_and(is_version)).collect();
    let any = |path: &[String]| {
        let test = |reader, op, arg| {
            Condition::Test(Test { missing, invalid: Truth::False, ..leaf(path.to_vec(), reader, op, arg) })
        };
        let letter = test(Reader::String, Op::Starts, json!(["v", "V"]));
        let mut any: Vec<_> = wanted.iter().map(|value| test(Reader::VersionLoose, op, (*value).clone())).collect();
        // Something must tell what is missing from what does not match.
        any.push(test(Reader::Any, Op::In, json!([])));
        Condition::All(vec![Condition::Not(Box::new(letter)), Condition::Any(any)])
    };
    let element = Condition::Some { attr: path.to_vec(), condition: Box::new(any(&[])) };
    Condition::Any(vec![any(path), Condition::IsTrue(Box::new(element))])
}

/// Regular expressions that can be used; the others match nothing, as in LaunchDarkly.
fn patterns(scope: &mut Scope<'_>, clause: &Clause) -> Vec<String> {
    let mut usable = Vec::new();
    for pattern in clause.values.iter().filter_map(Value::as_str) {
        match RegexBuilder::new(pattern).size_limit(yardarm_eval::limits::MAX_REGEX_BYTES).build() {
            Ok(_) => usable.push(pattern.to_owned()),
            Err(error) => scope.remark(
                format!("the regular expression {pattern:?}"),
                format!("it cannot be used and matches nothing: {error}"),
                "write it without look-around and back-references",
            ),
        }
    }
    usable
}

/// A number as JSON, without a fraction where it has none.
fn number(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    if number.fract() == 0.0 && number.abs() < 1e15 { Value::from(number as i64) } else { Value::from(number) }
}

/// Milliseconds since 1970 of an RFC 3339 text or a number of milliseconds.
fn instant(value: &Value) -> Option<f64> {
    let Some(text) = value.as_str() else { return value.as_f64() };
    let shape = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        0..19 => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || matches!(byte, b'.' | b'Z' | b'+' | b'-' | b':'),
    };
    if text.len() < 20 || !text.bytes().enumerate().all(shape) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "four-digit years stay far below 2^53 ms")]
    text.parse::<jiff::Timestamp>().ok().map(|instant| instant.as_millisecond() as f64)
}

/// LaunchDarkly's versions: `SemVer` 2.0 whose minor and patch may be left out; no leading `v`.
fn is_version(text: &str) -> bool {
    let (core, tail) = text.find(['-', '+']).map_or((text, ""), |at| text.split_at(at));
    let parts = core.split('.').count();
    let filled = match parts {
        1 => format!("{core}.0.0{tail}"),
        2 => format!("{core}.0{tail}"),
        _ => text.to_owned(),
    };
    semver::Version::parse(&filled).is_ok()
}
