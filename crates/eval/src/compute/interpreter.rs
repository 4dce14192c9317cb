//! Properties of `compute` against a second interpreter: the operations of jsonlogic.com written down once more, straight
//! over JSON, with JavaScript's conversions as its specification has them. Slow, simple and for tests only.

use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value, json};

use super::Logic;
use crate::context::Context;
use crate::path::Subject;

/// `String(value)`.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.as_f64().map(|number| format!("{}", number + 0.0)).unwrap_or_default(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => elements.iter().map(joined).collect::<Vec<_>>().join(","),
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

/// As an element of a list that is joined.
fn joined(value: &Value) -> String {
    if value.is_null() { String::new() } else { text(value) }
}

/// `Number(value)`.
fn number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::Object(_) => f64::NAN,
        _ => match text(value).trim() {
            "" => 0.0,
            trimmed => trimmed.parse().ok().or_else(|| prefixed(trimmed)).unwrap_or(f64::NAN),
        },
    }
}

/// `NonDecimalIntegerLiteral` (ECMA-262, 12.9.3): `0x1f`, `0o17`, `0b1`.
#[expect(clippy::cast_precision_loss, reason = "as JavaScript does")]
fn prefixed(text: &str) -> Option<f64> {
    let (prefix, digits) = text.split_at_checked(2)?;
    let radix = match prefix {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return None,
    };
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().map(|whole| whole as f64)
}

/// `parseFloat(value)`.
fn float(value: &Value) -> f64 {
    let beginning = Regex::new(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)").unwrap();
    beginning.captures(&text(value)).and_then(|found| found[1].parse().ok()).unwrap_or(f64::NAN)
}

fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(_) => true,
    }
}

/// `==`.
#[expect(clippy::float_cmp, reason = "as JavaScript does")]
fn loose(a: &Value, b: &Value) -> bool {
    let is_thing = |value: &Value| value.is_array() || value.is_object();
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => a == b,
        _ if is_thing(a) && is_thing(b) => false,
        _ if is_thing(a) => loose(&text(a).into(), b),
        _ if is_thing(b) => loose(a, &text(b).into()),
        (Value::String(a), Value::String(b)) => a == b,
        _ => number(a) == number(b),
    }
}

/// `===`.
#[expect(clippy::float_cmp, reason = "as JavaScript does")]
fn strict(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => number(a) == number(b),
        (Value::Array(_) | Value::Object(_), _) => false,
        _ => a == b,
    }
}

/// `a < b`; the second answer is for `a <= b`.
fn less(a: &Value, b: &Value) -> (bool, bool) {
    match (a, b) {
        (Value::String(a), Value::String(b)) => (a < b, a <= b),
        _ => (number(a) < number(b), number(a) <= number(b)),
    }
}

fn made(number: f64) -> Value {
    if number.is_finite() { json!(number) } else { Value::Null }
}

fn find(path: &Value, data: &Value) -> Value {
    let path = joined(path);
    let mut found = data;
    for name in path.split('.').filter(|_| !path.is_empty()) {
        let next = match found {
            Value::Array(elements) => name.parse::<usize>().ok().and_then(|at| elements.get(at)),
            other => other.get(name),
        };
        let Some(next) = next else { return Value::Null };
        found = next;
    }
    found.clone()
}

fn interpret(rule: &Value, data: &Value) -> Value {
    let (name, arguments) = match rule {
        Value::Array(elements) => return elements.iter().map(|element| interpret(element, data)).collect(),
        Value::Object(members) if members.len() == 1 => members.iter().next().unwrap(),
        other => return other.clone(),
    };
    let arguments = arguments.as_array().cloned().unwrap_or_else(|| vec![arguments.clone()]);
    let raw = |at: usize| arguments.get(at).cloned().unwrap_or_default();
    let list = || interpret(&raw(0), data).as_array().cloned().unwrap_or_default();
    let each = || list().into_iter().map(|element| (interpret(&raw(1), &element), element));
    match name.as_str() {
        "if" => {
            let mut at = 0;
            while at + 1 < arguments.len() {
                if holds(&interpret(&raw(at), data)) {
                    return interpret(&raw(at + 1), data);
                }
                at += 2;
            }
            return interpret(&raw(at), data);
        }
        "and" | "or" => {
            let mut result = Value::Null;
            for argument in &arguments {
                result = interpret(argument, data);
                if holds(&result) == (name == "or") {
                    return result;
                }
            }
            return result;
        }
        "map" => return each().map(|(result, _)| result).collect(),
        "filter" => return each().filter(|(result, _)| holds(result)).map(|(_, element)| element).collect(),
        "all" => return json!(!list().is_empty() && each().all(|(result, _)| holds(&result))),
        "some" => return json!(each().any(|(result, _)| holds(&result))),
        "none" => return json!(!each().any(|(result, _)| holds(&result))),
        "reduce" => {
            return list().into_iter().fold(interpret(&raw(2), data), |sum, element| {
                interpret(&raw(1), &json!({"current": element, "accumulator": sum}))
            });
        }
        _ => {}
    }
    let values: Vec<Value> = arguments.iter().map(|argument| interpret(argument, data)).collect();
    let value = |at: usize| values.get(at).cloned().unwrap_or_default();
    let (a, b) = (value(0), value(1));
    let numbers = || values.iter().map(number);
    let any_nan = numbers().any(f64::is_nan) || values.is_empty();
    match name.as_str() {
        "var" => match find(&a, data) {
            Value::Null => b,
            found => found,
        },
        "!" => json!(!holds(&a)),
        "!!" => json!(holds(&a)),
        "==" => json!(loose(&a, &b)),
        "!=" => json!(!loose(&a, &b)),
        "===" => json!(strict(&a, &b)),
        "!==" => json!(!strict(&a, &b)),
        "<" => json!(values.len() > 1 && less(&a, &b).0 && (values.len() < 3 || less(&b, &value(2)).0)),
        "<=" => json!(values.len() > 1 && less(&a, &b).1 && (values.len() < 3 || less(&b, &value(2)).1)),
        ">" => json!(values.len() > 1 && less(&b, &a).0),
        ">=" => json!(values.len() > 1 && less(&b, &a).1),
        "max" => made(if any_nan { f64::NAN } else { numbers().fold(f64::NEG_INFINITY, f64::max) }),
        "min" => made(if any_nan { f64::NAN } else { numbers().fold(f64::INFINITY, f64::min) }),
        "+" => made(values.iter().map(float).sum()),
        "*" => made(values.iter().map(float).product()),
        "-" if values.len() == 1 => made(-number(&a)),
        "-" => made(number(&a) - number(&b)),
        "/" => made(number(&a) / number(&b)),
        "%" => made(number(&a) % number(&b)),
        "cat" => json!(values.iter().map(joined).collect::<String>()),
        "in" => json!(match &b {
            Value::String(whole) => !whole.is_empty() && whole.contains(&text(&a)),
            Value::Array(elements) => elements.iter().any(|element| strict(element, &a)),
            _ => false,
        }),
        "merge" => values.iter().flat_map(|one| one.as_array().cloned().unwrap_or_else(|| vec![one.clone()])).collect(),
        "missing" => {
            let names = if let Value::Array(names) = &a { names.clone() } else { values.clone() };
            names.into_iter().filter(|name| matches!(text(&find(name, data)).as_str(), "null" | "")).collect()
        }
        other => panic!("the interpreter has no `{other}`"),
    }
}

