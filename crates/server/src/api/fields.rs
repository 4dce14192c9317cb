//! Reads the bodies that are not documents (sign-in, tokens, tenants) as strictly as `model` reads documents: unknown
//! fields with a suggestion, wrong types and bad values, all at once.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use yardarm_model::label::{is_unseen, is_unseen_in_prose};

use crate::auth::refusal::{invalid, wrong};
use crate::problem::{Problem, ProblemError};
use crate::webauthn::Flaw;

/// Longest key of a tenant or a project, characters.
const KEY: usize = 128;
/// Longest e-mail address, bytes (RFC 5321).
const EMAIL: usize = 254;

/// An object being read.
pub(crate) struct Fields {
    members: Map<String, Value>,
    prefix: String,
    errors: Vec<ProblemError>,
}

impl Fields {
    /// An object with these members and no others.
    pub(crate) fn of(body: Value, known: &[&str]) -> Result<Self, Problem> {
        let mut fields = Self { members: Map::new(), prefix: String::new(), errors: Vec::new() };
        fields.take(body, known);
        if fields.members.is_empty() && !fields.errors.is_empty() && fields.errors[0].code == "type" {
            return Err(invalid(fields.errors));
        }
        Ok(fields)
    }

    fn take(&mut self, body: Value, known: &[&str]) {
        let Value::Object(members) = body else {
            let prefix = self.prefix.clone();
            self.errors.push(wrong(&prefix, "type", "must be an object"));
            return;
        };
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let near = known
                .iter()
                .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
                .filter(|(score, _)| *score > 0.75)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
            let escaped = name.replace('~', "~0").replace('/', "~1");
            let pointer = format!("{}/{escaped}", self.prefix);
            let message = format!("unknown field{hint} The fields here are {}.", known.join(", "));
            self.errors.push(wrong(&pointer, "unknown_field", message));
        }
        self.members = members;
    }

    /// Says what is wrong with a member.
    pub(crate) fn wrong(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let pointer = format!("{}/{name}", self.prefix);
        self.errors.push(wrong(&pointer, code, message));
    }

    /// What a reader of documents found wrong, with pointers from the body's root.
    pub(crate) fn problems(&mut self, problems: Vec<yardarm_model::command::Problem>) {
        self.errors.extend(problems.into_iter().map(|problem| wrong(&problem.pointer, problem.code, problem.message)));
    }

    /// An object inside; its errors are told with the others.
    pub(crate) fn object<T: Default>(&mut self, name: &str, known: &[&str], read: impl FnOnce(&mut Self) -> T) -> T {
        let Some(body) = self.members.remove(name) else {
            self.wrong(name, "missing", "is needed");
            return T::default();
        };
        let prefix = format!("{}/{name}", self.prefix);
        let mut inner = Self { members: Map::new(), prefix, errors: Vec::new() };
        let is_object = body.is_object();
        inner.take(body, known);
        let value = if is_object { read(&mut inner) } else { T::default() };
        self.errors.append(&mut inner.errors);
        value
    }

    /// Says so when a member is not there.
    pub(crate) fn needs(&mut self, name: &str) {
        if self.members.get(name).is_none_or(Value::is_null) {
            self.wrong(name, "missing", "is needed");
        }
    }

    /// A member as it is, if it is there and not null.
    pub(crate) fn any(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// Text of at most so many characters, if it is there.
    pub(crate) fn optional_text(&mut self, name: &str, longest: usize) -> Option<String> {
        self.text_without(name, longest, is_unseen)
    }

    fn text_without(&mut self, name: &str, longest: usize, bad: fn(char) -> bool) -> Option<String> {
        let Value::String(text) = self.any(name)? else {
            self.wrong(name, "type", "must be text");
            return None;
        };
        if text.chars().count() > longest {
            self.wrong(name, "too_long", format!("has {} characters; the limit is {longest}", text.chars().count()));
            return None;
        }
        if let Some(unseen) = text.chars().find(|character| bad(*character)) {
            let why = format!("has the character {}, which cannot be seen", unseen.escape_unicode());
            self.wrong(name, "control_character", why);
            return None;
        }
        Some(text)
    }

    /// Text of several lines of at most so many characters, if it is there.
    pub(crate) fn optional_prose(&mut self, name: &str, longest: usize) -> Option<String> {
        self.text_without(name, longest, is_unseen_in_prose)
    }

    /// A set of texts such as keys, if it is there.
    pub(crate) fn texts(&mut self, name: &str) -> Option<BTreeSet<String>> {
        const MOST: usize = 1_000;
        let Value::Array(items) = self.any(name)? else {
            self.wrong(name, "type", "must be a list of text");
            return None;
        };
        if items.len() > MOST {
            self.wrong(name, "too_many", format!("has {} entries; the limit is {MOST}", items.len()));
            return None;
        }
        let mut texts = BTreeSet::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) if text.len() <= KEY && !text.contains('\0') => drop(texts.insert(text)),
                _ => self.wrong(&format!("{name}/{index}"), "type", format!("must be text of at most {KEY} bytes")),
            }
        }
        Some(texts)
    }

    /// Text with something in it.
    pub(crate) fn text(&mut self, name: &str, longest: usize) -> String {
        if !self.members.contains_key(name) {
            self.wrong(name, "missing", "is needed");
            return String::new();
        }
        let told = self.errors.len();
        let text = self.optional_text(name, longest).map(|text| text.trim().to_owned()).unwrap_or_default();
        if text.is_empty() && self.errors.len() == told {
            self.wrong(name, "empty", "must not be empty");
        }
        text
    }

    /// Another name, if it is there: with something in it.
    pub(crate) fn changed_name(&mut self, name: &str) -> Option<String> {
        self.members.get(name).filter(|value| !value.is_null())?;
        Some(self.text(name, 256))
    }

    /// A secret: as it is, not trimmed.
    pub(crate) fn secret(&mut self, name: &str) -> String {
        match self.members.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => text,
            Some(Value::String(_)) => {
                self.wrong(name, "empty", "must not be empty");
                String::new()
            }
            None => {
                self.wrong(name, "missing", "is needed");
                String::new()
            }
            Some(_) => {
                self.wrong(name, "type", "must be text");
                String::new()
            }
        }
    }

    /// `credential`: what a browser says of a passkey.
    pub(crate) fn credential<T>(&mut self, read: impl FnOnce(Value) -> Result<T, Flaw>) -> Option<T> {
        let told = self.errors.len();
        self.needs("credential");
        let credential = self.any("credential").filter(|_| self.errors.len() == told)?;
        match read(credential) {
            Ok(credential) => Some(credential),
            Err(flaw) => {
                self.wrong("credential", "credential_invalid", format!("is not what a browser sends: {flaw}"));
                None
            }
        }
    }

    /// True or false, if it is there.
    pub(crate) fn optional_bool(&mut self, name: &str) -> Option<bool> {
        let value = self.any(name)?;
        let Value::Bool(value) = value else {
            self.wrong(name, "type", "must be true or false");
            return None;
        };
        Some(value)
    }

    /// The key of something new.
    pub(crate) fn key(&mut self, name: &str) -> String {
        let told = self.errors.len();
        let key = match self.members.remove(name) {
            Some(Value::String(key)) => key,
            None => {
                self.wrong(name, "missing", "is needed");
                return String::new();
            }
            Some(_) => {
                self.wrong(name, "type", "must be text");
                return String::new();
            }
        };
        if self.errors.len() == told && !is_key(&key) {
            self.wrong(
                name,
                "key_invalid",
                format!("a key has 1 to {KEY} letters, digits, `.`, `_` or `-` and begins with a letter or digit"),
            );
        }
        key
    }

    /// An e-mail address, well enough formed to be typed by mistake only.
    pub(crate) fn email(&mut self, name: &str) -> String {
        let email = self.text(name, EMAIL);
        let fine = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !email.contains(char::is_whitespace)
        });
        if !email.is_empty() && !fine {
            self.wrong(name, "email_invalid", "must be an e-mail address such as ana@example.com");
        }
        email
    }

    /// Everything was read; refuses when something was wrong.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(invalid(self.errors)) }
    }
}

