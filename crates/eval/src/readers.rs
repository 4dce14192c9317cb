//! Readers: what a runtime value is taken for. Dialects live here and nowhere else.

use serde_json::Value;

use crate::context::Attribute;
use crate::date::rfc3339_ms;
use crate::forms::{Form, written};
use crate::limits::LOWERED_INLINE;
use crate::ruleset::Reader;
use crate::version::{Version, dotted, padded, prefixed};

/// A value that was read: what operators compare.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read<'a> {
    Text(&'a str),
    /// Instants, too, as milliseconds since 1970.
    Number(f64),
    Bool(bool),
    Version(Version<'a>),
    /// A version, checked, whose whole text counts for equality.
    Tagged(&'a str),
    /// Numbers with dots between.
    Dotted(&'a str),
    /// A version, checked, that is compared as far as the argument goes.
    Prefix(&'a str),
    List(&'a [Value]),
    Json(&'a Value),
}

/// Reads a value and hands it to `with`; `None` when the reader cannot read it. (A callback, so that lower-cased text
/// can live on the stack.)
#[inline(always)]
#[expect(clippy::inline_always, reason = "measured: its match and the operator's become one")]
pub(crate) fn read<R>(reader: Reader, value: Attribute<'_>, with: impl FnOnce(Option<Read<'_>>) -> R) -> R {
    let read = match (reader, value) {
        (Reader::StringLower, Attribute::Text(text)) => return lowered(text, |text| with(Some(Read::Text(text)))),
        (Reader::Any | Reader::String, Attribute::Text(text)) => Some(Read::Text(text)),
        (Reader::Any | Reader::Number | Reader::Date, Attribute::Number(number)) => Some(Read::Number(number)),
        (Reader::Any | Reader::Bool, Attribute::Bool(value)) => Some(Read::Bool(value)),
        (Reader::Date, Attribute::Text(text)) => rfc3339_ms(text).map(Read::Number),
        (Reader::VersionLoose, Attribute::Text(text)) => Version::parse(text).map(Read::Version),
        (Reader::List, _) => value.elements().map(Read::List),
        (
            Reader::Any
            | Reader::String
            | Reader::StringLower
            | Reader::Number
            | Reader::Bool
            | Reader::Date
            | Reader::VersionLoose,
            _,
        ) => None,
        _ => return read_foreign(reader, value, with),
    };
    with(read)
}

/// Readers that other systems' flags need. Some of them allocate.
#[inline(never)]
fn read_foreign<R>(reader: Reader, value: Attribute<'_>, with: impl FnOnce(Option<Read<'_>>) -> R) -> R {
    let read = match (reader, value) {
        (Reader::StringScalar, _) => return text(Form::Scalar, value, with),
        (Reader::StringScalarLower, _) => return lower_text(Form::Scalar, value, with),
        (Reader::StringCasefold, Attribute::Text(text)) => return folded(text, |text| with(Some(Read::Text(text)))),
        (Reader::StringScalarCasefold, _) => return folded_text(Form::Scalar, value, with),
        (Reader::StringPyCasefold, _) => return folded_text(Form::Py, value, with),
        (Reader::StringJs, _) => return text(Form::Js, value, with),
        (Reader::StringJsLower, _) => return lower_text(Form::Js, value, with),
        (Reader::StringConfigcat, _) => return text(Form::Configcat, value, with),
        (Reader::StringPy, _) => return text(Form::Py, value, with),
        (Reader::NumberParse, Attribute::Text(text)) => decimal(text).map(Read::Number),
        (Reader::NumberComma, Attribute::Text(text)) => with_point(text).map(Read::Number),
        (Reader::NumberJs, _) => js_number(value).map(Read::Number),
        (Reader::DateSeconds, Attribute::Number(seconds)) => Some(Read::Number(seconds * 1000.0)),
        (Reader::DateSeconds, Attribute::Text(text)) => with_point(text).map(|seconds| Read::Number(seconds * 1000.0)),
        (Reader::DateRfc3339, Attribute::Text(text)) => rfc3339_ms(text).map(Read::Number),
        (Reader::DateMsGuess, Attribute::Number(number)) => Some(Read::Number(guessed_ms(number))),
        (Reader::DateMsGuess, Attribute::Text(text)) => {
            whole(text).map(guessed_ms).or_else(|| rfc3339_ms(text)).map(Read::Number)
        }
        (Reader::BoolText, Attribute::Text(text)) if text.eq_ignore_ascii_case("true") => Some(Read::Bool(true)),
        (Reader::BoolText, Attribute::Text(text)) if text.eq_ignore_ascii_case("false") => Some(Read::Bool(false)),
        (Reader::BoolJsTruthy, _) => js_truthy(value).map(Read::Bool),
        (Reader::VersionSemver, Attribute::Text(text)) => Version::strict(text).map(Read::Version),
        (Reader::VersionSemverTrim, Attribute::Text(text)) => Version::strict(text.trim()).map(Read::Version),
        (Reader::VersionSplit, Attribute::Text(text)) => Version::strict(text).map(|_| Read::Tagged(text)),
        (Reader::VersionTriple, Attribute::Text(text)) => Version::triple(text).map(Read::Version),
        (Reader::VersionDotted, Attribute::Text(text)) => dotted(text).map(Read::Dotted),
        (Reader::VersionPrefix, Attribute::Text(text)) => prefixed(text).map(Read::Prefix),
        (Reader::VersionGo, Attribute::Text(_) | Attribute::Number(_)) => {
            return written(Form::Scalar, value, |text| with(text.and_then(Version::parse).map(Read::Version)));
        }
        (Reader::VersionPadded, Attribute::Text(text)) => return with(Some(Read::Text(&padded(text)))),
        (Reader::VersionPadded, Attribute::Number(_)) => {
            return written(Form::Js, value, |text| with(text.map(padded).as_deref().map(Read::Text)));
        }
        (Reader::ListJson | Reader::ListTexts, Attribute::Text(text)) => {
            let elements: Option<Vec<Value>> = serde_json::from_str(text).ok();
            return with(elements.as_deref().filter(|elements| allowed(reader, elements)).map(Read::List));
        }
        (Reader::ListJson | Reader::ListTexts, _) => {
            value.elements().filter(|elements| allowed(reader, elements)).map(Read::List)
        }
        #[expect(clippy::cast_precision_loss, reason = "no list in memory has 2^53 elements")]
        (Reader::Length, _) => value.elements().map(|elements| Read::Number(elements.len() as f64)),
        (Reader::Type, _) => Some(Read::Text(js_type(value))),
        (Reader::Json, Attribute::Json(value)) => Some(Read::Json(value)),
        (Reader::TypedParse, Attribute::Text(text)) if looks_like_a_number(text) => decimal(text).map(Read::Number),
        (Reader::Json | Reader::Typed | Reader::TypedParse, Attribute::Text(text)) => Some(Read::Text(text)),
        (
            Reader::NumberParse | Reader::NumberComma | Reader::Json | Reader::Typed | Reader::TypedParse,
            Attribute::Number(number),
        ) => Some(Read::Number(number)),
        (Reader::BoolText | Reader::Json | Reader::Typed | Reader::TypedParse, Attribute::Bool(value)) => {
            Some(Read::Bool(value))
        }
        (Reader::Json, Attribute::Null) => Some(Read::Json(&Value::Null)),
        _ => None,
    };
    with(read)
}

fn text<R>(form: Form, value: Attribute<'_>, with: impl FnOnce(Option<Read<'_>>) -> R) -> R {
    written(form, value, |text| with(text.map(Read::Text)))
}

fn lower_text<R>(form: Form, value: Attribute<'_>, with: impl FnOnce(Option<Read<'_>>) -> R) -> R {
    written(form, value, |text| match text {
        Some(text) => lowered(text, |text| with(Some(Read::Text(text)))),
        None => with(None),
    })
}

fn folded_text<R>(form: Form, value: Attribute<'_>, with: impl FnOnce(Option<Read<'_>>) -> R) -> R {
    written(form, value, |text| match text {
        Some(text) => folded(text, |text| with(Some(Read::Text(text)))),
        None => with(None),
    })
}

/// Whether the reader takes what is in a list.
fn allowed(reader: Reader, elements: &[Value]) -> bool {
    reader != Reader::ListTexts || elements.iter().all(Value::is_string)
}

/// `[+-]digits[.digits][e[+-]digits]`, digits on one side of the point at least; what is beyond a double is no number.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    double(text).filter(|number| number.is_finite())
}

