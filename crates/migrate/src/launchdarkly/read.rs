//! Files → environments, segments and flags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::clause::Named;
use super::collisions;
use super::files::{self, Everything, SILENT};
use super::flag::{self, Other, Reading};
use super::rollout::Arithmetic;
use super::source::{ApiFlag, SdkFlag, Segment, Setting};
use crate::members::Members;
use crate::{Format, Imported, Names, Options, Project, Report, Source, Unreadable};

/// A flag of any shape.
#[derive(Default)]
pub(super) struct Flag {
    pub(super) api: ApiFlag,
    /// Environment → setting.
    pub(super) settings: BTreeMap<String, Setting>,
    variants: Vec<String>,
    value_type: &'static str,
}

impl Flag {
    /// Names its variants.
    pub(super) fn finish(&mut self) {
        let values: Vec<Value> = self.api.variations.iter().map(|variation| variation.value.clone()).collect();
        let names: Vec<_> = self.api.variations.iter().map(|variation| variation.name.clone()).collect();
        (self.value_type, self.variants) = flag::variants(&values, &names);
    }
}

/// Reads LaunchDarkly's files.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let mut everything = Everything::default();
    for file in files {
        everything.read(file, &options.environment)?;
    }
    if let (true, true, Some(wrong)) = (everything.flags.is_empty(), everything.segments.is_empty(), &everything.wrong)
    {
        return Err(wrong.clone());
    }
    let arithmetic = if options.sdk(Format::LaunchDarkly) == "rust" { Arithmetic::Single } else { Arithmetic::Double };
    Ok(everything.into_documents(arithmetic, &options.environment))
}

/// Keys of variants of a flag as SDKs get it, in their order, and ids of its rules.
pub(super) fn sdk_names(body: &Value) -> Option<(Vec<String>, SdkFlag, Vec<String>)> {
    let flag = files::sdk_flag(&mut Members::default(), body, "", "").ok()?;
    let variants = flag::variants(&flag.variations, &[]).1;
    let rules = flag::rule_ids(&flag.setting.rules);
    Some((variants, flag, rules))
}

