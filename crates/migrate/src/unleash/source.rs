//! What the files hold, whichever of their shapes they have: features by name, each with its environments.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) environments: Vec<Environment>,
    /// By name.
    pub(super) features: BTreeMap<String, Feature>,
    /// By id as text.
    pub(super) segments: BTreeMap<String, Segment>,
}

/// An environment.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) production: bool,
}

/// A feature: what it is everywhere, and what it does in each environment (by our key).
#[derive(Clone, Debug, Default)]
pub(super) struct Feature {
    pub(super) about: About,
    pub(super) environments: BTreeMap<String, Settings>,
    pub(super) tags: Vec<String>,
}

/// What a feature is everywhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct About {
    pub(super) description: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) project: Option<String>,
    pub(super) impression_data: Option<bool>,
    pub(super) archived: Option<bool>,
    pub(super) stale: Option<bool>,
    pub(super) created_at: Option<String>,
}

/// Members of [`About`]; the others say what a feature does.
pub(super) const ABOUT: [&str; 7] =
    ["description", "type", "project", "impressionData", "archived", "stale", "createdAt"];

/// What a feature does in one environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) enabled: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) strategies: Vec<Strategy>,
    #[serde(deserialize_with = "or_default")]
    pub(super) variants: Vec<Variant>,
    #[serde(deserialize_with = "or_default")]
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Strategy {
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) disabled: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub(super) parameters: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) constraints: Vec<Constraint>,
    #[serde(deserialize_with = "or_default")]
    pub(super) segments: Vec<Value>,
    /// None and none set are different things.
    pub(super) variants: Option<Vec<Variant>>,
}

impl Strategy {
    /// A parameter as text, however it was written.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        match self.parameters.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) weight: i64,
    pub(super) stickiness: Option<String>,
    pub(super) payload: Option<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) overrides: Vec<Override>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Override {
    pub(super) context_name: String,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Constraint {
    pub(super) context_name: String,
    pub(super) operator: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) values: Vec<String>,
    #[serde(deserialize_with = "as_text")]
    pub(super) value: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) inverted: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) case_insensitive: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dependency {
    pub(super) feature: String,
    pub(super) enabled: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub(super) variants: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Segment {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    /// None: the export names the segment only.
    pub(super) constraints: Option<Vec<Constraint>>,
    pub(super) project: Option<String>,
}

/// Null is the same as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) => Some(text),
        None | Some(Value::Null) => None,
        Some(other) => Some(other.to_string()),
    })
}
