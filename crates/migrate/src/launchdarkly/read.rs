//! Files → environments, segments and flags.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::clause::Named;
use super::flag::{self, Other, Reading};
use super::rollout::Arithmetic;
use super::source::{ApiFlag, ApiVariation, SdkData, SdkFlag, Segment, Setting};
use crate::{Format, Imported, Names, Options, Project, Report, Source, Unreadable};

/// Members that say nothing about what a flag answers: versions, links, events, history.
const SILENT: [&str; 32] = [
    "version",
    "_version",
    "salt",
    "sel",
    "key",
    "ref",
    "_id",
    "_links",
    "_site",
    "_access",
    "_environmentName",
    "_summary",
    "_maintainer",
    "_experimentsMetadata",
    "_debugEventsUntilDate",
    "_attributesNeedingMigration",
    "lastModified",
    "lastModifiedDate",
    "generation",
    "trackEvents",
    "trackEventsFallthrough",
    "debugEventsUntilDate",
    "clientSide",
    "clientSideAvailability",
    "includeInSnippet",
    "maintainerId",
    "excludeFromSummaries",
    "samplingRatio",
    "goalIds",
    "defaults",
    "experiments",
    "tags",
];

/// A flag of any shape.
#[derive(Default)]
struct Flag {
    api: ApiFlag,
    /// Environment → setting.
    settings: BTreeMap<String, Setting>,
    variants: Vec<String>,
    value_type: &'static str,
}

impl Flag {
    fn finish(&mut self) {
        let values: Vec<Value> = self.api.variations.iter().map(|variation| variation.value.clone()).collect();
        let names: Vec<_> = self.api.variations.iter().map(|variation| variation.name.clone()).collect();
        (self.value_type, self.variants) = flag::variants(&values, &names);
    }
}

/// Everything in the files.
#[derive(Default)]
struct Everything {
    flags: BTreeMap<String, Flag>,
    /// (environment, key) → segment; the environment is empty when it is not known.
    segments: BTreeMap<(String, String), Segment>,
    report: Report,
    /// Member → where it is, of members that are not read.
    unread: BTreeMap<String, BTreeSet<String>>,
}

/// Keys of variants of a flag as SDKs get it, in their order, and ids of its rules.
pub(super) fn sdk_names(body: &Value) -> Option<(Vec<String>, SdkFlag, Vec<String>)> {
    let flag: SdkFlag = serde_json::from_value(body.clone()).ok()?;
    let variants = flag::variants(&flag.variations, &[]).1;
    let rules = flag::rule_ids(&flag.setting.rules);
    Some((variants, flag, rules))
}

/// Reads LaunchDarkly's files.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let mut everything = Everything::default();
    for file in files {
        everything.read(file, &options.environment)?;
    }
    let arithmetic = if options.sdk(Format::LaunchDarkly) == "rust" { Arithmetic::Single } else { Arithmetic::Double };
    Ok(everything.into_documents(arithmetic, &options.environment))
}

impl Everything {
    fn read(&mut self, file: &Source, environment: &str) -> Result<(), Unreadable> {
        let value = file.value()?;
        // A relay's or a stream's envelope.
        let value = value.get("data").filter(|data| data.get("flags").is_some()).cloned().unwrap_or(value);
        if value.get("flags").is_some_and(Value::is_object) || value.get("segments").is_some_and(Value::is_object) {
            return self.sdk_data(file, value, environment);
        }
        let items = match value {
            Value::Array(items) => items,
            Value::Object(mut members) => match members.remove("items") {
                Some(Value::Array(items)) => items,
                _ if members.contains_key("variations") || members.contains_key("included") => {
                    vec![Value::Object(members)]
                }
                _ => return Err(unknown_shape(file)),
            },
            _ => return Err(unknown_shape(file)),
        };
        for item in items {
            if item.get("variations").is_some() {
                self.api_flag(file, item)?;
            } else {
                self.api_segment(file, item)?;
            }
        }
        Ok(())
    }