impl Everything {
    fn into_documents(mut self, arithmetic: Arithmetic, main: &str) -> Imported {
        let mut spoken = collisions::Names::default();
        let mut environments: BTreeSet<&str> =
            self.flags.values().flat_map(|f| f.settings.keys()).map(String::as_str).collect();
        environments
            .extend(self.segments.keys().map(|(environment, _)| environment.as_str()).filter(|e| !e.is_empty()));
        if environments.is_empty() {
            environments.insert(main);
        }
        let mut environment_names = Names::default();
        let environment_keys: BTreeMap<&str, String> =
            environments.iter().map(|name| (*name, environment_names.key(name))).collect();
        let mut project = Project::default();
        for (name, key) in &environment_keys {
            project.environments.push(json!({"key": key, "name": name}));
            self.report.mapped(format!("environment {key}"), "its flags' settings");
        }

        let several = self.segments.keys().map(|(environment, _)| environment).collect::<BTreeSet<_>>().len() > 1;
        let mut segment_names = Names::default();
        let mut segment_keys = BTreeMap::new();
        for (environment, key) in self.segments.keys() {
            let wanted = if several && !environment.is_empty() { format!("{key}-{environment}") } else { key.clone() };
            segment_keys.insert((environment.as_str(), key.as_str()), segment_names.key(&wanted));
        }
        let circular = circular_segments(&self.segments);
        let named = |environment: &str, key: &str| {
            let at = [environment, ""].into_iter().find(|at| segment_keys.contains_key(&(*at, key)));
            match at.and_then(|at| Some((at, segment_keys.get(&(at, key))?))) {
                None => Named::Missing,
                Some((at, _)) if circular.contains(&(at, key)) => Named::Circular,
                Some((_, key)) => Named::Segment(key.clone()),
            }
        };
        for ((environment, key), segment) in &self.segments {
            if circular.contains(&(environment.as_str(), key.as_str())) {
                let why = "it contains itself: LaunchDarkly answers an error, and so do the flags that use it here";
                self.report.attention(format!("segment {key}"), "not imported", why, "break the circle");
                continue;
            }
            let Some(ours) = segment_keys.get(&(environment.as_str(), key.as_str())) else { continue };
            let named = |key: &str| named(environment, key);
            project.segments.push(super::segment::segment(ours, segment, &named, arithmetic, &mut self.report));
        }

        let mut flag_names = Names::default();
        let keys: BTreeMap<&str, String> = self.flags.keys().map(|key| (key.as_str(), flag_names.key(key))).collect();
        let circles: BTreeMap<&str, BTreeSet<&str>> =
            environments.iter().map(|environment| (*environment, circular_flags(&self.flags, environment))).collect();
        for (original, flag) in &self.flags {
            let Some(key) = keys.get(original.as_str()) else { continue };
            let mut settings = Map::new();
            for (environment, setting) in &flag.settings {
                let Some(environment_key) = environment_keys.get(environment.as_str()) else { continue };
                let others = |needed: &str| match (keys.get(needed), self.flags.get(needed)) {
                    _ if circles.get(environment.as_str()).is_some_and(|circle| circle.contains(needed)) => {
                        Other::Circular
                    }
                    (Some(key), Some(other)) if other.settings.contains_key(environment) && !other.api.archived => {
                        Other::Flag { key: key.clone(), variants: other.variants.clone() }
                    }
                    _ => Other::Missing,
                };
                let reading = Reading {
                    original,
                    variants: &flag.variants,
                    place: format!("flag {key} in {environment_key}"),
                    segments: &|key| named(environment, key),
                    others: &others,
                    arithmetic,
                };
                if !flag.variants.is_empty() {
                    settings.insert(environment_key.clone(), flag::configuration(&reading, setting, &mut self.report));
                }
            }
            project.flags.push(document(key, flag, settings, &mut self.report));
        }
        for (name, key) in flag_names.renamed() {
            let why = "keys here are letters, digits, dots, dashes and underscores";
            self.report.attention(
                format!("flag {name}"),
                format!("it is called {key} here"),
                why,
                "ask for it by that key",
            );
        }
        for setting in self.flags.values().flat_map(|flag| flag.settings.values()) {
            spoken.of_setting(setting);
        }
        for segment in self.segments.values() {
            spoken.of_segment(segment);
        }
        spoken.tell(&mut self.report);
        self.members.tell(SILENT, &mut self.report);
        Imported { document: project.into_document("imported", "LaunchDarkly"), report: self.report }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the settings end up in the document")]
fn document(key: &str, flag: &Flag, settings: Map<String, Value>, report: &mut Report) -> Value {
    let api = &flag.api;
    let mut variants: Vec<Value> = Vec::new();
    for (variation, key) in api.variations.iter().zip(&flag.variants) {
        let mut body = json!({"key": key, "value": variation.value});
        let words: Vec<&str> =
            [&variation.name, &variation.description].into_iter().flatten().map(String::as_str).collect();
        let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty() && text != key).collect();
        if !words.is_empty() {
            body["description"] = words.join(": ").into();
        }
        variants.push(body);
    }
    if variants.is_empty() {
        let why = "it has no variations and can answer nothing";
        report.attention(format!("flag {key}"), "one variant with the value null", why, "remove the flag");
        variants.push(json!({"key": "none", "value": null}));
    }
    report.mapped(format!("flag {key}"), format!("{} variants, {} environments", variants.len(), settings.len()));
    let mut body = json!({
        "key": key,
        "type": flag.value_type,
        "variants": variants,
        "environments": settings,
    });
    for (name, text) in [("name", &api.name), ("description", &api.description)] {
        if !text.is_empty() {
            body[name] = text.as_str().into();
        }
    }
    let mut tags = api.tags.clone();
    for (property, value) in &api.custom_properties {
        let name = value.get("name").and_then(Value::as_str).unwrap_or(property);
        let values = value.get("value").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        tags.extend(values.map(|value| format!("{name}:{value}")));
    }
    if !tags.is_empty() {
        body["tags"] = json!(tags);
    }
    if let Some(temporary) = api.temporary {
        body["permanent"] = (!temporary).into();
    }
    if api.archived {
        body["archived"] = true.into();
    }
    if let Some(created_at) = api.creation_date {
        body["created_at"] = created_at.into();
    }
    if let Some(owner) = owner(api) {
        body["owner"] = owner.into();
    }
    if api.deprecated {
        let when = api.deprecated_date.map(|at| format!(" since {}", day(at))).unwrap_or_default();
        let why = format!("it is deprecated there{when}, which flags here are not");
        report.attention(format!("flag {key}"), "deprecated", why, "archive it when nothing asks for it any more");
    }
    body
}

/// Who maintains it: the team, or else the person.
fn owner(api: &ApiFlag) -> Option<&str> {
    let team = api.maintainer_team.as_ref().and_then(|team| team.get("name").or(team.get("key"))?.as_str());
    team.or(api.maintainer_team_key.as_deref()).or_else(|| api.maintainer.as_ref()?.get("email")?.as_str())
}

/// The day of an instant in milliseconds.
fn day(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// Flags that need themselves, and those that need such a flag. Flags that are off need nothing.
fn circular_flags<'f>(flags: &'f BTreeMap<String, Flag>, environment: &str) -> BTreeSet<&'f str> {
    let edges = |key: &str| -> Vec<&'f str> {
        let setting = flags.get(key).and_then(|flag| flag.settings.get(environment)).filter(|setting| setting.on);
        let needed = setting.into_iter().flat_map(|setting| &setting.prerequisites);
        needed.filter_map(|one| flags.get_key_value(&one.key).map(|(key, _)| key.as_str())).collect()
    };
    circular(flags.keys().map(String::as_str), edges)
}

fn circular_segments(segments: &BTreeMap<(String, String), Segment>) -> BTreeSet<(&str, &str)> {
    let edges = |(environment, key): (&str, &str)| -> Vec<(&str, &str)> {
        let rules = segments.get(&(environment.to_owned(), key.to_owned())).map(|segment| &segment.rules);
        let clauses = rules.into_iter().flatten().flat_map(|rule| &rule.clauses);
        let named =
            clauses.filter(|one| one.op == "segmentMatch").flat_map(|one| &one.values).filter_map(Value::as_str);
        let at = |name: &str| {
            [environment, ""].into_iter().find_map(|at| segments.get_key_value(&(at.to_owned(), name.to_owned())))
        };
        named.filter_map(|name| at(name).map(|((at, key), _)| (at.as_str(), key.as_str()))).collect()
    };
    circular(segments.keys().map(|(environment, key)| (environment.as_str(), key.as_str())), edges)
}

/// What reaches a circle: what is left when everything that leads nowhere is taken away, again and again.
fn circular<K: Copy + Ord>(keys: impl Iterator<Item = K>, edges: impl Fn(K) -> Vec<K>) -> BTreeSet<K> {
    let mut left: BTreeMap<K, Vec<K>> = keys.map(|key| (key, edges(key))).collect();
    loop {
        let done: Vec<K> = left
            .iter()
            .filter(|(_, next)| next.iter().all(|key| !left.contains_key(key)))
            .map(|(key, _)| *key)
            .collect();
        if done.is_empty() {
            return left.into_keys().collect();
        }
        for key in done {
            left.remove(&key);
        }
    }
}
