//! The normal form of a document: equal documents are equal bytes.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::limits;

/// A document as it is stored: members in alphabetical order. Numbers stay as they were written, because `42` and
/// `42.0` are different values to a client with integers and floats.
pub fn normal_form<T: Serialize>(document: &T) -> Value {
    normalise(serde_json::to_value(document).expect("documents have text keys, so nothing can fail"))
}

fn normalise(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(normalise).collect(),
        Value::Object(map) => {
            // Sorted by hand: whether the map itself sorts depends on a feature that any dependency may switch on.
            let mut members: Vec<(String, Value)> = map.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().map(|(name, value)| (name, normalise(value))).collect::<Map<_, _>>())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_)) => plain,
    }
}

/// Writes an integral float without a fraction: 10 percent is `10`, however it was written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn without_fraction<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
    let exact = number.fract() == 0.0 && number.abs() <= limits::EXACT_INTEGER as f64;
    #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53")]
    if exact { serializer.serialize_i64(*number as i64) } else { serializer.serialize_f64(*number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_bytes() {
        for (from, to) in [
            (r#"{"b":1,"a":[10.0,42,2.5]}"#, r#"{"a":[10.0,42,2.5],"b":1}"#),
            (r#"{"z":{"y":1e3,"x":1e300}}"#, r#"{"z":{"x":1e+300,"y":1000.0}}"#),
        ] {
            let value: Value = serde_json::from_str(from).unwrap();
            assert_eq!(normal_form(&value).to_string(), to);
        }
    }
}
