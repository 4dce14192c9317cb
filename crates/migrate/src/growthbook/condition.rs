//! GrowthBook's Mongo-style conditions. They know true and false only: a missing attribute is null, and null compares like
//! JavaScript's. Every leaf here says what it is for null, so nothing is ever unknown.

use serde_json::{Map, Value};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

use super::javascript::{number_of, padded_version, text_of, truthy};

/// Where paths start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// At the attributes.
    Attributes,
    /// At an element of a list.
    Element,
    /// At a parent flag's answer, which is called `value`. Saved groups are not known there.
    Answer,
}

/// What is met on the way.
pub(super) trait Surroundings {
    /// Is the attribute in this saved group? `None`: there is no such group.
    fn group(&mut self, id: &str, path: &[String], scope: Scope) -> Option<Condition>;
    /// Something that no SDK of GrowthBook would evaluate, or that is not evaluated alike here.
    fn remark(&mut self, what: String, why: &str);
    /// Whether a regular expression can be used; what is wrong otherwise.
    fn pattern(&mut self, pattern: &str) -> Result<(), String>;
}

/// `evalCondition`.
pub(super) fn condition(members: &Map<String, Value>, scope: Scope, around: &mut dyn Surroundings) -> Condition {
    let parts = members.iter().map(|(name, expected)| match name.as_str() {
        "$or" => or(expected, scope, around),
        "$nor" => not(or(expected, scope, around)),
        "$and" => Condition::All(each(expected, scope, around)),
        "$not" => not(object(expected, scope, around)),
        _ => match path(name, scope) {
            Some(path) => value(expected, &path, scope, around),
            // Nothing but `value` is there.
            None => Condition::Const(when_null(&value(expected, &["value".to_owned()], scope, around))),
        },
    });
    joined(parts.collect())
}

fn joined(mut parts: Vec<Condition>) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) }
}

fn path(name: &str, scope: Scope) -> Option<Vec<String>> {
    let mut path: Vec<String> = name.split('.').map(str::to_owned).collect();
    if scope == Scope::Answer && path.remove(0) != "value" {
        return None;
    }
    Some(path)
}

fn object(expected: &Value, scope: Scope, around: &mut dyn Surroundings) -> Condition {
    if let Value::Object(members) = expected {
        condition(members, scope, around)
    } else {
        around.remark(format!("the condition {expected}"), "it is not an object");
        Condition::Const(true)
    }
}

fn each(expected: &Value, scope: Scope, around: &mut dyn Surroundings) -> Vec<Condition> {
    expected.as_array().into_iter().flatten().map(|one| object(one, scope, around)).collect()
}

/// Without alternatives it is true.
fn or(expected: &Value, scope: Scope, around: &mut dyn Surroundings) -> Condition {
    let parts = each(expected, scope, around);
    if parts.is_empty() { Condition::Const(true) } else { Condition::Any(parts) }
}

fn is_operators(members: &Map<String, Value>) -> bool {
    !members.is_empty() && members.keys().all(|name| name.starts_with('$'))
}

/// `evalConditionValue`.
fn value(expected: &Value, path: &[String], scope: Scope, around: &mut dyn Surroundings) -> Condition {
    match expected {
        Value::String(text) => leaf(path, Reader::StringJs, Op::Eq, expected.clone(), text == "null"),
        Value::Number(number) => {
            leaf(path, Reader::NumberJs, Op::Eq, expected.clone(), number.as_f64().is_some_and(|number| number == 0.0))
        }
        Value::Bool(_) => leaf(path, Reader::BoolJsTruthy, Op::Eq, expected.clone(), false),
        Value::Null => not(present(path)),
        Value::Object(members) if is_operators(members) => {
            joined(members.iter().map(|(name, expected)| operator(name, expected, path, scope, around)).collect())
        }
        Value::Array(_) | Value::Object(_) => {
            leaf(path, Reader::Json, Op::In, Value::from(vec![expected.clone()]), false)
        }
    }
}

