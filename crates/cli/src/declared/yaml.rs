//! YAML 1.2 into a JSON value, strictly, with the line of every place: no member twice, nothing that means something else
//! to another reader, and nothing that grows.
//!
//! Plain words mean what `yardarm export` means by them (`on`, `no` and `007` are text). JSON is YAML too, so places in
//! it are found the same way.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};
use yardarm_model::limits;

/// Values that aliases may repeat in a file.
const REPEATED: usize = 100_000;
/// Values of a file.
const VALUES: usize = 5_000_000;

/// Why a text is not read.
#[derive(Debug)]
pub(super) struct Fault {
    /// From 1.
    pub(super) line: usize,
    /// What is wrong and what to do.
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl From<ScanError> for Fault {
    fn from(error: ScanError) -> Self {
        Self::new(error.marker().line(), format!("not YAML: {}", error.info()))
    }
}

/// Reads one document; `Null` when there is nothing in it.
pub(super) fn read(text: &str) -> Result<Value, Fault> {
    Reader::default().run(text)
}

/// The lines of the places that are asked for, by JSON pointer.
pub(super) fn lines<'p>(text: &str, pointers: impl IntoIterator<Item = &'p str>) -> BTreeMap<String, usize> {
    let wanted = pointers.into_iter().map(|pointer| (pointer.to_owned(), 0)).collect();
    let mut reader = Reader { wanted: Some(wanted), ..Reader::default() };
    // What was found before a fault is found.
    let _ = reader.run(text);
    let mut found = reader.wanted.unwrap_or_default();
    found.retain(|_, line| *line > 0);
    found
}

/// A list or an object that is being read.
enum Open {
    List { items: Vec<Value>, anchor: usize },
    Object { members: Map<String, Value>, lines: HashMap<String, usize>, name: Option<String>, anchor: usize },
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    document: Option<Value>,
    documents: usize,
    anchors: HashMap<usize, Value>,
    values: usize,
    repeated: usize,
    wanted: Option<BTreeMap<String, usize>>,
}

impl Reader {
    fn run(&mut self, text: &str) -> Result<Value, Fault> {
        if let Some(at) = text.find('\0') {
            let line = text[..at].matches('\n').count() + 1;
            return Err(Fault::new(line, "a NUL character; is this a text file?"));
        }
        for event in Parser::new_from_str(text) {
            let (event, span) = event?;
            self.take(event, span.start)?;
        }
        Ok(self.document.take().unwrap_or(Value::Null))
    }

