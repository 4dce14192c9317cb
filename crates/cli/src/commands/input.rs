//! Values given on the command line: JSON or YAML, in the argument, in a file (`@file`) or on stdin (`-`).

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::failure::{Exit, Failure};

/// Reads a file, or stdin for `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| Failure::failed(format!("stdin: {error}")))?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// JSON or YAML text. JSON is tried first: its numbers are exact, and when neither fits, its error names the place.
pub(crate) fn parse(text: &str, name: &str) -> Result<Value, Failure> {
    let looks_like_json = text.trim_start().starts_with(['{', '[', '"']);
    serde_json::from_str(text).or_else(|json| {
        serde_norway::from_str(text).map_err(|yaml| {
            let why =
                if looks_like_json { format!("not JSON: {json}") } else { format!("neither JSON nor YAML: {yaml}") };
            Failure::new(Exit::Invalid, format!("{name} is {why}"))
        })
    })
}

/// `{…}`, `@file` or `-`.
pub(crate) fn document(argument: &str, name: &str) -> Result<Value, Failure> {
    match argument.strip_prefix('@') {
        Some(path) => parse(&read_text(Path::new(path))?, path),
        None if argument == "-" => parse(&read_text(Path::new("-"))?, "stdin"),
        None => parse(argument, name),
    }
}

/// `key=value`; the value is JSON when it is JSON, else text.
pub(crate) fn variant(argument: &str, value_type: &str) -> Result<Value, Failure> {
    let (key, value) = argument.split_once('=').ok_or_else(|| {
        Failure::usage(format!("{argument:?} is not a variant"))
            .hint("write --variant key=value, for example blue=\"#0000ff\"")
    })?;
    let value = match serde_json::from_str(value) {
        Ok(json) if value_type != "string" || matches!(json, Value::String(_)) => json,
        _ => Value::String(value.to_owned()),
    };
    Ok(serde_json::json!({"key": key, "value": value}))
}

/// Lines of a file: trimmed, empty ones and `#` comments left out.
pub(crate) fn lines(path: &Path) -> Result<Vec<String>, Failure> {
    let text = read_text(path)?;
    Ok(text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variants_keep_the_type_of_the_flag() {
        for (argument, value_type, key, value) in [
            ("on=true", "boolean", "on", json!(true)),
            ("a=12", "string", "a", json!("12")),
            ("a=\"12\"", "string", "a", json!("12")),
            ("a=12", "number", "a", json!(12)),
            ("a=x=y", "string", "a", json!("x=y")),
            ("a={\"b\":[1]}", "json", "a", json!({"b": [1]})),
        ] {
            assert_eq!(variant(argument, value_type).unwrap(), json!({"key": key, "value": value}), "{argument}");
        }
        assert!(variant("a", "string").is_err());
    }

    #[test]
    fn documents_are_json_or_yaml() {
        assert_eq!(document("{\"a\":1}", "x").unwrap(), json!({"a": 1}));
        assert_eq!(document("a: 1", "x").unwrap(), json!({"a": 1}));
        assert_eq!(document("{a: [b, 1]}", "x").unwrap(), json!({"a": ["b", 1]}));
        assert!(document("{\"a\":1", "x").unwrap_err().message.contains("not JSON"));
    }
}