/// `evalOperatorCondition`.
fn operator(name: &str, expected: &Value, path: &[String], scope: Scope, around: &mut dyn Surroundings) -> Condition {
    match name {
        "$eq" => strictly(path, expected),
        "$ne" => not(strictly(path, expected)),
        "$lt" => ordered(path, Op::Lt, expected),
        "$lte" => ordered(path, Op::Lte, expected),
        "$gt" => ordered(path, Op::Gt, expected),
        "$gte" => ordered(path, Op::Gte, expected),
        "$exists" if truthy(expected) => present(path),
        "$exists" => not(present(path)),
        "$in" | "$nin" | "$ini" | "$nini" => {
            let Some(members) = expected.as_array() else {
                return Condition::Const(false);
            };
            let among = among(path, members, name.ends_with('i'));
            if name.starts_with("$n") { not(among) } else { among }
        }
        "$inGroup" | "$notInGroup" => {
            let member = around.group(&text_of(expected), path, scope).unwrap_or(Condition::Const(false));
            if name == "$inGroup" { member } else { not(member) }
        }
        "$not" => not(value(expected, path, scope, around)),
        "$size" => Condition::All(vec![is_list(path), length(expected, path, around)]),
        "$elemMatch" => {
            let element = match expected {
                Value::Object(members) if !is_operators(members) => condition(members, Scope::Element, around),
                _ => value(expected, &[], Scope::Element, around),
            };
            // Elements that JavaScript calls false never match.
            let there = leaf(&[], Reader::BoolJsTruthy, Op::Eq, Value::Bool(true), false);
            some(path, Condition::All(vec![there, element]))
        }
        "$all" | "$alli" => {
            let Some(members) = expected.as_array() else {
                return Condition::Const(false);
            };
            let one = |member: &Value, around: &mut dyn Surroundings| match member {
                Value::String(text) if name == "$alli" => {
                    let text = text.to_lowercase();
                    let null = text == "null";
                    leaf(&[], Reader::StringJsLower, Op::Eq, Value::from(text), null)
                }
                _ => value(member, &[], Scope::Element, around),
            };
            let mut parts = vec![is_list(path)];
            parts.extend(members.iter().map(|member| some(path, one(member, around))));
            Condition::All(parts)
        }
        "$regex" | "$regexi" | "$notRegex" | "$notRegexi" => {
            let pattern = format!("{}{}", if name.ends_with('i') { "(?i)" } else { "" }, text_of(expected));
            if let Err(why) = around.pattern(&pattern) {
                around.remark(format!("the regular expression `{}`", text_of(expected)), &why);
                return Condition::Const(false);
            }
            let found = Condition::Test(Test {
                attr: path.to_vec(),
                reader: Reader::StringJs,
                op: Op::Matches,
                arg: Value::from(pattern),
                missing: Truth::False,
                invalid: Truth::False,
                each: false,
                null: true,
            });
            if name.starts_with("$not") { not(found) } else { found }
        }
        "$type" => leaf(path, Reader::Type, Op::Eq, Value::from(text_of(expected)), expected == "null"),
        "$veq" => version(path, Op::Eq, expected),
        "$vne" => not(version(path, Op::Eq, expected)),
        "$vlt" => version(path, Op::Lt, expected),
        "$vlte" => version(path, Op::Lte, expected),
        "$vgt" => version(path, Op::Gt, expected),
        "$vgte" => version(path, Op::Gte, expected),
        _ => {
            around.remark(format!("the operator {name}"), "GrowthBook does not know it, so it never holds");
            Condition::Const(false)
        }
    }
}

/// JavaScript's `===`.
fn strictly(path: &[String], expected: &Value) -> Condition {
    match expected {
        Value::Null => not(present(path)),
        Value::Array(_) | Value::Object(_) => Condition::Const(false),
        _ => leaf(path, Reader::Any, Op::In, Value::from(vec![expected.clone()]), false),
    }
}

/// JavaScript's `<` and so on: two texts by their letters, anything else as numbers.
fn ordered(path: &[String], op: Op, expected: &Value) -> Condition {
    let Value::String(text) = expected else {
        return match number_of(expected) {
            Some(number) => leaf(path, Reader::NumberJs, op, Value::from(number), compares(op, &0.0, &number)),
            None => Condition::Const(false),
        };
    };
    let texts = leaf(path, Reader::String, op, expected.clone(), false);
    let Some(number) = number_of(&Value::from(text.as_str())) else {
        return texts;
    };
    let numbers = leaf(path, Reader::Number, op, Value::from(number), compares(op, &0.0, &number));
    let fitting: Vec<Value> = [false, true]
        .into_iter()
        .filter(|value| compares(op, &f64::from(u8::from(*value)), &number))
        .map(Value::from)
        .collect();
    let mut ways = vec![texts, numbers];
    if !fitting.is_empty() {
        ways.push(leaf(path, Reader::Bool, Op::In, Value::from(fitting), false));
    }
    Condition::Any(ways)
}

fn compares<T: PartialOrd>(op: Op, a: &T, b: &T) -> bool {
    match op {
        Op::Lt => a < b,
        Op::Lte => a <= b,
        Op::Gt => a > b,
        Op::Gte => a >= b,
        _ => a == b,
    }
}