/// Like [`decimal`], but what is beyond a double is infinite.
fn double(text: &str) -> Option<f64> {
    let allowed = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(allowed) {
        return None;
    }
    text.parse().ok().map(|number: f64| number + 0.0)
}

/// What `number:comma` reads, the doubles that are no JSON numbers included.
fn with_point(text: &str) -> Option<f64> {
    match text.trim() {
        "NaN" => Some(f64::NAN),
        "Infinity" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        text if text.contains(',') => double(&text.replace(',', ".")),
        text => double(text),
    }
}

/// `[+-]digits`.
fn whole(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Of eleven digits or more they are milliseconds, fewer are seconds; whole seconds are what counts.
fn guessed_ms(number: f64) -> f64 {
    let whole = number.trunc();
    if whole.abs() >= 1e10 { (whole / 1000.0).floor() * 1000.0 } else { whole * 1000.0 }
}

/// `-?digits` or `-?digits.digits`.
fn looks_like_a_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    text.split_once('.').map_or_else(|| digits(text), |(whole, fraction)| digits(whole) && digits(fraction))
}

/// JavaScript's `Number(value)`.
pub(crate) fn js_number(value: Attribute<'_>) -> Option<f64> {
    match value {
        Attribute::Null => Some(0.0),
        Attribute::Bool(value) => Some(f64::from(u8::from(value))),
        Attribute::Number(number) => Some(number),
        Attribute::Text(text) => js_text_number(text),
        Attribute::Json(Value::Object(_)) => None,
        Attribute::Json(_) => written(Form::Js, value, |text| text.and_then(js_text_number)),
    }
}

