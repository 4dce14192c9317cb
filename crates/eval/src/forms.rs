//! Values as text, the way other languages write them: for readers `string:…` and for units.

use std::fmt::Write;

use serde_json::Value;

use crate::context::Attribute;

/// Whose text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Texts, numbers, booleans; numbers without an exponent.
    Scalar,
    /// JavaScript's `value + ""`.
    Js,
    /// `ConfigCat`'s: JavaScript's numbers, JSON for lists and objects.
    Configcat,
    /// Python's `str(value)`.
    Py,
}

/// Calls `with` with the text of a value; nothing when it has none in this form. Lists and objects allocate.
pub(crate) fn written<R>(form: Form, value: Attribute<'_>, with: impl FnOnce(Option<&str>) -> R) -> R {
    match (form, value) {
        (_, Attribute::Text(text)) => with(Some(text)),
        (Form::Py, Attribute::Bool(value)) => with(Some(if value { "True" } else { "False" })),
        (_, Attribute::Bool(value)) => with(Some(if value { "true" } else { "false" })),
        (_, Attribute::Number(number)) => {
            let mut room = Room::default();
            // Nothing is longer than the room: the longest double has 309 digits before the point.
            let _ = write_number(form, number, &mut room);
            with(Some(room.text()))
        }
        (Form::Js, Attribute::Null) => with(Some("null")),
        (Form::Py, Attribute::Null) => with(Some("None")),
        (Form::Scalar | Form::Configcat, Attribute::Null) | (Form::Scalar, Attribute::Json(_)) => with(None),
        (Form::Configcat, Attribute::Json(json)) => with(Some(&json_text(json))),
        (Form::Js, Attribute::Json(json)) => with(Some(&js_text(json))),
        (Form::Py, Attribute::Json(json)) => with(Some(&py_text(json))),
    }
}

fn write_number(form: Form, number: f64, to: &mut impl Write) -> std::fmt::Result {
    let size = number.abs();
    match form {
        Form::Js | Form::Configcat if size >= 1e21 => exponent(number, 1, to),
        Form::Js | Form::Configcat if size < 1e-6 && number != 0.0 => exponent(number, 1, to),
        Form::Py if size < 1e-4 && number != 0.0 => exponent(number, 2, to),
        _ => write!(to, "{number}"),
    }
}

/// `1e+21`, `1.5e-7`, `1e-05`.
fn exponent(number: f64, digits: usize, to: &mut impl Write) -> std::fmt::Result {
    let mut room = Room::default();
    write!(room, "{number:e}")?;
    let (mantissa, exponent) = room.text().split_once('e').unwrap_or((room.text(), "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    write!(to, "{mantissa}e{sign}{exponent:0>digits$}")
}

fn number_text(form: Form, number: &serde_json::Number) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_number(form, number.as_f64().unwrap_or_default(), &mut text);
    text
}

fn js_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number_text(Form::Js, number),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let texts: Vec<String> =
                elements.iter().map(|one| if one.is_null() { String::new() } else { js_text(one) }).collect();
            texts.join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

/// JSON without spaces, numbers as JavaScript writes them.
pub(crate) fn json_text(value: &Value) -> String {
    match value {
        Value::Number(number) => number_text(Form::Js, number),
        Value::Array(elements) => format!("[{}]", elements.iter().map(json_text).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), json_text(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        _ => value.to_string(),
    }
}

fn py_text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number_text(Form::Py, number),
        Value::String(text) => {
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let text = text.replace('\\', "\\\\");
            let text = if quote == '\'' { text.replace('\'', "\\'") } else { text };
            format!("{quote}{text}{quote}")
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(py_text).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, value)| format!("{}: {}", py_text(&name.as_str().into()), py_text(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Room for a number's text on the stack.
struct Room {
    bytes: [u8; 384],
    len: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: [0; 384], len: 0 }
    }
}

impl Room {
    fn text(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Write for Room {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let place = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_language_writes_its_own_way() {
        for (value, scalar, js, configcat, py) in [
            (json!("a"), Some("a"), "a", Some("a"), "a"),
            (json!(true), Some("true"), "true", Some("true"), "True"),
            (json!(1), Some("1"), "1", Some("1"), "1"),
            (json!(-1.5), Some("-1.5"), "-1.5", Some("-1.5"), "-1.5"),
            (json!(1e21), Some("1000000000000000000000"), "1e+21", Some("1e+21"), "1000000000000000000000"),
            (json!(0.000_000_15), Some("0.00000015"), "1.5e-7", Some("1.5e-7"), "1.5e-07"),
            (json!(null), None, "null", None, "None"),
            (json!([1, null, "b"]), None, "1,,b", Some(r#"[1,null,"b"]"#), "[1, None, 'b']"),
            (json!({"a": 1}), None, "[object Object]", Some(r#"{"a":1}"#), "{'a': 1}"),
        ] {
            let text = |form| written(form, (&value).into(), |text| text.map(str::to_owned));
            assert_eq!(text(Form::Scalar).as_deref(), scalar, "{value}");
            assert_eq!(text(Form::Js).as_deref(), Some(js), "{value}");
            assert_eq!(text(Form::Configcat).as_deref(), configcat, "{value}");
            assert_eq!(text(Form::Py).as_deref(), Some(py), "{value}");
        }
        written(Form::Scalar, Attribute::Number(-f64::MAX), |text| assert_eq!(text.map(str::len), Some(310)));
        written(Form::Scalar, Attribute::Number(-5e-324), |text| assert!(text.is_some_and(|text| text.len() > 320)));
    }
}