/// `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`.
pub(crate) fn is_key(key: &str) -> bool {
    let mut bytes = key.bytes();
    key.len() <= KEY
        && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut fields =
            Fields::of(json!({"keey": "a", "name": 7, "email": "ana"}), &["key", "name", "email"]).unwrap();
        fields.key("key");
        fields.text("name", 10);
        fields.email("email");
        let problem = fields.done().unwrap_err();
        let told: Vec<(&str, &str)> =
            problem.errors.iter().map(|error| (error.pointer.as_str(), error.code.as_ref())).collect();
        assert_eq!(
            told,
            [("/keey", "unknown_field"), ("/key", "missing"), ("/name", "type"), ("/email", "email_invalid")]
        );
        assert!(problem.errors[0].message.contains("did you mean `key`?"));
        assert!(Fields::of(json!([]), &["key"]).is_err());
    }

    #[test]
    fn keys() {
        for (key, fine) in [
            ("a", true),
            ("Shop-1.2_x", true),
            ("", false),
            ("-a", false),
            ("../x", false),
            ("a b", false),
            ("a\0", false),
            ("ä", false),
            ("🚀", false),
        ] {
            assert_eq!(is_key(key), fine, "{key:?}");
        }
        assert!(is_key(&"a".repeat(128)) && !is_key(&"a".repeat(129)));
    }
}
