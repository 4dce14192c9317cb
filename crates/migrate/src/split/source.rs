//! Split's JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A feature flag.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Split {
    pub(super) name: String,
    pub(super) status: Option<String>,
    pub(super) killed: bool,
    pub(super) default_treatment: Option<String>,
    pub(super) seed: i64,
    pub(super) traffic_allocation: Option<u64>,
    pub(super) traffic_allocation_seed: Option<i64>,
    /// 1 legacy, 2 MurmurHash3.
    pub(super) algo: Option<u8>,
    pub(super) prerequisites: Vec<Prerequisite>,
    pub(super) conditions: Vec<Condition>,
    /// Treatment → JSON text.
    pub(super) configurations: Option<BTreeMap<String, String>>,
}

/// Another flag that must answer one of these treatments.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Prerequisite {
    #[serde(rename = "n")]
    pub(super) name: String,
    #[serde(rename = "ts")]
    pub(super) treatments: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Condition {
    /// `WHITELIST` or `ROLLOUT`.
    #[expect(clippy::struct_field_names, reason = "the source's own name")]
    pub(super) condition_type: Option<String>,
    pub(super) matcher_group: MatcherGroup,
    pub(super) partitions: Vec<Partition>,
    pub(super) label: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MatcherGroup {
    pub(super) combiner: Option<String>,
    pub(super) matchers: Vec<Matcher>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Partition {
    pub(super) treatment: String,
    pub(super) size: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Matcher {
    pub(super) key_selector: Option<KeySelector>,
    #[expect(clippy::struct_field_names, reason = "the source's own name")]
    pub(super) matcher_type: String,
    pub(super) negate: bool,
    pub(super) user_defined_segment_matcher_data: Option<Value>,
    pub(super) user_defined_large_segment_matcher_data: Option<Value>,
    pub(super) whitelist_matcher_data: Option<Whitelist>,
    pub(super) unary_numeric_matcher_data: Option<Unary>,
    pub(super) between_matcher_data: Option<Between>,
    pub(super) boolean_matcher_data: Option<bool>,
    pub(super) string_matcher_data: Option<String>,
    pub(super) between_string_matcher_data: Option<BetweenText>,
    pub(super) dependency_matcher_data: Option<Dependency>,
}

impl Matcher {
    /// Name of the segment, of whatever kind.
    pub(super) fn segment(&self) -> Option<&str> {
        let data = [&self.user_defined_segment_matcher_data, &self.user_defined_large_segment_matcher_data];
        let names = ["segmentName", "largeSegmentName"];
        data.into_iter().flatten().flat_map(|data| names.map(|name| data.get(name))).flatten().find_map(Value::as_str)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeySelector {
    pub(super) attribute: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Whitelist {
    pub(super) whitelist: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Unary {
    pub(super) data_type: Option<String>,
    pub(super) value: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Between {
    pub(super) data_type: Option<String>,
    pub(super) start: i64,
    pub(super) end: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BetweenText {
    pub(super) start: String,
    pub(super) end: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dependency {
    pub(super) split: String,
    pub(super) treatments: Vec<String>,
}

/// A segment with its keys, or one made of rules.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) added: Vec<String>,
    pub(super) keys: Vec<Value>,
    pub(super) conditions: Vec<Condition>,
    pub(super) excluded: Excluded,
}

impl Segment {
    /// Its keys, from either member.
    pub(super) fn members(&self) -> Vec<&str> {
        let listed = self.keys.iter().filter_map(|key| key.as_str().or_else(|| key.get("key")?.as_str()));
        self.added.iter().map(String::as_str).chain(listed).collect()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Excluded {
    pub(super) keys: Option<Vec<String>>,
    pub(super) segments: Option<Vec<Value>>,
}