    fn sdk_data(&mut self, file: &Source, value: Value, environment: &str) -> Result<(), Unreadable> {
        let data: SdkData = parsed(file, "the file", value)?;
        self.note("the file", data.rest.keys());
        for (key, body) in data.segments {
            let mut segment: Segment = parsed(file, &format!("segment {key}"), body)?;
            segment.key.clone_from(&key);
            self.segment(environment, segment);
        }
        for (key, body) in data.flags {
            if body.get("deleted") == Some(&Value::Bool(true)) {
                self.report.mapped(format!("flag {key}"), "deleted there, not imported");
                continue;
            }
            let read: SdkFlag = parsed(file, &format!("flag {key}"), body)?;
            let mut api = ApiFlag { key: key.clone(), ..ApiFlag::default() };
            let bare = |value| ApiVariation { value, ..ApiVariation::default() };
            api.variations = read.variations.into_iter().map(bare).collect();
            api.environments.insert(environment.to_owned(), read.setting);
            self.flag(api);
        }
        Ok(())
    }

    fn api_flag(&mut self, file: &Source, item: Value) -> Result<(), Unreadable> {
        let place = format!("flag {}", item.get("key").and_then(Value::as_str).unwrap_or("without a key"));
        let flag: ApiFlag = parsed(file, &place, item)?;
        if flag.key.is_empty() {
            return Err(Unreadable::new(&file.name, "a flag has no key"));
        }
        self.note(&place, flag.rest.keys());
        self.flag(flag);
        Ok(())
    }

    fn flag(&mut self, mut api: ApiFlag) {
        let place = format!("flag {}", api.key);
        let settings = std::mem::take(&mut api.environments);
        for (environment, setting) in &settings {
            let at = format!("{place} in {environment}");
            self.note(&at, setting.rest.keys());
            for rule in &setting.rules {
                self.note(&at, rule.rest.keys());
            }
        }
        let key = api.key.clone();
        let flag = self.flags.entry(key).or_default();
        if flag.api.variations.is_empty() {
            flag.api = api;
        } else if flag.api.variations.iter().map(|one| &one.value).ne(api.variations.iter().map(|one| &one.value)) {
            let why = "its variations differ from those in an earlier file, which are kept";
            self.report.attention(&place, "its variations", why, "export both from the same project");
        }
        flag.settings.extend(settings);
        flag.finish();
    }

    fn api_segment(&mut self, file: &Source, item: Value) -> Result<(), Unreadable> {
        let link = item.pointer("/_links/self/href").and_then(Value::as_str).unwrap_or_default().to_owned();
        // …/segments/{project}/{environment}/{key}
        let environment = link.rsplit('/').nth(1).unwrap_or_default().to_owned();
        let segment: Segment = parsed(file, "a segment", item)?;
        if segment.key.is_empty() {
            return Err(unknown_shape(file));
        }
        self.segment(&environment, segment);
        Ok(())
    }

    fn segment(&mut self, environment: &str, segment: Segment) {
        let place = format!("segment {}", segment.key);
        if segment.deleted {
            return self.report.mapped(place, "deleted there, not imported");
        }
        self.note(&place, segment.rest.keys());
        self.segments.insert((environment.to_owned(), segment.key.clone()), segment);
    }

    fn note<'n>(&mut self, place: &str, names: impl Iterator<Item = &'n String>) {
        for name in names {
            self.unread.entry(name.clone()).or_default().insert(place.to_owned());
        }
    }

    fn into_documents(mut self, arithmetic: Arithmetic, main: &str) -> Imported {
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
        for (name, places) in &self.unread {
            let many = format!("{} places", places.len());
            let place = if let [only] = &places.iter().collect::<Vec<_>>()[..] { (*only).clone() } else { many };
            if SILENT.contains(&name.as_str()) {
                self.report.mapped(place, format!("{name} is left out: it does not change answers"));
            } else {
                let why = "this member is not known to the importer and was left out";
                self.report.attention(place, name, why, "check that it does not change answers");
            }
        }
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
    if !api.tags.is_empty() {
        body["tags"] = json!(api.tags);
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
    let maintainer = api.maintainer.as_ref().and_then(|person| person.get("email")).and_then(Value::as_str);
    if let Some(owner) = maintainer {
        body["owner"] = owner.into();
    }
    body
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

fn parsed<T: DeserializeOwned>(file: &Source, place: &str, value: Value) -> Result<T, Unreadable> {
    serde_json::from_value(value).map_err(|error| Unreadable::new(&file.name, format!("{place}: {error}")))
}

fn unknown_shape(file: &Source) -> Unreadable {
    let why = "it is neither flag data of an SDK ({\"flags\": …, \"segments\": …}) nor a list of flags or segments of the \
               REST API ({\"items\": […]})";
    Unreadable::new(&file.name, why)
}
