//! What JavaScript makes of JSON values, for arguments that are known at import.

use serde_json::Value;

/// `!!value`.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// `String(value)` of scalars; JSON of others.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}

/// `Number(value)` of scalars; nothing for NaN and the infinities.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.trim() {
            "" => Some(0.0),
            text => {
                let based = |prefix: &[&str], radix| {
                    prefix
                        .iter()
                        .find_map(|prefix| text.strip_prefix(prefix))
                        .map(|digits| u32::from_str_radix(digits, radix))
                };
                let based =
                    based(&["0x", "0X"], 16).or_else(|| based(&["0b", "0B"], 2)).or_else(|| based(&["0o", "0O"], 8));
                match based {
                    Some(number) => number.ok().map(f64::from),
                    None if text.chars().any(|c| c.is_alphabetic() && !matches!(c, 'e' | 'E')) => None,
                    None => text.parse().ok().filter(|number: &f64| number.is_finite()),
                }
            }
        },
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// GrowthBook's `paddedVersionString`.
pub(super) fn padded_version(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let text = text.split('+').next().unwrap_or_default();
    let mut parts: Vec<&str> = text.split(['-', '.']).collect();
    if parts.len() == 3 {
        parts.push("~");
    }
    let padded = parts.into_iter().map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { format!("{part:>5}") } else { part.to_owned() }
    });
    padded.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_as_javascript_does() {
        for (value, number) in [
            (json!(""), Some(0.0)),
            (json!(" 12.5 "), Some(12.5)),
            (json!("0x1f"), Some(31.0)),
            (json!("1e3"), Some(1000.0)),
            (json!("12px"), None),
            (json!("inf"), None),
            (json!(true), Some(1.0)),
            (json!(null), Some(0.0)),
            (json!([]), None),
        ] {
            assert_eq!(number_of(&value), number, "{value}");
        }
    }

    #[test]
    fn versions_are_padded() {
        assert_eq!(padded_version("v1.2.3+build"), "    1-    2-    3-~");
        assert_eq!(padded_version("1.2.3-rc.10"), "    1-    2-    3-rc-   10");
        assert_eq!(padded_version("0"), "    0");
    }
}
