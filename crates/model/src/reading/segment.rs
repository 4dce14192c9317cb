//! Segments and their lists.

use std::collections::BTreeSet;

use serde_json::Value;

use super::condition::context_kind;
use super::exact::buckets;
use super::{At, Fields, Problems, condition, list, wrong_type};
use crate::document::Segment;
use crate::{codes, limits};

/// Reads a segment without its lists.
pub(crate) fn segment(problems: &mut Problems, fields: &Fields<'_>, key: &str, created_at: i64) -> Segment {
    let at = fields.at.field("rules");
    let rules = fields.list(problems, "rules", limits::RULES);
    Segment {
        name: fields
            .label(problems, "name", limits::NAME)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| key.to_owned()),
        description: fields.prose(problems, "description", limits::DESCRIPTION).unwrap_or_default(),
        context_kind: context_kind(problems, fields),
        rules: rules.iter().enumerate().map(|(i, rule)| condition(problems, &at.index(i), rule)).collect(),
        included: Vec::new(),
        excluded: Vec::new(),
        buckets: buckets(problems, fields),
        created_at: fields.integer(problems, "created_at", 0, 1 << 53).unwrap_or(created_at),
    }
}

/// Reads a list of context keys. Doubles are merged: lists are pasted by hand.
pub(crate) fn keys(problems: &mut Problems, at: &At, value: &Value, max: usize) -> BTreeSet<String> {
    let items = list(problems, at, value, max);
    items
        .iter()
        .enumerate()
        .map(|(index, item)| context_key(problems, at, index, item))
        .filter(|key| !key.is_empty())
        .collect()
}

/// Reads one context key at `list/index`.
pub(crate) fn context_key(problems: &mut Problems, list: &At, index: usize, value: &Value) -> String {
    let Some(key) = value.as_str() else {
        wrong_type(problems, &list.index(index), "text (context keys are text)", value);
        return String::new();
    };
    // Bytes bound characters from above, so that long lists are not counted character by character.
    if key.len() > limits::CONTEXT_KEY && key.chars().count() > limits::CONTEXT_KEY {
        let message = format!("{} characters; at most {} are allowed", key.chars().count(), limits::CONTEXT_KEY);
        problems.add(&list.index(index), codes::TOO_LONG, message);
        return String::new();
    }
    if key.is_empty() {
        problems.add(&list.index(index), codes::EMPTY, "a context key must not be empty");
    }
    key.to_owned()
}
