//! Environment documents as evaluation contexts, the way Flagsmith's SDKs turn one into the other; and JSON with comments.
//!
//! Of overrides of the same priority the first in the file counts, so `segments`, an object there, is a list here: objects
//! are sorted by name on the way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::{Source, Unreadable};

/// Where identity overrides are kept on the way: not part of a context.
const IDENTITIES: &str = "identity_overrides";

/// JSON; comments are white space, and the segments of a context are in their order.
pub(super) fn parsed(file: &Source) -> Result<Value, Unreadable> {
    let text = without_comments(&file.text);
    let mut value: Value =
        serde_json::from_str(&text).map_err(|error| Unreadable::new(&file.name, format!("it is not JSON: {error}")))?;
    let Ordered { segments, context } = serde_json::from_str(&text)
        .map_err(|error| Unreadable::new(&file.name, format!("its segments cannot be read: {error}")))?;
    for (at, segments) in [("/segments", segments), ("/context/segments", context.and_then(|context| context.segments))]
    {
        if let (Some(place), Some(Segments(segments))) = (value.pointer_mut(at), segments) {
            *place = Value::Array(segments);
        }
    }
    Ok(value)
}

/// Segments of a context, or of a case that has one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ordered {
    segments: Option<Segments>,
    context: Option<Box<Self>>,
}

/// An object's members as they are written.
#[derive(Default)]
struct Segments(Vec<Value>);

impl<'de> Deserialize<'de> for Segments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Segments {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of segments")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        let mut places = BTreeMap::new();
        while let Some((name, segment)) = members.next_entry()? {
            self.insert(&mut places, name, segment);
        }
        Ok(self)
    }
}

impl Segments {
    /// Of two with one name, the last counts, in the place of the first.
    fn insert(&mut self, places: &mut BTreeMap<String, usize>, name: String, segment: Value) {
        let at = *places.entry(name).or_insert(self.0.len());
        match self.0.get_mut(at) {
            Some(known) => *known = segment,
            None => self.0.push(segment),
        }
    }
}

fn without_comments(text: &str) -> String {
    let (mut result, mut rest, mut in_text) = (String::with_capacity(text.len()), text, false);
    while let Some(letter) = rest.chars().next() {
        let mut take = letter.len_utf8();
        match letter {
            '\\' if in_text => take += rest[take..].chars().next().map_or(0, char::len_utf8),
            '"' => in_text = !in_text,
            '/' if !in_text && rest.starts_with("//") => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if !in_text && rest.starts_with("/*") => {
                rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
                result.push(' ');
                continue;
            }
            _ => {}
        }
        result.push_str(&rest[..take]);
        rest = &rest[take..];
    }
    result
}

/// The evaluation context of a file that is one, or an environment document.
pub(super) fn context(file: &Value) -> Result<Value, String> {
    if file.get("environment").is_some() && file.get("feature_states").is_none() {
        return Ok(file.clone());
    }
    let states = file.get("feature_states").and_then(Value::as_array).ok_or(
        "it is neither an environment document ({\"api_key\", \"feature_states\", \"project\"}) nor an evaluation context ({\"environment\", \"features\"})",
    )?;
    let (mut segments, mut places) = (Segments::default(), BTreeMap::new());
    for segment in file.pointer("/project/segments").and_then(Value::as_array).into_iter().flatten() {
        let key = plain(segment.get("id"));
        let overrides = segment.get("feature_states").and_then(Value::as_array).into_iter().flatten();
        let ours = json!({
            "key": key,
            "name": segment.get("name"),
            "rules": rules(segment.get("rules")),
            "overrides": overrides.map(state).collect::<Vec<_>>(),
        });
        segments.insert(&mut places, key, ours);
    }
    let identities = file.get("identity_overrides").and_then(Value::as_array).into_iter().flatten().map(|identity| {
        let states = identity.get("identity_features").and_then(Value::as_array).into_iter().flatten();
        json!({"identifier": identity.get("identifier"), "overrides": states.map(state).collect::<Vec<_>>()})
    });
    Ok(json!({
        "environment": {"key": file.get("api_key"), "name": file.get("name")},
        "features": states.iter().map(|one| (plain(one.pointer("/feature/name")), state(one))).collect::<Map<_, _>>(),
        "segments": segments.0,
        IDENTITIES: identities.collect::<Vec<_>>(),
    }))
}

