//! `JSONLogic`'s ideas of truth, equality, order and numbers: JavaScript's, for the most part.

use std::cmp::Ordering;

use serde_json::Value;

use crate::context::Attribute;
use crate::forms::{Form, written};
use crate::readers::{decimal, js_number};

/// Truth: empty lists are false, and so are null, 0 and the empty text.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(_) => true,
    }
}

/// What names a variant: texts, booleans, numbers.
pub(crate) fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(text_of(value)),
        _ => None,
    }
}

/// JavaScript's `String(value)`.
pub(super) fn js_text_of(value: &Value) -> String {
    if value.is_null() { "null".to_owned() } else { text_of(value) }
}

/// The same, as in `cat`; null is nothing.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        _ => written(Form::Js, Attribute::from(value), |text| text.unwrap_or_default().to_owned()),
    }
}

/// JavaScript's `Number(value)`; NaN is none.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    js_number(Attribute::from(value))
}

/// JavaScript's `parseFloat(value)`: as much of the text as is a number.
pub(super) fn parsed(value: &Value) -> Option<f64> {
    if let Value::Number(number) = value {
        return number.as_f64();
    }
    let text = text_of(value);
    let text = text.trim_start();
    let end = text.find(|one: char| !matches!(one, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(text.len());
    // No double needs more digits than these.
    (1..=end.min(400)).rev().find_map(|end| decimal(text.get(..end)?))
}

/// A number as a value; what is not finite is null.
pub(super) fn number(number: Option<f64>) -> Value {
    number.filter(|number| number.is_finite()).map_or(Value::Null, Value::from)
}

/// `===`.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        // Lists and objects are equal to themselves only, and no two operands are the same one.
        (Value::Array(_) | Value::Object(_), _) => false,
        _ => a == b,
    }
}

/// `==`.
pub(super) fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Null, _)
        | (_, Value::Null)
        | (Value::Array(_) | Value::Object(_), Value::Array(_) | Value::Object(_)) => false,
        (Value::String(text), other @ (Value::Array(_) | Value::Object(_)))
        | (other @ (Value::Array(_) | Value::Object(_)), Value::String(text)) => text_of(other) == *text,
        _ => number_of(a).is_some_and(|a| number_of(b) == Some(a)),
    }
}

/// `<`, `>` and their kin: two texts by their UTF-16 units, everything else as numbers.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
        _ => number_of(a)?.partial_cmp(&number_of(b)?),
    }
}
