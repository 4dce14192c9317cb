//! Strict reading of JSON bodies into documents: every problem is collected with its JSON pointer, none stops the rest.
//!
//! Readers always return a document; where something was wrong it holds a placeholder (an empty text, the first
//! variant). Callers look at [`Problems`] before they use it.

mod condition;
mod configuration;
mod exact;
mod flag;
mod json;
mod policy;
mod segment;
mod values;

pub use condition::OPERATORS;
pub(crate) use condition::{checked_instant, condition};
pub(crate) use configuration::{CONFIGURATION, configuration};
pub(crate) use flag::{FlagDefaults, flag};
pub use json::parse;
pub(crate) use json::scan;
pub(crate) use policy::policy;
pub(crate) use segment::{context_key, keys, segment};

use serde_json::{Map, Value};

use crate::command::Problem;
use crate::label::{is_unseen, is_unseen_in_prose};
use crate::{codes, limits};

/// A JSON pointer (RFC 6901) being walked.
#[derive(Clone, Debug, Default)]
pub(crate) struct At(String);

impl At {
    pub(crate) fn root() -> Self {
        Self::default()
    }
    pub(crate) fn field(&self, name: &str) -> Self {
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }
    /// A place below, given as a pointer.
    pub(crate) fn below(&self, pointer: &str) -> Self {
        Self(format!("{}{pointer}", self.0))
    }
    pub(crate) fn into_text(self) -> String {
        self.0
    }
    pub(crate) fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }
}

/// Problems found so far, bounded by [`limits::PROBLEMS`].
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    /// How many were of the body itself (422) rather than of the state (409).
    invalid: usize,
    total: usize,
}

impl Problems {
    /// The body is not acceptable.
    pub(crate) fn add(&mut self, at: &At, code: &'static str, message: impl Into<String>) {
        self.invalid += 1;
        self.push(at, code, message.into());
    }

    /// The state forbids it.
    pub(crate) fn conflict(&mut self, at: &At, code: &'static str, message: impl Into<String>) {
        self.push(at, code, message.into());
    }

    fn push(&mut self, at: &At, code: &'static str, message: String) {
        let problem = Problem { pointer: at.0.clone(), code, message };
        // A patch is read by itself and again as part of what it makes: once is enough to say it.
        if self.list.contains(&problem) {
            return;
        }
        self.total += 1;
        if self.list.len() < limits::PROBLEMS {
            self.list.push(problem);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.total
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }
    /// Whether the body itself is at fault.
    pub(crate) fn any_invalid(&self) -> bool {
        self.invalid > 0
    }
    /// The list, with a last line that counts what was left out.
    pub(crate) fn into_list(mut self) -> Vec<Problem> {
        if self.total > self.list.len() {
            self.list.push(Problem {
                pointer: String::new(),
                code: codes::TOO_MANY_PROBLEMS,
                message: format!("{} more problems are not listed", self.total - self.list.len()),
            });
        }
        self.list
    }
}

/// The members of an object, with the place they are at.
pub(crate) struct Fields<'v> {
    map: Option<&'v Map<String, Value>>,
    pub(crate) at: At,
}

impl<'v> Fields<'v> {
    /// Reads an object and refuses members that are not in `known`.
    pub(crate) fn of(problems: &mut Problems, at: &At, value: &'v Value, known: &[&str]) -> Self {
        let map = value.as_object();
        match map {
            None => problems.add(at, codes::WRONG_TYPE, format!("must be an object, not {}", kind_of(value))),
            Some(map) => {
                for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
                    let hint = did_you_mean(name, known.iter().copied());
                    let known = known.join(", ");
                    let hint = if hint.is_empty() { format!("; known here: {known}") } else { hint };
                    problems.add(&at.field(name), codes::UNKNOWN_FIELD, format!("unknown field {name:?}{hint}"));
                }
            }
        }
        Self { map, at: at.clone() }
    }

    /// The members of an object whose names were checked elsewhere.
    pub(crate) fn unchecked(at: &At, value: &'v Value) -> Self {
        Self { map: value.as_object(), at: at.clone() }
    }

    /// A member; absent and null are the same.
    pub(crate) fn get(&self, name: &str) -> Option<&'v Value> {
        self.map?.get(name).filter(|value| !value.is_null())
    }

    /// A member even when it is null.
    pub(crate) fn get_or_null(&self, name: &str) -> Option<&'v Value> {
        self.map?.get(name)
    }

    /// Whether the value was an object at all.
    pub(crate) fn is_object(&self) -> bool {
        self.map.is_some()
    }

    /// A member that must be there; reports it when it is not.
    pub(crate) fn need(&self, problems: &mut Problems, name: &str) -> Option<&'v Value> {
        let value = self.get(name);
        if value.is_none() && self.map.is_some() {
            problems.add(&self.at.field(name), codes::REQUIRED, format!("{name} is required"));
        }
        value
    }

    /// Text of at most `max` characters, if it is there.
    pub(crate) fn text(&self, problems: &mut Problems, name: &str, max: usize) -> Option<String> {
        self.get(name).map(|value| text(problems, &self.at.field(name), value, max))
    }

    /// A name on one line, if it is there.
    pub(crate) fn label(&self, problems: &mut Problems, name: &str, max: usize) -> Option<String> {
        self.get(name).map(|value| label(problems, &self.at.field(name), value, max))
    }

    /// Words on as many lines as it takes, if they are there.
    pub(crate) fn prose(&self, problems: &mut Problems, name: &str, max: usize) -> Option<String> {
        let text = self.text(problems, name, max)?;
        Some(seen(problems, &self.at.field(name), text, is_unseen_in_prose))
    }

    /// A key that must be there.
    pub(crate) fn key(&self, problems: &mut Problems, name: &str) -> String {
        self.need(problems, name).map(|value| key(problems, &self.at.field(name), value)).unwrap_or_default()
    }

    /// A name of something else that must be there: not checked as a key, because it is looked up.
    pub(crate) fn reference(&self, problems: &mut Problems, name: &str) -> String {
        self.need(problems, name)
            .map(|value| text(problems, &self.at.field(name), value, limits::KEY))
            .unwrap_or_default()
    }

    /// `true` or `false`, if it is there.
    pub(crate) fn boolean(&self, problems: &mut Problems, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        let read = value.as_bool();
        if read.is_none() {
            wrong_type(problems, &self.at.field(name), "true or false", value);
        }
        read
    }

    /// An integer in bounds, if it is there.
    pub(crate) fn integer(&self, problems: &mut Problems, name: &str, min: i64, max: i64) -> Option<i64> {
        let value = self.get(name)?;
        let at = self.at.field(name);
        let Some(number) = integer(value) else {
            wrong_type(problems, &at, "an integer", value);
            return None;
        };
        if !(min..=max).contains(&number) {
            problems.add(&at, codes::OUT_OF_RANGE, format!("must be between {min} and {max}, is {number}"));
            return None;
        }
        Some(number)
    }

    /// A list of at most `max` items; empty when absent.
    pub(crate) fn list(&self, problems: &mut Problems, name: &str, max: usize) -> &'v [Value] {
        self.get(name).map_or(&[], |value| list(problems, &self.at.field(name), value, max))
    }
}

