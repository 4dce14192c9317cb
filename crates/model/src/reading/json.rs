//! JSON text into a value, more strictly than `serde_json` does: a member named twice is refused, not overwritten.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{At, Problems};
use crate::command::{Problem, Refusal, RefusalCode};
use crate::{codes, limits};

/// Parses a body. Refuses what is not JSON, members named twice, and text after the end; what else is wrong with the
/// values (NUL characters, numbers that are not exact) is `decide`'s to say, with everything else.
pub fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Strict { depth: 0 }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| {
        let message = error.to_string();
        let code = if message.contains(TWICE) {
            codes::DUPLICATE_MEMBER
        } else if message.contains(DEEP) || message.contains("recursion limit") {
            codes::NESTING_TOO_DEEP
        } else {
            codes::JSON_INVALID
        };
        Refusal { code: RefusalCode::Invalid, problems: vec![Problem { pointer: String::new(), code, message }] }
    })
}

const TWICE: &str = "is named twice";
const DEEP: &str = "is nested more than";

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= limits::BODY_DEPTH {
            return Err(E::custom(format!("the JSON {DEEP} {} levels", limits::BODY_DEPTH)));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("{name:?} {TWICE} in the same object")));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// Problems that any value can have, wherever it is: NUL characters, integers that are not exact, deep nesting.
pub(crate) fn scan(problems: &mut Problems, at: &At, value: &Value) {
    scan_at(problems, at, value, 0);
}

fn scan_at(problems: &mut Problems, at: &At, value: &Value, depth: usize) {
    if depth > limits::BODY_DEPTH {
        problems.add(at, codes::NESTING_TOO_DEEP, format!("nested more than {} levels", limits::BODY_DEPTH));
        return;
    }
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            if !is_exact(number) {
                problems.add(
                    at,
                    codes::NUMBER_NOT_EXACT,
                    format!("{number} is beyond 2^53 and would be rounded; write it as text"),
                );
            }
        }
        Value::String(text) => scan_text(problems, at, text),
        // Pointers are only made where there is something inside to point at: lists of 100,000 keys are normal.
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if !is_plain(item) {
                    scan_at(problems, &at.index(index), item, depth + 1);
                }
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                scan_text(problems, at, name);
                if !is_plain(item) {
                    scan_at(problems, &at.field(name), item, depth + 1);
                }
            }
        }
    }
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => !text.contains('\0'),
        Value::Number(number) => is_exact(number),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn is_exact(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(n), _) => n <= limits::EXACT_INTEGER,
        (None, Some(n)) => n.unsigned_abs() <= limits::EXACT_INTEGER,
        (None, None) => number.as_f64().is_some_and(f64::is_finite),
    }
}

fn scan_text(problems: &mut Problems, at: &At, text: &str) {
    if text.contains('\0') {
        problems.add(at, codes::NUL_CHARACTER, "text must not contain the NUL character");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_strict_json_is_refused() {
        let deep = "[".repeat(70) + &"]".repeat(70);
        for (text, code) in [
            ("{", codes::JSON_INVALID),
            ("", codes::JSON_INVALID),
            ("{} x", codes::JSON_INVALID),
            ("NaN", codes::JSON_INVALID),
            ("1e999", codes::JSON_INVALID),
            (r#"{"a":1,"a":2}"#, codes::DUPLICATE_MEMBER),
            (r#"{"b":[{"a":1,"a":1}]}"#, codes::DUPLICATE_MEMBER),
            (deep.as_str(), codes::NESTING_TOO_DEEP),
        ] {
            let refusal = parse(text.as_bytes()).unwrap_err();
            assert_eq!(refusal.problems[0].code, code, "{text}: {refusal}");
        }
    }

    #[test]
    fn json_is_read_as_serde_reads_it() {
        for text in [r#"{"a":[1,-2,1.5,"x",null,true,{}]}"#, "18446744073709551615", "\"\\u0000\""] {
            assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
    }

    #[test]
    fn scanning_finds_what_no_value_may_have() {
        let value =
            serde_json::json!({"a": ["x\u{0}", 9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64], "b\u{0}": 1});
        let mut problems = Problems::default();
        scan(&mut problems, &At::root(), &value);
        let found: Vec<_> = problems.into_list().into_iter().map(|p| (p.pointer, p.code)).collect();
        assert_eq!(
            found,
            [
                ("/a/0".to_owned(), codes::NUL_CHARACTER),
                ("/a/1".to_owned(), codes::NUMBER_NOT_EXACT),
                (String::new(), codes::NUL_CHARACTER),
            ]
        );
    }
}
