//! `JSONLogic` that asks about attributes, as conditions. What conditions do not say just as well stays `JSONLogic`.

use serde_json::Value;
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

/// Is the result of an expression truthy? Always true or false.
pub(super) fn truthy(expression: &Value) -> Condition {
    translated(expression).unwrap_or_else(|| Condition::Compute(expression.clone()))
}

/// The operator and its operands; one operand may come without a list.
pub(super) fn operation(expression: &Value) -> Option<(&str, &[Value])> {
    let members = expression.as_object()?;
    let (name, operands) = members.iter().next()?;
    (members.len() == 1)
        .then(|| (name.as_str(), operands.as_array().map_or(std::slice::from_ref(operands), Vec::as_slice)))
}

/// The path of `{"var": "a.b"}`. None for variables with defaults, list elements, what flagd injects, and names that mean
/// something else here.
pub(super) fn variable(expression: &Value) -> Option<Vec<String>> {
    let ("var", [name]) = operation(expression)? else {
        return None;
    };
    let path: Vec<String> = name.as_str()?.split('.').map(str::to_owned).collect();
    let usable = |part: &String| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit());
    let ours = match path.first()?.as_str() {
        "key" | "user" => true,
        "targetingKey" => path.len() > 1,
        name => name.starts_with('$'),
    };
    (path.iter().all(usable) && !ours).then_some(path)
}

fn translated(expression: &Value) -> Option<Condition> {
    if let Value::Bool(value) = expression {
        return Some(Condition::Const(*value));
    }
    if let Some(path) = variable(expression) {
        let empty = test(&path, Reader::Length, Op::Eq, Value::from(0), Truth::False);
        let truthy = test(&path, Reader::BoolJsTruthy, Op::Eq, Value::Bool(true), Truth::False);
        return Some(Condition::All(vec![truthy, Condition::Not(Box::new(empty))]));
    }
    let (operator, operands) = operation(expression)?;
    match (operator, operands) {
        ("!", [one]) => Some(Condition::Not(Box::new(truthy(one)))),
        ("!!", [one]) => Some(truthy(one)),
        ("and", [_, ..]) => Some(Condition::All(operands.iter().map(truthy).collect())),
        ("or", [_, ..]) => Some(Condition::Any(operands.iter().map(truthy).collect())),
        ("==" | "===", [a, b]) => equal(operator == "===", a, b),
        ("!=" | "!==", [a, b]) => Some(Condition::Not(Box::new(equal(operator == "!==", a, b)?))),
        ("in", [needle, haystack]) => member(needle, haystack),
        ("starts_with", [text, Value::String(start)]) => {
            Some(test(&variable(text)?, Reader::String, Op::Starts, Value::from(vec![start.as_str()]), Truth::False))
        }
        ("ends_with", [text, Value::String(end)]) => {
            Some(test(&variable(text)?, Reader::String, Op::Ends, Value::from(vec![end.as_str()]), Truth::False))
        }
        ("<" | "<=" | ">" | ">=", [a, b]) => ordered(operator, a, b),
        ("<" | "<=", [a, b, c]) => Some(Condition::All(vec![ordered(operator, a, b)?, ordered(operator, b, c)?])),
        ("sem_ver", [version, Value::String(comparison), Value::String(bound)]) => semver(version, comparison, bound),
        _ => None,
    }
}

/// The one operand that is a variable and the other, whether they were in this order.
fn sides<'v>(a: &'v Value, b: &'v Value) -> Option<(Vec<String>, &'v Value, bool)> {
    variable(a).map(|path| (path, b, true)).or_else(|| variable(b).map(|path| (path, a, false)))
}

/// JavaScript's `==` and `===`.
fn equal(strict: bool, a: &Value, b: &Value) -> Option<Condition> {
    let (path, other, _) = sides(a, b)?;
    let number = |number: Value| Some(test(&path, Reader::NumberJs, Op::Eq, number, Truth::False));
    match other {
        Value::Null => Some(Condition::Not(Box::new(test(&path, Reader::Any, Op::Present, Value::Null, Truth::False)))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) if strict => {
            Some(test(&path, Reader::Any, Op::Eq, other.clone(), Truth::False))
        }
        // A number is loosely equal to a text that looks like one, so such texts stay JSONLogic.
        Value::String(text) if text.trim().starts_with(|c: char| c.is_alphabetic()) && text != "Infinity" => {
            Some(test(&path, Reader::String, Op::Eq, other.clone(), Truth::False))
        }
        Value::Bool(value) => number(Value::from(u8::from(*value))),
        Value::Number(_) => number(other.clone()),
        _ => None,
    }
}

fn member(needle: &Value, haystack: &Value) -> Option<Condition> {
    if let (Value::String(_), Some(path)) = (needle, variable(haystack)) {
        let one = Value::from(vec![needle.clone()]);
        return Some(Condition::Any(vec![
            test(&path, Reader::String, Op::Contains, one.clone(), Truth::False),
            test(&path, Reader::List, Op::HasAny, one, Truth::False),
        ]));
    }
    let members = haystack.as_array()?;
    let scalar = |member: &Value| matches!(member, Value::String(_) | Value::Number(_) | Value::Bool(_));
    members
        .iter()
        .all(scalar)
        .then(|| Some(test(&variable(needle)?, Reader::Any, Op::In, haystack.clone(), Truth::False)))?
}

/// JavaScript's relations with a number; null counts as 0.
fn ordered(operator: &str, a: &Value, b: &Value) -> Option<Condition> {
    let (path, bound, in_order) = sides(a, b)?;
    let number = bound.as_f64()?;
    let (op, null_fits) = match (operator, in_order) {
        ("<", true) | (">", false) => (Op::Lt, 0.0 < number),
        ("<=", true) | (">=", false) => (Op::Lte, 0.0 <= number),
        (">", true) | ("<", false) => (Op::Gt, 0.0 > number),
        _ => (Op::Gte, 0.0 >= number),
    };
    let missing = if null_fits { Truth::True } else { Truth::False };
    Some(test(&path, Reader::NumberJs, op, bound.clone(), missing))
}

/// `^` and `~` stay `JSONLogic`: they look at major and minor numbers only.
fn semver(version: &Value, comparison: &str, bound: &str) -> Option<Condition> {
    let path = variable(version)?;
    let is = |op| test(&path, Reader::VersionGo, op, Value::from(bound), Truth::False);
    let plain = bound.trim_start_matches(['v', 'V']);
    let written_out = plain.split(['-', '+']).next()?.split('.').count() == 3 && bound.len() - plain.len() <= 1;
    let op = match comparison {
        _ if !written_out => return None,
        "!=" => return Some(Condition::Any(vec![is(Op::Lt), is(Op::Gt)])),
        "=" => Op::Eq,
        "<" => Op::Lt,
        "<=" => Op::Lte,
        ">" => Op::Gt,
        ">=" => Op::Gte,
        _ => return None,
    };
    Some(is(op))
}

pub(super) fn test(path: &[String], reader: Reader, op: Op, arg: Value, missing: Truth) -> Condition {
    let attr = path.to_vec();
    Condition::Test(Test { attr, reader, op, arg, missing, invalid: Truth::False, each: false, null: false })
}