fn js_text_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let radix = |prefix: [&str; 2], radix| {
        let digits = prefix.iter().find_map(|prefix| text.strip_prefix(prefix))?;
        let whole = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
        #[expect(clippy::cast_precision_loss, reason = "as JavaScript does")]
        Some(whole as f64)
    };
    if text.is_empty() {
        return Some(0.0);
    }
    decimal(text)
        .or_else(|| radix(["0x", "0X"], 16))
        .or_else(|| radix(["0o", "0O"], 8))
        .or_else(|| radix(["0b", "0B"], 2))
}

/// JavaScript's `!!value`; null has no truth here.
fn js_truthy(value: Attribute<'_>) -> Option<bool> {
    match value {
        Attribute::Null => None,
        Attribute::Bool(value) => Some(value),
        Attribute::Number(number) => Some(number != 0.0),
        Attribute::Text(text) => Some(!text.is_empty()),
        Attribute::Json(_) => Some(true),
    }
}

fn js_type(value: Attribute<'_>) -> &'static str {
    match value {
        Attribute::Null => "null",
        Attribute::Bool(_) => "boolean",
        Attribute::Number(_) => "number",
        Attribute::Text(_) => "string",
        Attribute::Json(Value::Array(_)) => "array",
        Attribute::Json(_) => "object",
    }
}

/// The length of a list is compared with a number.
pub(crate) fn argument_reader(reader: Reader) -> Reader {
    if reader == Reader::Length { Reader::Number } else { reader }
}

/// Lower case by code point, without locale or context: `Σ` is always `σ`. Kept out of line with its buffer.
#[inline(never)]
fn lowered<R>(text: &str, with: impl FnOnce(&str) -> R) -> R {
    collected(text.chars().flat_map(char::to_lowercase), with)
}

/// Unicode's full case folding, by code point. It is the lower case of the upper case but for two letters (and but for
/// Cherokee, where it takes the upper case; equal is equal either way).
#[inline(never)]
fn folded<R>(text: &str, with: impl FnOnce(&str) -> R) -> R {
    // `ı` is its own folding; `chain` makes one type of both ways.
    let fold = |char| {
        let cased = if char == 'ẞ' { Some('ß') } else { Some(char).filter(|char| *char != 'ı') };
        let plain = if cased.is_none() { Some(char) } else { None };
        cased.into_iter().flat_map(char::to_uppercase).flat_map(char::to_lowercase).chain(plain)
    };
    collected(text.chars().flat_map(fold), with)
}

/// The characters as a text, on the stack when they are few.
fn collected<R>(chars: impl Iterator<Item = char> + Clone, with: impl FnOnce(&str) -> R) -> R {
    let mut room = [0; LOWERED_INLINE];
    let mut len = 0;
    for char in chars.clone() {
        let Some(place) = room.get_mut(len..len + char.len_utf8()) else {
            return with(&chars.collect::<String>());
        };
        char.encode_utf8(place);
        len += char.len_utf8();
    }
    with(room.get(..len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_is_by_code_point() {
        for (text, lower) in [("", ""), ("ÄÖx", "äöx"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i\u{307}"), ("\u{212A}", "k")]
        {
            lowered(text, |found| assert_eq!(found, lower));
        }
        let long = "Ä".repeat(LOWERED_INLINE);
        lowered(&long, |found| assert_eq!(found, "ä".repeat(LOWERED_INLINE)));
    }
}
