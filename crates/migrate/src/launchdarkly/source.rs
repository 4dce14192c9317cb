//! LaunchDarkly's JSON: what its SDKs download (`{"flags":{…},"segments":{…}}`) and what its REST API lists
//! (`{"items":[…]}` of flags with their environments, or of segments).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What SDKs download, and what their file data sources read: one environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SdkData {
    pub(super) flags: BTreeMap<String, Value>,
    /// Flags that are nothing but a value.
    pub(super) flag_values: BTreeMap<String, Value>,
    pub(super) segments: BTreeMap<String, Value>,
}

/// A flag as an SDK gets it: one environment, values bare.
#[derive(Clone, Debug, Default)]
pub(super) struct SdkFlag {
    pub(super) variations: Vec<Value>,
    pub(super) setting: Setting,
}

/// The part of it that is not a [`Setting`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Variations {
    pub(super) variations: Vec<Value>,
}

/// A flag as the API lists it: every environment, values with names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ApiFlag {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) kind: String,
    pub(super) variations: Vec<ApiVariation>,
    pub(super) temporary: Option<bool>,
    pub(super) tags: Vec<String>,
    pub(super) archived: bool,
    pub(super) archived_date: Option<i64>,
    pub(super) deprecated: bool,
    pub(super) deprecated_date: Option<i64>,
    pub(super) creation_date: Option<i64>,
    #[serde(rename = "_maintainer")]
    pub(super) maintainer: Option<Value>,
    #[serde(rename = "_maintainerTeam")]
    pub(super) maintainer_team: Option<Value>,
    pub(super) maintainer_team_key: Option<String>,
    pub(super) custom_properties: BTreeMap<String, Value>,
    pub(super) environments: BTreeMap<String, Value>,
}

/// A value with its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ApiVariation {
    pub(super) value: Value,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
}

/// What a flag does in one environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Setting {
    pub(super) on: bool,
    pub(super) salt: Option<String>,
    pub(super) off_variation: Option<i64>,
    pub(super) fallthrough: Option<Answer>,
    pub(super) prerequisites: Vec<Prerequisite>,
    pub(super) targets: Vec<Target>,
    pub(super) context_targets: Vec<Target>,
    pub(super) rules: Vec<Rule>,
}

/// Another flag that must be on and answer this variation.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Prerequisite {
    pub(super) key: String,
    pub(super) variation: i64,
}

/// Keys that get a variation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Target {
    pub(super) context_kind: Option<String>,
    pub(super) values: Vec<String>,
    pub(super) variation: i64,
}

/// Clauses, all of which must hold, and what is served then.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Rule {
    #[serde(alias = "_id")]
    pub(super) id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) clauses: Vec<Clause>,
    pub(super) variation: Option<i64>,
    pub(super) rollout: Option<Rollout>,
}

/// One variation, or a rollout over several.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Answer {
    pub(super) variation: Option<i64>,
    pub(super) rollout: Option<Rollout>,
}

/// Variations by weight (100000 is everybody).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Rollout {
    pub(super) kind: Option<String>,
    pub(super) context_kind: Option<String>,
    pub(super) bucket_by: Option<String>,
    pub(super) seed: Option<i64>,
    pub(super) variations: Vec<Weighted>,
}

/// A part of a rollout.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Weighted {
    pub(super) variation: i64,
    pub(super) weight: f64,
    pub(super) untracked: bool,
}

/// An attribute compared with values.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Clause {
    pub(super) context_kind: Option<String>,
    pub(super) attribute: Option<String>,
    pub(super) op: String,
    pub(super) values: Vec<Value>,
    pub(super) negate: bool,
}

/// A reusable set of contexts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Segment {
    pub(super) key: String,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) salt: String,
    pub(super) included: Vec<String>,
    pub(super) excluded: Vec<String>,
    pub(super) included_contexts: Vec<Target>,
    pub(super) excluded_contexts: Vec<Target>,
    pub(super) rules: Vec<SegmentRule>,
    pub(super) unbounded: bool,
    pub(super) deleted: bool,
    #[serde(rename = "creationDate")]
    pub(super) created_at: Option<i64>,
}

/// Clauses, all of which must hold, and the share of those contexts that become members.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SegmentRule {
    pub(super) clauses: Vec<Clause>,
    pub(super) weight: Option<f64>,
    pub(super) bucket_by: Option<String>,
    pub(super) rollout_context_kind: Option<String>,
}

/// The context kind that is meant when none is written.
pub(super) fn kind_of(kind: Option<&str>) -> &str {
    kind.filter(|kind| !kind.is_empty()).unwrap_or("user")
}
