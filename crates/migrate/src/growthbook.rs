//! GrowthBook: features as its SDKs get them (`{"features": {…}, "savedGroups": {…}}`).

mod cases;
mod condition;
mod feature;
mod javascript;
mod rollout;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Bytes, Condition};

use crate::authored::authored;
use crate::members::Members;
use crate::verify::Section;
use crate::{Format, Imported, Names, Options, Project, Report, Source, Unreadable};
use condition::{Scope, among};

/// See [`crate::Format::sdks`]. They hash what is outside of ASCII differently: as UTF-8, UTF-16 units or code points.
pub(crate) const SDKS: &[&str] = &["go", "rust", "javascript", "python"];

/// Members that change no answer, and why.
const SILENT: &[(&str, &str)] = &[
    ("dateUpdated", "it is about GrowthBook's own pages"),
    ("dateCreated", "it is about GrowthBook's own pages"),
    ("metadata", "it is about GrowthBook's own pages"),
];

/// Reads features.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let (mut features, mut groups, mut report) = (Map::new(), Map::new(), Report::default());
    for file in files {
        let payload = file.value()?;
        let found = payload.get("features").and_then(Value::as_object).ok_or_else(|| {
            let why = "it has no object `features`; what SDKs of GrowthBook get looks like {\"features\": {…}}";
            Unreadable::new(&file.name, why)
        })?;
        for (name, feature) in found {
            if features.insert(name.clone(), feature.clone()).is_some() {
                let why = format!("only the one in {} is imported", file.name);
                report.attention(
                    format!("flag {name}"),
                    "another feature of the same name",
                    why,
                    "merge the two by hand",
                );
            }
        }
        groups.extend(payload.get("savedGroups").and_then(Value::as_object).cloned().unwrap_or_default());
        for (name, value) in payload.as_object().into_iter().flatten() {
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            match name.as_str() {
                "features" | "savedGroups" | "dateUpdated" | "status" | "contextualBandits" => {}
                "encryptedFeatures" | "encryptedSavedGroups" if !empty => {
                    report.attention(
                        &file.name,
                        format!("`{name}`"),
                        "it is encrypted",
                        "export it decrypted and import that",
                    );
                }
                "experiments" if !empty => report.attention(
                    &file.name,
                    "`experiments`",
                    "visual and URL experiments change pages, they are not flags",
                    "keep them in the page, or make a flag for each",
                ),
                _ if empty => {}
                _ => report.attention(
                    &file.name,
                    format!("`{name}`"),
                    "it has no place in flags",
                    "look whether it is needed",
                ),
            }
        }
    }
    let bytes = match options.sdk(Format::GrowthBook) {
        "javascript" => Bytes::Utf16Units,
        "python" => Bytes::Codepoints,
        _ => Bytes::Utf8,
    };
    let bandits = files
        .iter()
        .filter_map(|file| file.value().ok())
        .find_map(|payload| payload.get("contextualBandits").and_then(Value::as_object).cloned());
    let mut names = Names::default();
    for name in features.keys() {
        names.key(name);
    }
    for (name, key) in names.renamed() {
        let why = "its name is not a key here";
        report.attention(format!("flag {name}"), format!("is {key} now"), why, "ask for it by its new key");
    }
    let circular = circular(&features);
    let mut payload = Payload {
        stuck: leading(&features, &circular, first_parent),
        leading: leading(&features, &circular, parents),
        circular,
        features,
        groups: Groups { values: groups, keys: Names::default(), used: BTreeSet::new(), segments: BTreeMap::new() },
        bandits: bandits.unwrap_or_default(),
        names,
        bytes,
        report,
        members: Members::default(),
    };
    let mut project = Project {
        environments: vec![json!({"key": options.environment, "name": options.environment})],
        ..Project::default()
    };
    for (name, feature) in &payload.features.clone() {
        let flag = feature::flag(&mut payload, &options.environment, name, feature);
        project.flags.push(flag);
    }
    payload.members.tell(SILENT, &mut payload.report);
    let unused = payload.groups.values.keys().filter(|id| !payload.groups.used.contains(*id));
    for id in unused {
        let why = "no condition uses it, and a group is of no attribute by itself";
        payload.report.attention(
            format!("saved group {id}"),
            "is left out",
            why,
            "make a segment of it when it is needed",
        );
    }
    project.segments = payload.groups.segments.into_values().collect();
    Ok(Imported { document: project.into_document("growthbook", "GrowthBook"), report: payload.report })
}

