//! Flags and their variants.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{At, Fields, Problems, did_you_mean, kind_of, label, wrong_type};
use crate::document::{Flag, ValueType, Variant};
use crate::{codes, limits};

/// What a flag gets where its body says nothing.
pub(crate) struct FlagDefaults {
    pub(crate) salt: String,
    pub(crate) created_at: i64,
}

/// Reads a flag.
pub(crate) fn flag(problems: &mut Problems, fields: &Fields<'_>, key: &str, defaults: FlagDefaults) -> Flag {
    let value_type = fields
        .get("type")
        .map_or(Some(ValueType::Boolean), |value| value_type(problems, &fields.at.field("type"), value));
    let variants = variants(problems, fields, value_type);
    Flag {
        name: fields
            .label(problems, "name", limits::NAME)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| key.to_owned()),
        description: fields.prose(problems, "description", limits::DESCRIPTION).unwrap_or_default(),
        value_type: value_type.unwrap_or(ValueType::Boolean),
        variants,
        salt: salt(problems, fields).unwrap_or(defaults.salt),
        owner: fields.label(problems, "owner", limits::OWNER).filter(|owner| !owner.is_empty()),
        tags: tags(problems, fields),
        permanent: fields.boolean(problems, "permanent").unwrap_or_default(),
        archived: fields.boolean(problems, "archived").unwrap_or_default(),
        created_at: fields.integer(problems, "created_at", 0, 1 << 53).unwrap_or(defaults.created_at),
    }
}

fn salt(problems: &mut Problems, fields: &Fields<'_>) -> Option<String> {
    let salt = fields.text(problems, "salt", limits::SALT)?;
    if salt.is_empty() {
        problems.add(
            &fields.at.field("salt"),
            codes::EMPTY,
            "the salt must not be empty; leave it out to get a random one",
        );
    }
    Some(salt)
}

fn value_type(problems: &mut Problems, at: &At, value: &Value) -> Option<ValueType> {
    const TYPES: [&str; 4] = ["boolean", "string", "number", "json"];
    match value.as_str() {
        Some("boolean") => Some(ValueType::Boolean),
        Some("string") => Some(ValueType::String),
        Some("number") => Some(ValueType::Number),
        Some("json") => Some(ValueType::Json),
        Some(other) => {
            let hint = did_you_mean(other, TYPES);
            problems.add(at, codes::OUT_OF_RANGE, format!("no type {other:?}{hint}; there are {}", TYPES.join(", ")));
            None
        }
        None => {
            wrong_type(problems, at, "text", value);
            None
        }
    }
}

fn variants(problems: &mut Problems, fields: &Fields<'_>, value_type: Option<ValueType>) -> Vec<Variant> {
    let variant = |key: &str, value: bool| Variant { key: key.into(), value: value.into(), description: String::new() };
    let at = fields.at.field("variants");
    if fields.get("variants").is_none() {
        if value_type.is_some_and(|value_type| value_type != ValueType::Boolean) {
            problems.add(
                &at,
                codes::REQUIRED,
                "variants are required; only boolean flags have on and off by themselves",
            );
        }
        return vec![variant("on", true), variant("off", false)];
    }
    let before = problems.len();
    let items = fields.list(problems, "variants", limits::VARIANTS);
    if items.is_empty() && problems.len() == before {
        problems.add(&at, codes::EMPTY, "a flag has at least one variant");
    }
    let mut seen = BTreeSet::new();
    let mut variants = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        let fields = Fields::of(problems, &at, item, &["key", "value", "description"]);
        let key = fields.key(problems, "key");
        if !key.is_empty() && !seen.insert(key.to_ascii_lowercase()) {
            problems.add(
                &at.field("key"),
                codes::DUPLICATE,
                format!("the variant {key:?} is there twice (case does not count)"),
            );
        }
        let value = fields.get_or_null("value").cloned();
        match (&value, value_type) {
            (None, _) if fields.is_object() => problems.add(&at.field("value"), codes::REQUIRED, "value is required"),
            (Some(value), Some(value_type)) => check_value(problems, &at.field("value"), value_type, value),
            (None | Some(_), _) => {}
        }
        let description = fields.prose(problems, "description", limits::DESCRIPTION).unwrap_or_default();
        variants.push(Variant { key, value: value.unwrap_or_default(), description });
    }
    variants
}

fn check_value(problems: &mut Problems, at: &At, value_type: ValueType, value: &Value) {
    let (good, expected) = match value_type {
        ValueType::Boolean => (value.is_boolean(), "true or false"),
        ValueType::String => (value.is_string(), "text"),
        ValueType::Number => (value.is_number(), "a number"),
        ValueType::Json => (true, "JSON"),
    };
    if !good {
        let message = format!("must be {expected}, the flag's type, not {}", kind_of(value));
        return problems.add(at, codes::VALUE_TYPE, message);
    }
    let bytes = value.to_string().len();
    if bytes > limits::VALUE_BYTES {
        problems.add(at, codes::TOO_LARGE, format!("{bytes} bytes; at most {} are allowed", limits::VALUE_BYTES));
    }
    if depth(value) > limits::VALUE_DEPTH {
        problems.add(at, codes::NESTING_TOO_DEEP, format!("nested more than {} levels", limits::VALUE_DEPTH));
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn tags(problems: &mut Problems, fields: &Fields<'_>) -> Vec<String> {
    let at = fields.at.field("tags");
    let mut tags = BTreeSet::new();
    for (index, item) in fields.list(problems, "tags", limits::TAGS).iter().enumerate() {
        let at = at.index(index);
        let tag = label(problems, &at, item, limits::TAG);
        if item.as_str() == Some("") {
            problems.add(&at, codes::EMPTY, "a tag must not be empty");
        } else if !tag.is_empty() && !tags.insert(tag.clone()) {
            problems.add(&at, codes::DUPLICATE, format!("the tag {tag:?} is there twice"));
        }
    }
    tags.into_iter().collect()
}
