//! The normal form of a document: equal documents are equal bytes.

use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::limits;

/// A document as it is stored: members in alphabetical order, integral numbers without a fraction (`10.0` is `10`).
pub fn normal_form<T: Serialize>(document: &T) -> Value {
    normalise(serde_json::to_value(document).expect("documents have text keys, so nothing can fail"))
}

fn normalise(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(integral(&number).unwrap_or(number)),
        Value::Array(items) => items.into_iter().map(normalise).collect(),
        Value::Object(map) => {
            // Sorted by hand: whether the map itself sorts depends on a feature that any dependency may switch on.
            let mut members: Vec<(String, Value)> = map.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().map(|(name, value)| (name, normalise(value))).collect::<Map<_, _>>())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::String(_)) => plain,
    }
}

fn integral(number: &Number) -> Option<Number> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    #[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
    let exact = float.fract() == 0.0 && float.abs() <= limits::EXACT_INTEGER as f64;
    #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53")]
    exact.then(|| Number::from(float as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_bytes() {
        for (from, to) in [
            (r#"{"b":1.0,"a":[10.0,-0.0,2.5]}"#, r#"{"a":[10,0,2.5],"b":1}"#),
            (r#"{"z":{"y":1e3,"x":1e300}}"#, r#"{"z":{"x":1e+300,"y":1000}}"#),
        ] {
            let value: Value = serde_json::from_str(from).unwrap();
            assert_eq!(normal_form(&value).to_string(), to);
        }
    }
}