    fn take(&mut self, event: Event<'_>, at: Marker) -> Result<(), Fault> {
        let line = at.line();
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Fault::new(line, "a second document; write one document a file"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                if let Some(Open::Object { name: name @ None, .. }) = self.open.last_mut() {
                    *name = Some(text.into_owned());
                    return self.member(line);
                }
                let value = scalar(&text, style, tag.as_deref()).map_err(|why| Fault::new(line, why))?;
                self.begin(line)?;
                self.place(value, anchor, line)
            }
            Event::SequenceStart(anchor, tag) => {
                self.enter(tag.as_deref(), line)?;
                self.open.push(Open::List { items: Vec::new(), anchor });
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                self.enter(tag.as_deref(), line)?;
                self.open.push(Open::Object { members: Map::new(), lines: HashMap::new(), name: None, anchor });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { items, anchor }) => self.place(Value::Array(items), anchor, line),
                Some(Open::Object { members, anchor, .. }) => self.place(Value::Object(members), anchor, line),
                None => Err(Fault::new(line, "not YAML: an end without a beginning")),
            },
            Event::Alias(anchor) => self.alias(anchor, line),
        }
    }

    fn enter(&mut self, tag: Option<&Tag>, line: usize) -> Result<(), Fault> {
        if let Some(Open::Object { name: None, .. }) = self.open.last() {
            return Err(Fault::new(line, "the name of a member must be text"));
        }
        if let Some(tag) = tag {
            return Err(Fault::new(line, tagged(tag)));
        }
        if self.open.len() >= limits::BODY_DEPTH {
            return Err(Fault::new(line, format!("nested more than {} levels", limits::BODY_DEPTH)));
        }
        self.begin(line)
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<(), Fault> {
        if let Some(Open::Object { name: None, .. }) = self.open.last() {
            return Err(Fault::new(line, "the name of a member must be text"));
        }
        let Some(value) = self.anchors.get(&anchor) else {
            return Err(Fault::new(line, "an alias inside of what it repeats"));
        };
        self.repeated = self.repeated.saturating_add(count(value));
        if self.repeated > REPEATED {
            return Err(Fault::new(line, format!("aliases repeat more than {REPEATED} values")));
        }
        let value = value.clone();
        self.begin(line)?;
        self.place(value, 0, line)
    }

    /// The name of a member was read.
    fn member(&mut self, line: usize) -> Result<(), Fault> {
        if let Some(Open::Object { lines, name: Some(name), .. }) = self.open.last_mut() {
            if name == "<<" {
                let message = "merge keys (<<) are not read; write the members out, or use an alias for a whole value";
                return Err(Fault::new(line, message));
            }
            if let Some(first) = lines.insert(name.clone(), line) {
                return Err(Fault::new(line, format!("{name:?} is there twice; it was on line {first} already")));
            }
        }
        self.note(line);
        Ok(())
    }

    /// A value begins.
    fn begin(&mut self, line: usize) -> Result<(), Fault> {
        self.values += 1;
        if self.values > VALUES {
            return Err(Fault::new(line, format!("more than {VALUES} values in one file")));
        }
        // The line of a member is that of its name.
        if !matches!(self.open.last(), Some(Open::Object { .. })) {
            self.note(line);
        }
        Ok(())
    }

    fn note(&mut self, line: usize) {
        let Some(wanted) = &mut self.wanted else { return };
        let steps = self.open.iter().map(|open| match open {
            Open::List { items, .. } => items.len().to_string(),
            Open::Object { name, .. } => name.as_deref().unwrap_or_default().replace('~', "~0").replace('/', "~1"),
        });
        let pointer = steps.fold(String::new(), |pointer, step| pointer + "/" + &step);
        if let Some(found) = wanted.get_mut(&pointer) {
            *found = line;
        }
    }

    /// A value is whole.
    fn place(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), Fault> {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
            self.repeated = self.repeated.saturating_add(count(&value));
            if self.repeated > REPEATED {
                return Err(Fault::new(line, format!("anchors and aliases hold more than {REPEATED} values")));
            }
        }
        match self.open.last_mut() {
            None => self.document = Some(value),
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Object { members, name, .. }) => {
                drop(members.insert(name.take().unwrap_or_default(), value));
            }
        }
        Ok(())
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).fold(1, usize::saturating_add),
        Value::Object(members) => members.values().map(count).fold(1, usize::saturating_add),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

fn tagged(tag: &Tag) -> String {
    format!("the tag {}{} is not read; leave it out", tag.handle, tag.suffix)
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => return Ok(text.into()),
        Some(tag) => return Err(tagged(tag)),
        None => {}
    }
    if style != ScalarStyle::Plain {
        return Ok(text.into());
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => text.into(),
        },
    })
}