/// Numbers by value, however they are written.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 0.0),
        Value::Array(elements) => elements.iter().map(normal).collect(),
        other => other.clone(),
    }
}

/// Numbers that are written the same way with and without exponents.
fn is_tame(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|size| size == 0.0 || (1e-5..1e15).contains(&size.abs())),
        Value::Array(elements) => elements.iter().all(is_tame),
        _ => true,
    }
}

const NAMES: [&str; 31] = [
    "if", "and", "or", "!", "!!", "==", "!=", "===", "!==", "<", "<=", ">", ">=", "max", "min", "+", "-", "/", "%",
    "cat", "in", "merge", "missing", "map", "filter", "reduce", "all", "none", "some", "*", "var",
];

fn expression() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        2 => prop::sample::select(vec![json!(null), json!(true), json!(false), json!(-2), json!(0), json!(1), json!(1.5), json!(3)]),
        2 => prop::sample::select(vec!["", "a", "ab", "1", " 2 ", "1.5", "x1", "2x", "b"]).prop_map(Value::from),
        1 => Just(json!([])),
        4 => prop::sample::select(vec!["", "a", "n", "list", "list.1", "o.x", "o.y", "gone", "current", "accumulator"])
            .prop_map(|path| json!({"var": path})),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let arguments = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            8 => (prop::sample::select(&NAMES[..]), arguments).prop_map(|(name, arguments)| json!({name: arguments})),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

fn context() -> Value {
    json!({"a": "ab", "n": 2.0, "list": [1.0, "b", null, [2.0]], "o": {"x": 1.0, "y": ""}})
}

/// Any nesting of the words of the language, in the right places and in the wrong ones.
fn anything() -> impl Strategy<Value = Value> {
    let words = vec!["var", "map", "reduce", "cat", "substr", "merge", "missing_some", "sem_ver", "fractional", "log"];
    let leaf = prop_oneof![
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(words.clone()).prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            (prop::sample::select(words.clone()), inner).prop_map(|(name, inner)| json!({name: inner})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn both_give_the_same(rule in expression()) {
        let json = context();
        let context = Context::from_json(&json).unwrap();
        let computed = Logic::new("flag", &rule).unwrap().run(Subject::new(&context, 0)).unwrap();
        let interpreted = interpret(&rule, &json);
        prop_assume!(is_tame(&interpreted));
        prop_assert_eq!(normal(&computed), normal(&interpreted), "{}", rule);
    }

    #[test]
    fn anything_is_refused_computed_or_given_up(rule in anything(), json in anything()) {
        let json = json!({"targetingKey": "u", "a": json});
        let context = Context::from_json(&json).unwrap();
        if let Ok(logic) = Logic::new("flag", &rule) {
            logic.run(Subject::new(&context, 0));
        }
    }
}

proptest! {
    // Each of them goes to the limit.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_made_is_large(body in expression(), size in 0..1000_usize) {
        let json = json!({"list": vec!["x"; size]});
        let context = Context::from_json(&json).unwrap();
        for rule in [
            json!({"reduce": [{"var": "list"}, body, "x"]}),
            json!({"reduce": [{"var": "list"}, {"cat": [{"var": "accumulator"}, body, {"var": "accumulator"}]}, "x"]}),
            json!({"reduce": [{"var": "list"}, [{"var": "accumulator"}, body, {"var": "accumulator"}], "x"]}),
        ] {
            if let Some(made) = Logic::new("flag", &rule).unwrap().run(Subject::new(&context, 0)) {
                // The price of a step is 16 bytes of text, and a few more for a list's commas and quotes.
                prop_assert!(made.to_string().len() < 20 * super::MAX_COMPUTE_STEPS as usize, "{}", rule);
            }
        }
    }
}
