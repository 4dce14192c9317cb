//! Readers: what a runtime value is taken for. Dialects live here and nowhere else.

use serde_json::Value;

use crate::context::Attribute;
use crate::date::rfc3339_ms;
use crate::limits::LOWERED_INLINE;
use crate::ruleset::Reader;
use crate::version::Version;

/// A value that was read: what operators compare.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read<'a> {
    Text(&'a str),
    /// Instants, too, as milliseconds since 1970.
    Number(f64),
    Bool(bool),
    Version(Version<'a>),
    List(&'a [Value]),
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
        _ => None,
    };
    with(read)
}

/// Lower case by code point, without locale or context: `Σ` is always `σ`. Kept out of line with its buffer.
#[inline(never)]
fn lowered<R>(text: &str, with: impl FnOnce(&str) -> R) -> R {
    let mut room = [0; LOWERED_INLINE];
    let mut len = 0;
    for char in text.chars().flat_map(char::to_lowercase) {
        let Some(place) = room.get_mut(len..len + char.len_utf8()) else {
            let long: String = text.chars().flat_map(char::to_lowercase).collect();
            return with(&long);
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