/// A number, or nothing when the word is text.
fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let based = [("0x", 16), ("0o", 8), ("0b", 2)];
    let based = based.into_iter().find_map(|(prefix, base)| Some((unsigned.strip_prefix(prefix)?, base)));
    let (digits, base) = based.unwrap_or((unsigned, 10));
    if !digits.is_empty() && digits.chars().all(|c| c.is_digit(base)) {
        // 007 is an agent and not a number.
        if base == 10 && digits.len() > 1 && digits.starts_with('0') {
            return Ok(None);
        }
        let size = u64::from_str_radix(digits, base).map_err(|_| format!("{text} is beyond 2^53; write it as text"))?;
        if !text.starts_with('-') {
            return Ok(Some(size.into()));
        }
        let negative = i64::try_from(size).map_err(|_| format!("{text} is beyond 2^53; write it as text"))?;
        return Ok(Some((-negative).into()));
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err(format!("{text} is no number that JSON has"));
    }
    // Words such as `nan` and `infinity` are text, and so is what is too large for a number.
    Ok(text.parse::<f64>().ok().and_then(Number::from_f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_words_mean_what_an_export_means() {
        let words = [
            "on",
            "off",
            "yes",
            "no",
            "y",
            "true",
            "null",
            "~",
            "007",
            "0",
            "-0",
            "1",
            "-1",
            "+1",
            "0x1F",
            "0o17",
            "0b11",
            "1e3",
            "1e999",
            ".5",
            "5.",
            "1_000",
            "nan",
            ".nan",
            "inf",
            "-.inf",
            "2026-01-01",
            "12:30",
            "=",
            "<<",
            "",
            " ",
            "a: b",
            "a #b",
            "- a",
            "&a",
            "*a",
            "!a",
            "%",
            "@",
            "`",
            "'",
            "\"",
            "\\",
            "a\nb",
            "a\n",
            "\t",
            "\u{85}",
            "é",
            "🚀",
            "9007199254740993",
            "18446744073709551616",
            "0_1",
            "-007",
            "+.5",
            "1.0",
            "null ",
            "0x",
            "0xG",
            "-0x1F",
            "{}",
            "[]",
            "|",
            ">",
            "?",
            "---",
            "...",
        ];
        let document = json!({"words": words[..], "numbers": [0, -1, 1.5, 1e300, 9_007_199_254_740_992_u64], "none": null, "b": [true, {}, []]});
        let written = serde_norway::to_string(&document).unwrap();
        assert_eq!(read(&written).unwrap(), document, "{written}");
        let named: Map<String, Value> =
            words.iter().filter(|w| **w != "<<").map(|word| ((*word).to_owned(), json!(1))).collect();
        let written = serde_norway::to_string(&named).unwrap();
        assert_eq!(read(&written).unwrap(), Value::Object(named), "{written}");
    }

    #[test]
    fn what_people_write_is_read() {
        for (text, value) in [
            ("", Value::Null),
            ("# nothing\n", Value::Null),
            ("---\na: 1\n...\n", json!({"a": 1})),
            ("a: &x [1, {b: c}]\nd: *x\n", json!({"a": [1, {"b": "c"}], "d": [1, {"b": "c"}]})),
            ("a: !!str 12\r\nb: 'it''s'\r\n", json!({"a": "12", "b": "it's"})),
            ("on: |\n  two\n  lines\n", json!({"on": "two\nlines\n"})),
            ("{\"a\": [1, 2.5, \"\\u00e9\"],\n \"b\": null}", json!({"a": [1, 2.5, "é"], "b": null})),
        ] {
            assert_eq!(read(text).unwrap(), value, "{text:?}");
        }
    }

    #[test]
    fn what_could_mean_two_things_or_grows_is_refused_with_its_line() {
        let deep = format!("a: 1\nb: {}{}", "[".repeat(70), "]".repeat(70));
        let block = (0..70).map(|n| " ".repeat(n) + "a:\n").collect::<Vec<_>>().concat();
        let line = |n: usize| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(", "));
        let laughs = (1..12).map(line).collect::<Vec<_>>().concat();
        let laughs = format!("l0: &l0 [ha, ha]\n{laughs}");
        for (text, line, words) in [
            ("a: 1\nb: 2\na: 3\n", 3, "\"a\" is there twice; it was on line 1"),
            ("a: {b: 1, \"b\": 2}\n", 1, "there twice"),
            (deep.as_str(), 2, "nested more than 64 levels"),
            (block.as_str(), 65, "nested more than 64 levels"),
            (laughs.as_str(), 6, "more than 100000 values"),
            ("a: &a [*a]\n", 1, "an alias inside of what it repeats"),
            ("a: *nobody\n", 1, "not YAML"),
            ("a: 1\n---\nb: 2\n", 2, "a second document"),
            ("a:\n\tb: 1\n", 2, "tab"),
            ("base: &b {x: 1}\na:\n  <<: *b\n", 3, "merge keys"),
            ("a: !!python/object:os.system ls\n", 1, "tag"),
            ("a: !secret x\n", 1, "the tag !secret"),
            ("? [a]\n: 1\n", 1, "must be text"),
            ("a: 123456789012345678901234567890\n", 1, "beyond 2^53"),
            ("a: .nan\n", 1, "no number"),
            ("a: 1\nb: \0\n", 2, "NUL"),
            ("a: [1, 2\nb: 3\n", 2, "not YAML"),
            ("a: \"x\nb: 3\n", 1, "not YAML"),
        ] {
            let fault = read(text).map_err(|fault| (fault.line, fault.message));
            let Err((at, message)) = fault else { panic!("{text:?} is read: {fault:?}") };
            assert!(message.contains(words), "{text:?}: {message}");
            assert_eq!(at, line, "{text:?}: {message}");
        }
    }

    #[test]
    fn places_have_lines() {
        let text = "# a file\nflags:\n  - key: a\n    environments:\n      production:\n        on: true\n  -\n    key: b\n    x/y: 1\n";
        let asked = ["/flags", "/flags/0", "/flags/0/environments/production/on", "/flags/1/x~1y", "/flags/2", ""];
        let found = lines(text, asked);
        let found: Vec<_> = asked.iter().map(|pointer| found.get(*pointer).copied()).collect();
        assert_eq!(found, [Some(2), Some(3), Some(6), Some(9), None, Some(2)]);
    }
}
