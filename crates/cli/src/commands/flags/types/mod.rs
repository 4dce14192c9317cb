//! `yardarm flags types`: a typed client module from a project's flags, one file here for each language.

mod python;
mod rust;
mod typescript;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{items, line, note, text};

/// What every generated file begins with, after the sign of a comment.
const HEADER: &str = "Made by `yardarm flags types`: a method for each flag. Make it again instead of editing it.";

#[derive(Args, Debug)]
pub(super) struct Types {
    /// Language of the module
    #[arg(long, value_enum)]
    lang: Language,
    /// File to write (default: stdout)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// TypeScript, for @yardarm/server
    Ts,
    /// Python, for yardarm
    Python,
    /// Rust, for the crate yardarm
    Rust,
}

impl Types {
    pub(super) async fn run(self, api: &Api, project: &str) -> Result<(), Failure> {
        let export = api.get(&["projects", project, "export"], &[]).await?.body;
        let flags = flags(&export);
        let module = match self.lang {
            Language::Ts => typescript::module(&flags),
            Language::Python => python::module(&flags),
            Language::Rust => rust::module(&flags),
        };
        let Some(path) = self.output else { return line(module.trim_end()) };
        std::fs::write(&path, module).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        note(format!("wrote {} flags of {project} to {}", flags.len(), path.display()))
    }
}

/// A flag as the generators see it.
struct Flag {
    key: String,
    /// The key as words: `new-checkout` is `["new", "checkout"]`.
    words: Vec<String>,
    /// Paragraphs of the documentation.
    docs: Vec<String>,
    kind: Kind,
}

enum Kind {
    Boolean,
    /// The texts that variants have, in the author's order.
    Text(Vec<String>),
    Number,
    Json,
}

/// The flags of an export that are not archived, by key.
fn flags(export: &Value) -> Vec<Flag> {
    let mut taken = BTreeSet::new();
    let mut flags: Vec<&Value> = items_of(export, "flags").iter().filter(|flag| flag["archived"] != true).collect();
    flags.sort_by_key(|flag| text(&flag["key"]));
    flags.into_iter().map(|flag| Flag::new(flag, &mut taken)).collect()
}

fn items_of<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or_else(|| items(value), Vec::as_slice)
}

impl Flag {
    fn new(flag: &Value, taken: &mut BTreeSet<Vec<String>>) -> Self {
        let key = text(&flag["key"]);
        let mut words = words(&key);
        // `a-b` and `a.b` are two flags.
        let mut number = 1;
        while !taken.insert(words.clone()) {
            number += 1;
            words.truncate(words.len() - usize::from(number > 2));
            words.push(number.to_string());
        }
        let variants = items_of(flag, "variants");
        // As code, in which no language's documentation tool sees links or markup.
        let value_of = |variant: &Value| {
            let value = match &variant["value"] {
                value @ (Value::Array(_) | Value::Object(_)) => shortened(&value.to_string()),
                value => value.to_string(),
            };
            format!("`{}`", value.replace('`', "'"))
        };
        let described = |variant: &Value| match text(&variant["description"]) {
            none if none.is_empty() => format!("`{}`: {}", text(&variant["key"]), value_of(variant)),
            words => format!("`{}`: {} ({words})", text(&variant["key"]), value_of(variant)),
        };
        let list: Vec<String> = variants.iter().map(described).collect();
        let docs = [text(&flag["name"]), text(&flag["description"]), format!("Variants: {}.", list.join(", "))];
        let kind = match flag["type"].as_str() {
            Some("boolean") => Kind::Boolean,
            Some("number") => Kind::Number,
            Some("string") => {
                let mut texts: Vec<String> = Vec::new();
                for variant in variants {
                    let value = text(&variant["value"]);
                    if !texts.contains(&value) {
                        texts.push(value);
                    }
                }
                Kind::Text(texts)
            }
            _ => Kind::Json,
        };
        let docs = docs.into_iter().map(|text| one_line(&text)).filter(|text| !text.is_empty()).collect();
        Self { key, words, docs, kind }
    }

    /// `new_checkout`, never a word of the language.
    fn snake(&self, reserved: &[&str]) -> String {
        let name = self.words.join("_");
        if reserved.contains(&name.as_str()) { format!("{name}_") } else { name }
    }

    /// `newCheckout`, never a word of the language.
    fn camel(&self, reserved: &[&str]) -> String {
        let (first, rest) = self.words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let name = format!("{first}{}", rest.iter().map(|word| capital(word)).collect::<String>());
        if reserved.contains(&name.as_str()) { format!("{name}_") } else { name }
    }

    /// `NewCheckout`.
    fn pascal(&self) -> String {
        let name: String = self.words.iter().map(|word| capital(word)).collect();
        // A type in Rust cannot be called so.
        if name == "Self" { "Self_".to_owned() } else { name }
    }
}

/// Lower-case words of a key or of a value; there is at least one, and the first does not begin with a digit.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|sign: char| !sign.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.first().is_none_or(|word| word.starts_with(|sign: char| sign.is_ascii_digit())) {
        words.insert(0, "flag".to_owned());
    }
    words
}

fn capital(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

/// Lines as one, so that nothing ends a comment.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(MOST).collect::<String>())
}

/// A text as JSON, which is how all three languages write one (but for what each sees to itself).
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flag(key: &str, value_type: &str, values: &Value) -> Value {
        let variants: Vec<Value> = values
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(n, v)| json!({"key": format!("v{n}"), "value": v}))
            .collect();
        json!({"key": key, "name": key, "type": value_type, "description": "Says */ and \"\"\" and\nmore.", "variants": variants})
    }

    fn sample() -> Vec<Flag> {
        flags(&json!({"flags": [
            flag("new-checkout", "boolean", &json!([true, false])),
            flag("new.checkout", "boolean", &json!([true, false])),
            flag("2fa", "number", &json!([1, 2.5])),
            flag("colour", "string", &json!(["red", "gre en", "red", "\"$`\\u{7}"])),
            flag("class", "json", &json!([{"a": 1}, null])),
            {"key": "old", "type": "boolean", "archived": true, "variants": []},
        ]}))
    }

    #[test]
    fn names_are_names_of_each_language_and_no_two_are_the_same() {
        let flags = sample();
        let camel: Vec<String> = flags.iter().map(|flag| flag.camel(&["class"])).collect();
        assert_eq!(camel, ["flag2fa", "class_", "colour", "newCheckout", "newCheckout2"]);
        let snake: Vec<String> = flags.iter().map(|flag| flag.snake(&["class"])).collect();
        assert_eq!(snake, ["flag_2fa", "class_", "colour", "new_checkout", "new_checkout_2"]);
    }

    #[test]
    fn every_language_has_every_flag_and_no_archived_one() {
        let flags = sample();
        for module in [typescript::module(&flags), python::module(&flags), rust::module(&flags)] {
            for key in ["new-checkout", "new.checkout", "2fa", "colour", "class"] {
                assert!(module.contains(&quoted(key)), "{key} in\n{module}");
            }
            assert!(!module.contains("\"old\""));
        }
    }
}
