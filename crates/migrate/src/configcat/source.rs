//! ConfigCat's config JSON. Its member names are single letters.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A file. Settings are read one by one, so that a bad one costs no other.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    #[serde(rename = "p")]
    pub(super) preferences: Preferences,
    #[serde(rename = "s")]
    pub(super) segments: Vec<Segment>,
    #[serde(rename = "f")]
    pub(super) settings: BTreeMap<String, Value>,
}

/// A file whose settings were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    pub(super) preferences: Preferences,
    pub(super) segments: Vec<Segment>,
    pub(super) settings: BTreeMap<String, Setting>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Preferences {
    /// Part of every hashed comparison.
    #[serde(rename = "s")]
    pub(super) salt: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Segment {
    #[serde(rename = "n")]
    pub(super) name: String,
    /// All must hold.
    #[serde(rename = "r")]
    pub(super) conditions: Vec<UserCondition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Setting {
    /// 0 boolean, 1 text, 2 integer, 3 double.
    #[serde(rename = "t")]
    pub(super) kind: Option<u8>,
    /// What percentages go by (default: `Identifier`).
    #[serde(rename = "a")]
    pub(super) percentage_attribute: Option<String>,
    #[serde(rename = "r")]
    pub(super) rules: Vec<Rule>,
    #[serde(rename = "p")]
    pub(super) percentages: Vec<Percentage>,
    #[serde(rename = "v")]
    pub(super) value: SettingValue,
    #[serde(rename = "i")]
    pub(super) variation: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rule {
    #[serde(rename = "c")]
    pub(super) conditions: Vec<Condition>,
    #[serde(rename = "s")]
    pub(super) served: Option<Served>,
    #[serde(rename = "p")]
    pub(super) percentages: Vec<Percentage>,
}

/// A value, with the id of its variation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Served {
    #[serde(rename = "v")]
    pub(super) value: SettingValue,
    #[serde(rename = "i")]
    pub(super) variation: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Percentage {
    #[serde(rename = "p")]
    pub(super) percent: u64,
    #[serde(rename = "v")]
    pub(super) value: SettingValue,
    #[serde(rename = "i")]
    pub(super) variation: Option<String>,
}

/// One of these.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct SettingValue {
    #[serde(rename = "b")]
    pub(super) boolean: Option<bool>,
    #[serde(rename = "s")]
    pub(super) text: Option<String>,
    #[serde(rename = "i")]
    pub(super) integer: Option<Value>,
    #[serde(rename = "d")]
    pub(super) double: Option<Value>,
}

impl SettingValue {
    /// The JSON value.
    pub(super) fn json(&self) -> Value {
        let number = self.integer.clone().or_else(|| self.double.clone());
        let text = self.text.clone().map(Value::from);
        self.boolean.map(Value::from).or(text).or(number).unwrap_or_default()
    }
}

/// One of these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Condition {
    #[serde(rename = "u")]
    pub(super) user: Option<UserCondition>,
    #[serde(rename = "s")]
    pub(super) segment: Option<SegmentCondition>,
    #[serde(rename = "p", alias = "d")]
    pub(super) prerequisite: Option<Prerequisite>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UserCondition {
    #[serde(rename = "a")]
    pub(super) attribute: String,
    #[serde(rename = "c")]
    pub(super) comparator: u16,
    #[serde(rename = "s")]
    pub(super) text: Option<String>,
    #[serde(rename = "d")]
    pub(super) number: Option<Value>,
    #[serde(rename = "l")]
    pub(super) list: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SegmentCondition {
    /// Index in the list of segments.
    #[serde(rename = "s")]
    pub(super) segment: usize,
    /// 0 in it, 1 not in it.
    #[serde(rename = "c")]
    pub(super) comparator: u16,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Prerequisite {
    #[serde(rename = "f")]
    pub(super) setting: String,
    /// 0 equals, 1 does not equal.
    #[serde(rename = "c")]
    pub(super) comparator: u16,
    #[serde(rename = "v")]
    pub(super) value: SettingValue,
}