/// Runs the cases that GrowthBook publishes for its SDKs.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    cases::verify(cases)
}

/// Everything that is read together.
struct Payload {
    features: Map<String, Value>,
    /// Features that need themselves.
    circular: BTreeSet<String>,
    /// These, and features that ask one of these before anything else: null for everybody.
    stuck: BTreeSet<String>,
    /// These, and all that may ask one of these.
    leading: BTreeSet<String>,
    groups: Groups,
    bandits: Map<String, Value>,
    names: Names,
    bytes: Bytes,
    report: Report,
    members: Members,
}

/// Saved groups, as segments of the attributes they are used with.
struct Groups {
    values: Map<String, Value>,
    keys: Names,
    used: BTreeSet<String>,
    segments: BTreeMap<String, Value>,
}

impl Groups {
    /// The condition for one attribute being in a group.
    fn condition(&mut self, id: &str, path: &[String], scope: Scope) -> Option<Condition> {
        if scope == Scope::Answer {
            return None;
        }
        let members = self.values.get(id)?.as_array()?;
        let inside = among(path, members, false);
        self.used.insert(id.to_owned());
        if scope == Scope::Element {
            return Some(inside);
        }
        let key = self.keys.key(&format!("{id}-{}", path.join(".")));
        let (rule, _) = authored(&inside);
        let name = format!("{id} by {}", path.join("."));
        self.segments.entry(key.clone()).or_insert_with(
            || json!({"key": key, "name": name, "description": "A saved group of GrowthBook", "rules": [rule]}),
        );
        Some(Condition::Segment(key))
    }
}

/// Names of a feature's parents.
fn parents(feature: &Value) -> Vec<&str> {
    let rules = feature.get("rules").and_then(Value::as_array).into_iter().flatten();
    let conditions = rules.filter_map(|rule| rule.get("parentConditions")?.as_array()).flatten();
    conditions.filter_map(|parent| parent.get("id")?.as_str()).collect()
}

/// The one that is asked before anything else.
fn first_parent(feature: &Value) -> Vec<&str> {
    feature.pointer("/rules/0/parentConditions/0/id").and_then(Value::as_str).into_iter().collect()
}

/// Features that can be reached from themselves over parent conditions.
fn circular(features: &Map<String, Value>) -> BTreeSet<String> {
    let parents = |name: &str| features.get(name).map(parents).unwrap_or_default();
    features
        .keys()
        .filter(|name| {
            let (mut seen, mut open) = (BTreeSet::new(), parents(name));
            while let Some(next) = open.pop() {
                if next == **name {
                    return true;
                }
                if seen.insert(next) {
                    open.extend(parents(next));
                }
            }
            false
        })
        .cloned()
        .collect()
}

/// Features from which these can be reached over some of the parents, and these.
fn leading<'f>(
    features: &'f Map<String, Value>,
    ends: &BTreeSet<String>,
    parents: impl Fn(&'f Value) -> Vec<&'f str>,
) -> BTreeSet<String> {
    let mut children: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for (name, feature) in features {
        for parent in parents(feature) {
            children.entry(parent).or_default().push(name);
        }
    }
    let (mut found, mut open) = (ends.clone(), ends.iter().collect::<Vec<_>>());
    while let Some(next) = open.pop() {
        for child in children.get(next.as_str()).into_iter().flatten() {
            if found.insert((*child).clone()) {
                open.push(child);
            }
        }
    }
    found
}