/// A feature state as a feature context.
fn state(state: &Value) -> Value {
    let said = |name: &str| state.get(name).filter(|id| !id.is_null());
    let key = said("django_id").or(said("featurestate_uuid")).or(said("id"));
    let mut ours = json!({
        "key": plain(key),
        "name": plain(state.pointer("/feature/name")),
        "enabled": state.get("enabled"),
        "value": state.get("feature_state_value"),
        "metadata": {"id": state.pointer("/feature/id")},
    });
    let options = state.get("multivariate_feature_state_values").and_then(Value::as_array).into_iter().flatten();
    let options: Vec<Value> = options
        .map(|option| {
            let id = option.get("id").filter(|id| !id.is_null()).cloned();
            json!({
                "value": option.pointer("/multivariate_feature_option/value"),
                "key": option.pointer("/multivariate_feature_option/key"),
                "weight": option.get("percentage_allocation"),
                "priority": id.unwrap_or_else(|| json!(uuid_number(&plain(option.get("mv_fs_value_uuid"))))),
            })
        })
        .collect();
    if !options.is_empty() {
        ours["variants"] = options.into();
    }
    if let Some(priority) = state.pointer("/feature_segment/priority").filter(|priority| !priority.is_null()) {
        ours["priority"] = priority.clone();
    }
    ours
}

/// A UUID's own order, near enough for sorting.
#[expect(clippy::cast_precision_loss, reason = "for sorting only")]
fn uuid_number(uuid: &str) -> f64 {
    let digits: String = uuid.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).unwrap_or_default() as f64
}

fn rules(rules: Option<&Value>) -> Value {
    let rules = rules.and_then(Value::as_array).into_iter().flatten();
    rules
        .map(|rule| {
            let conditions = rule.get("conditions").and_then(Value::as_array).into_iter().flatten().map(|condition| {
                let property = condition.get("property_").or(condition.get("property"));
                json!({
                    "property": property.and_then(Value::as_str).unwrap_or_default(),
                    "operator": condition.get("operator"),
                    "value": condition.get("value"),
                })
            });
            json!({
                "type": rule.get("type"),
                "conditions": conditions.collect::<Vec<_>>(),
                "rules": self::rules(rule.get("rules")),
            })
        })
        .collect()
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Identities with a state of their own for a feature, those of the same state together.
pub(super) fn identity_overrides<'c>(context: &'c Value, feature: &str) -> Vec<(Vec<String>, &'c Value)> {
    let mut found: Vec<(Vec<String>, &Value)> = Vec::new();
    for identity in context.get(IDENTITIES).and_then(Value::as_array).into_iter().flatten() {
        let Some(identifier) = identity.get("identifier").and_then(Value::as_str).filter(|text| !text.is_empty())
        else {
            continue;
        };
        for state in identity.get("overrides").and_then(Value::as_array).into_iter().flatten() {
            if plain(state.get("name")) != feature {
                continue;
            }
            let same = |other: &&mut (Vec<String>, &Value)| {
                other.1.get("enabled") == state.get("enabled") && other.1.get("value") == state.get("value")
            };
            match found.iter_mut().find(same) {
                Some((identifiers, _)) => identifiers.push(identifier.to_owned()),
                None => found.push((vec![identifier.to_owned()], state)),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_white_space_and_texts_are_not() {
        let text = "// a\n{\"a\": \"http://x\", /* b */ \"c\\\"//\": 1} // d";
        let value: Value = serde_json::from_str(&without_comments(text)).unwrap();
        assert_eq!(value, json!({"a": "http://x", "c\"//": 1}));
    }
}