/// A list of at most `max` items.
pub(crate) fn list<'v>(problems: &mut Problems, at: &At, value: &'v Value, max: usize) -> &'v [Value] {
    let Some(items) = value.as_array() else {
        wrong_type(problems, at, "a list", value);
        return &[];
    };
    if items.len() > max {
        problems.add(at, codes::TOO_MANY, format!("{} items; at most {max} are allowed", items.len()));
        return &[];
    }
    items
}

/// Text of at most `max` characters.
pub(crate) fn text(problems: &mut Problems, at: &At, value: &Value, max: usize) -> String {
    let Some(text) = value.as_str() else {
        wrong_type(problems, at, "text", value);
        return String::new();
    };
    let length = text.chars().count();
    if length > max {
        problems.add(at, codes::TOO_LONG, format!("{length} characters; at most {max} are allowed"));
        return String::new();
    }
    text.to_owned()
}

/// Text of at most `max` characters that people see as it is.
pub(crate) fn label(problems: &mut Problems, at: &At, value: &Value, max: usize) -> String {
    let text = text(problems, at, value, max);
    seen(problems, at, text, is_unseen)
}

fn seen(problems: &mut Problems, at: &At, text: String, is_unseen: impl Fn(char) -> bool) -> String {
    match text.chars().find(|character| is_unseen(*character)) {
        // NUL has been told of: `scan` finds it wherever it is.
        None | Some('\0') => text,
        Some(unseen) => {
            let why = format!("has the character {}, which cannot be seen", unseen.escape_unicode());
            problems.add(at, codes::UNSEEN_CHARACTER, why);
            String::new()
        }
    }
}

/// A key: [`limits::KEY_PATTERN`].
pub(crate) fn key(problems: &mut Problems, at: &At, value: &Value) -> String {
    let Some(text) = value.as_str() else {
        wrong_type(problems, at, "text", value);
        return String::new();
    };
    if limits::is_key(text) {
        return text.to_owned();
    }
    let why = match text.chars().count() {
        0 => "is empty".to_owned(),
        n if n > limits::KEY => format!("has {n} characters; at most {} are allowed", limits::KEY),
        _ => format!("{text:?} does not match {}", limits::KEY_PATTERN),
    };
    let advice = "start with a letter or digit, then use letters, digits, '.', '_' and '-'";
    problems.add(at, codes::KEY_INVALID, format!("the key {why}; {advice}"));
    String::new()
}

/// Reports a wrong JSON type.
pub(crate) fn wrong_type(problems: &mut Problems, at: &At, expected: &str, value: &Value) {
    problems.add(at, codes::WRONG_TYPE, format!("must be {expected}, not {}", kind_of(value)));
}

fn integer(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53")]
    #[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
    value.as_i64().or_else(|| {
        value.as_f64().filter(|x| x.fract() == 0.0 && x.abs() <= limits::EXACT_INTEGER as f64).map(|x| x as i64)
    })
}

/// A JSON type in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `; did you mean "x"?` when one of the candidates is near, else nothing.
pub(crate) fn did_you_mean<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    let lower = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.len().min(text.len()) / 3))
        .min()
        .map_or_else(String::new, |(_, candidate)| format!("; did you mean {candidate:?}?"))
}
