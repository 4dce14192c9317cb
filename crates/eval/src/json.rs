//! JSON as programs write it, read in place: no tree and no copies. What is written in a rarer way (escapes in a text,
//! a fraction where a whole number is wanted) is not read at all: on `None` the caller asks serde, whose word counts.
//! What is read is valid JSON, but for the insides of a [`Cursor::value`].

/// A place in a text.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'w> {
    text: &'w str,
    at: usize,
}

impl<'w> Cursor<'w> {
    pub(crate) fn new(text: &'w str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether nothing is left but space.
    pub(crate) fn end(mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// The next byte that is no space.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at).copied() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                byte => return byte,
            }
        }
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// What was read since an earlier place in the same text.
    pub(crate) fn since(&self, start: &Self) -> Option<&'w str> {
        self.text.get(start.at..self.at)
    }

    /// A text without escapes.
    #[inline]
    pub(crate) fn text(&mut self) -> Option<&'w str> {
        if !self.take(b'"') {
            return None;
        }
        let (from, bytes) = (self.at, self.text.as_bytes());
        let end = quote_escape_or_control(bytes, from)?;
        if bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        self.text.get(from..end)
    }

    /// A whole number below 10^18.
    #[inline]
    pub(crate) fn number(&mut self) -> Option<u64> {
        self.peek()?;
        let digits = self.text.as_bytes().get(self.at..)?;
        let (mut number, mut len) = (0_u64, 0);
        while let Some(digit @ b'0'..=b'9') = digits.get(len) {
            number = number.wrapping_mul(10).wrapping_add(u64::from(*digit - b'0'));
            len += 1;
        }
        self.at += len;
        let leading_zero = len > 1 && digits.first() == Some(&b'0');
        ((1..=18).contains(&len) && !leading_zero).then_some(number)
    }

    #[inline]
    pub(crate) fn bool(&mut self) -> Option<bool> {
        match self.value()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Calls `each` with the name of each member of an object; it reads the value.
    #[inline]
    pub(crate) fn members(&mut self, mut each: impl FnMut(&'w str, &mut Self) -> Option<()>) -> Option<()> {
        if !self.take(b'{') {
            return None;
        }
        if self.take(b'}') {
            return Some(());
        }
        loop {
            let name = self.text()?;
            if !self.take(b':') {
                return None;
            }
            each(name, self)?;
            if !self.take(b',') {
                return self.take(b'}').then_some(());
            }
        }
    }

    /// Calls `each` for each element of a list; it reads the element.
    #[inline]
    pub(crate) fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.take(b'[') {
            return None;
        }
        if self.take(b']') {
            return Some(());
        }
        loop {
            each(self)?;
            if !self.take(b',') {
                return self.take(b']').then_some(());
            }
        }
    }

    /// Any value as it is written. Only where it ends is looked at: it may not be JSON inside.
    pub(crate) fn value(&mut self) -> Option<&'w str> {
        let first = self.peek()?;
        let (from, bytes) = (self.at, self.text.as_bytes());
        let end = match first {
            b'{' | b'[' => after_brackets(bytes, from)?,
            b'"' => after_text(bytes, from + 1)?,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b':' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
                let rest = bytes.get(from..)?;
                from + rest.iter().position(ends).unwrap_or(rest.len())
            }
        };
        self.at = end;
        self.text.get(from..end)
    }
}

/// Past what the bracket at `from` begins.
#[inline]
fn after_brackets(bytes: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut depth) = (from, 0_usize);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        if byte == b'"' {
            at = after_text(bytes, at)?;
            continue;
        }
        // Square brackets are curly ones but for this bit.
        match byte | 0x20 {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
}

/// Past the quote that ends the text whose inside begins at `at`.
#[inline]
fn after_text(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = quote_escape_or_control(bytes, at)?;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// Where the first `"`, `\` or control character is.
#[inline]
fn quote_escape_or_control(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Eight bytes at once. Each term marks the bytes below a bound; a wrong mark can only be above a right one.
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let eight = u64::from_le_bytes(*eight);
        let (quotes, escapes) = (eight ^ (ONES * u64::from(b'"')), eight ^ (ONES * u64::from(b'\\')));
        let marks = (quotes.wrapping_sub(ONES) & !quotes)
            | (escapes.wrapping_sub(ONES) & !escapes)
            | (eight.wrapping_sub(ONES * 0x20) & !eight);
        if marks & HIGHS != 0 {
            return Some(at + (marks & HIGHS).trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(at + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Everything that is read, as serde would have it.
    fn read(cursor: &mut Cursor<'_>) -> Option<Value> {
        match cursor.peek()? {
            b'{' => {
                let mut members = serde_json::Map::new();
                cursor.members(|name, at| {
                    members.insert(name.to_owned(), read(at)?);
                    Some(())
                })?;
                Some(members.into())
            }
            b'[' => {
                let mut elements = Vec::new();
                cursor.elements(|at| {
                    elements.push(read(at)?);
                    Some(())
                })?;
                Some(elements.into())
            }
            b'"' => cursor.text().map(Value::from),
            b't' | b'f' => cursor.bool().map(Value::from),
            _ => cursor.number().map(Value::from),
        }
    }

    fn whole(text: &str) -> Option<Value> {
        let mut cursor = Cursor::new(text);
        let value = read(&mut cursor)?;
        cursor.end()?;
        Some(value)
    }

    #[test]
    fn what_is_read_is_what_serde_reads() {
        for text in [
            r#"{"a": 1, "long enough for eight": ["b", "ü", "", true, false, {}], "c":[ ]}"#,
            " [0, 999999999999999999]\n",
            r#""01234567""#,
            r#""0123456789abcdef""#,
        ] {
            assert_eq!(whole(text), Some(serde_json::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_serde_refuses_is_not_read() {
        for text in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\"}",
            "{\"a\" 1}",
            "[1 2]",
            "[01]",
            "[1.]",
            "[+1]",
            "[tru]",
            "[truey]",
            "\"a",
            "\"a\nb\"",
            "\"0123456\u{1}\"",
            "[1] 2",
            "{1: 2}",
            "[]]",
            "[}",
            "{]",
            "nul",
            "-",
        ] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
            assert_eq!(whole(text), None, "{text}");
        }
        // Valid, but rare.
        for text in [r#""\u0041""#, "1.5", "-1", "1e3", "null", "1000000000000000000"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_ends_where_it_ends() {
        for text in [
            r#"{"a": "}\"]", "b": [{}, "\\"]}"#,
            r#"["0123456\"789", 1]"#,
            "\"a\\\\\"",
            "-1.5e7",
            "null",
            "\"ü\u{7f}ÿ\"",
        ] {
            for after in ["", ",", " }", "]", "\n"] {
                let both = format!(" {text}{after}");
                let mut cursor = Cursor::new(&both);
                assert_eq!(cursor.value(), Some(text), "{both}");
            }
        }
        for text in ["", "{", "[[]", "\"", "\"\\", "\"\\\"", "{\"a"] {
            assert_eq!(Cursor::new(text).value(), None, "{text}");
        }
    }
}