/// Strictly one of; a list by any of its elements.
pub(super) fn among(path: &[String], members: &[Value], ignore_case: bool) -> Condition {
    let any = |reader: Reader, members: Vec<Value>, null: bool| {
        Condition::Test(Test {
            attr: path.to_vec(),
            reader,
            op: Op::In,
            arg: Value::from(members),
            missing: if null { Truth::True } else { Truth::False },
            invalid: Truth::False,
            each: true,
            null: false,
        })
    };
    let null = members.contains(&Value::Null);
    let mut scalars: Vec<Value> = members
        .iter()
        .filter(|member| !(member.is_null() || member.is_array() || member.is_object()))
        .cloned()
        .collect();
    let mut ways = Vec::new();
    if ignore_case {
        let texts: Vec<Value> =
            scalars.iter().filter_map(Value::as_str).map(|text| Value::from(text.to_lowercase())).collect();
        scalars.retain(|member| !member.is_string());
        if !texts.is_empty() {
            ways.push(any(Reader::StringLower, texts, false));
        }
    }
    if !scalars.is_empty() {
        ways.push(any(Reader::Any, scalars, false));
    }
    if null {
        ways.push(not(present(path)));
    }
    match ways.len() {
        0 => Condition::Const(false),
        1 => ways.remove(0),
        _ => Condition::Any(ways),
    }
}

/// A condition on the number of elements; the list is there.
fn length(expected: &Value, path: &[String], around: &mut dyn Surroundings) -> Condition {
    let test = |op, number: f64| leaf(path, Reader::Length, op, Value::from(number), false);
    let equal = |number: Option<f64>| number.map_or(Condition::Const(false), |number| test(Op::Eq, number));
    match expected {
        Value::Number(number) => equal(number.as_f64()),
        Value::String(digits) => equal(digits.parse::<u32>().ok().filter(|n| n.to_string() == *digits).map(f64::from)),
        Value::Bool(some) => test(if *some { Op::Gt } else { Op::Lte }, 0.0),
        Value::Object(members) if is_operators(members) => {
            let parts = members.iter().map(|(name, expected)| {
                let order = |op| number_of(expected).map_or(Condition::Const(false), |number| test(op, number));
                let any = || {
                    let ways = expected.as_array().into_iter().flatten().filter(|member| member.is_number());
                    Condition::Any(ways.map(|member| equal(member.as_f64())).collect())
                };
                match name.as_str() {
                    "$eq" => equal(expected.as_f64()),
                    "$ne" => not(equal(expected.as_f64())),
                    "$lt" => order(Op::Lt),
                    "$lte" => order(Op::Lte),
                    "$gt" => order(Op::Gt),
                    "$gte" => order(Op::Gte),
                    "$in" | "$ini" => any(),
                    "$nin" | "$nini" if expected.is_array() => not(any()),
                    "$not" => not(length(expected, path, around)),
                    "$exists" => Condition::Const(truthy(expected)),
                    "$type" => Condition::Const(expected == "number"),
                    _ => {
                        around.remark(format!("the operator {name} on a size"), "it never holds for a number");
                        Condition::Const(false)
                    }
                }
            });
            joined(parts.collect())
        }
        _ => Condition::Const(false),
    }
}

fn version(path: &[String], op: Op, expected: &Value) -> Condition {
    let text = match expected {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(_) => text_of(expected),
        _ => "0".to_owned(),
    };
    // What is neither a text nor a number is version 0.
    let nothing = if compares(op, &padded_version("0"), &padded_version(&text)) { Truth::True } else { Truth::False };
    Condition::Test(Test {
        attr: path.to_vec(),
        reader: Reader::VersionPadded,
        op,
        arg: Value::from(text),
        missing: nothing,
        invalid: nothing,
        each: false,
        null: false,
    })
}

fn is_list(path: &[String]) -> Condition {
    leaf(path, Reader::Length, Op::Gte, Value::from(0), false)
}

fn present(path: &[String]) -> Condition {
    leaf(path, Reader::Any, Op::Present, Value::Null, false)
}

/// Not a list: false.
fn some(path: &[String], element: Condition) -> Condition {
    Condition::IsTrue(Box::new(Condition::Some { attr: path.to_vec(), condition: Box::new(element) }))
}

pub(super) fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn leaf(path: &[String], reader: Reader, op: Op, arg: Value, null: bool) -> Condition {
    let missing = if null { Truth::True } else { Truth::False };
    Condition::Test(Test {
        attr: path.to_vec(),
        reader,
        op,
        arg,
        missing,
        invalid: Truth::False,
        each: false,
        null: false,
    })
}

/// What a condition on one value says about null.
pub(super) fn when_null(condition: &Condition) -> bool {
    match condition {
        Condition::Const(value) => *value,
        Condition::All(parts) => parts.iter().all(when_null),
        Condition::Any(parts) => parts.iter().any(when_null),
        Condition::Not(part) => !when_null(part),
        Condition::Test(test) => test.op != Op::Present && test.missing == Truth::True,
        _ => false,
    }
}
