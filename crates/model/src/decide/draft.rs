//! The state while a command is being decided: what is stored, under what is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use yardarm_eval::Snapshot;
use yardarm_eval::ruleset::{FORMAT, Ruleset, Version};

use crate::command::{Documents, Inputs, Problem, Refusal, RefusalCode};
use crate::compile::{flag_from, raw, segment_from};
use crate::document::{Configuration, Environment, Flag, Kind, Policy, Project, SdkKey, Segment, SegmentList, State};
use crate::reading::{At, Problems, did_you_mean};
use crate::{codes, configuration_key, normal_form};

/// A map and what is written over it.
pub(super) struct Overlay<'s, K, V> {
    base: &'s BTreeMap<K, V>,
    written: BTreeMap<K, Option<V>>,
}

impl<'s, K: Ord + Clone, V: PartialEq> Overlay<'s, K, V> {
    fn new(base: &'s BTreeMap<K, V>) -> Self {
        Self { base, written: BTreeMap::new() }
    }
    pub(super) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        match self.written.get(key) {
            Some(written) => written.as_ref(),
            None => self.base.get(key),
        }
    }
    pub(super) fn put(&mut self, key: K, value: V) {
        self.written.insert(key, Some(value));
    }
    pub(super) fn remove(&mut self, key: K) {
        self.written.insert(key, None);
    }
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let stored = self.base.iter().filter(|(key, _)| !self.written.contains_key(*key));
        stored.chain(self.written.iter().filter_map(|(key, value)| value.as_ref().map(|value| (key, value))))
    }
    pub(super) fn is_written(&self, key: &K) -> bool {
        self.written.contains_key(key)
    }
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }
    /// What really differs from what is stored.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&K, Option<&V>)> {
        self.written
            .iter()
            .map(|(key, value)| (key, value.as_ref()))
            .filter(|(key, value)| self.base.get(*key) != *value)
    }
}

impl<V: PartialEq> Overlay<'_, String, V> {
    /// Those whose key starts with a prefix.
    pub(super) fn starting_with(&self, prefix: &str) -> impl Iterator<Item = (&String, &V)> {
        let stored = self.base.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix));
        let stored = stored.filter(|(key, _)| !self.written.contains_key(*key));
        let written = self.written.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix));
        stored.chain(written.filter_map(|(key, value)| value.as_ref().map(|value| (key, value))))
    }
}

/// All documents of the project as the command leaves them.
pub(super) struct World<'s> {
    pub(super) state: &'s State,
    pub(super) project: Option<Project>,
    pub(super) project_key: String,
    pub(super) environments: Overlay<'s, String, Environment>,
    pub(super) segments: Overlay<'s, String, Arc<Segment>>,
    pub(super) lists: Overlay<'s, String, Arc<SegmentList>>,
    pub(super) flags: Overlay<'s, String, Arc<Flag>>,
    pub(super) configurations: Overlay<'s, (String, String), Arc<Configuration>>,
    pub(super) sdk_keys: Overlay<'s, String, SdkKey>,
    pub(super) policies: Overlay<'s, String, Arc<Policy>>,
}

impl World<'_> {
    /// Removes a segment with its lists.
    pub(super) fn remove_segment(&mut self, key: &str) {
        let chunks: Vec<String> = self.lists.starting_with(&format!("{key}/")).map(|(key, _)| key.clone()).collect();
        for chunk in chunks {
            self.lists.remove(chunk);
        }
        self.segments.remove(key.to_owned());
    }

    pub(super) fn configuration(&self, environment: &str, flag: &str) -> Option<&Arc<Configuration>> {
        self.configurations.get(&(environment.to_owned(), flag.to_owned()))
    }
}

/// A command being decided.
pub(super) struct Draft<'s> {
    pub(super) world: World<'s>,
    pub(super) problems: Problems,
    pub(super) inputs: &'s Inputs,
    made: u32,
}

impl<'s> Draft<'s> {
    pub(super) fn new(state: &'s State, inputs: &'s Inputs) -> Self {
        let world = World {
            state,
            project: state.project.clone(),
            project_key: state.project_key().unwrap_or_default().to_owned(),
            environments: Overlay::new(&state.environments),
            segments: Overlay::new(&state.segments),
            lists: Overlay::new(&state.lists),
            flags: Overlay::new(&state.flags),
            configurations: Overlay::new(&state.configurations),
            sdk_keys: Overlay::new(&state.sdk_keys),
            policies: Overlay::new(&state.policies),
        };
        Self { world, problems: Problems::default(), inputs, made: 0 }
    }

    /// The next random text of this command: 16 hexadecimal digits.
    pub(super) fn random(&mut self, purpose: &str) -> String {
        self.made += 1;
        let digest = Sha256::new()
            .chain_update(self.inputs.seed)
            .chain_update(purpose.as_bytes())
            .chain_update(self.made.to_be_bytes())
            .finalize();
        let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{first:016x}")
    }

    pub(super) fn environment(&self, key: &str) -> Result<Environment, Refusal> {
        let keys = || self.world.environments.iter().map(|(key, _)| key.as_str());
        self.world.environments.get(key).cloned().ok_or_else(|| not_found("environment", key, keys()))
    }
    pub(super) fn flag(&self, key: &str) -> Result<Arc<Flag>, Refusal> {
        let keys = || self.world.flags.iter().map(|(key, _)| key.as_str());
        self.world.flags.get(key).cloned().ok_or_else(|| not_found("flag", key, keys()))
    }
    pub(super) fn segment(&self, key: &str) -> Result<Arc<Segment>, Refusal> {
        let keys = || self.world.segments.iter().map(|(key, _)| key.as_str());
        self.world.segments.get(key).cloned().ok_or_else(|| not_found("segment", key, keys()))
    }

    pub(super) fn policy(&self, key: &str) -> Result<Arc<Policy>, Refusal> {
        let keys = || self.world.policies.iter().map(|(key, _)| key.as_str());
        self.world.policies.get(key).cloned().ok_or_else(|| not_found("policy", key, keys()))
    }

    /// The documents that differ, or why not.
    pub(super) fn finish(mut self) -> Result<Documents, Refusal> {
        if self.problems.is_empty() {
            self.compile_changed();
        }
        if !self.problems.is_empty() {
            let code = if self.problems.any_invalid() { RefusalCode::Invalid } else { RefusalCode::Conflict };
            return Err(Refusal { code, problems: self.problems.into_list() });
        }
        let world = &self.world;
        let mut documents = Documents::new();
        if world.project != world.state.project {
            documents.push((Kind::Project, world.project_key.clone(), world.project.as_ref().map(normal_form)));
        }
        let own = |key: &String| key.clone();
        collect(&mut documents, Kind::Environment, &world.environments, own, normal_form);
        collect(&mut documents, Kind::Segment, &world.segments, own, |segment| normal_form(&**segment));
        collect(&mut documents, Kind::SegmentList, &world.lists, own, |list| normal_form(&**list));
        collect(&mut documents, Kind::Flag, &world.flags, own, |flag| normal_form(&**flag));
        let pair = |(environment, flag): &(String, String)| configuration_key(environment, flag);
        collect(&mut documents, Kind::Configuration, &world.configurations, pair, |config| normal_form(&**config));
        collect(&mut documents, Kind::SdkKey, &world.sdk_keys, own, normal_form);
        collect(&mut documents, Kind::Policy, &world.policies, own, |policy| normal_form(&**policy));
        Ok(documents)
    }

    /// The validator is the compiler: what the evaluator refuses cannot be saved, whatever was checked before.
    fn compile_changed(&mut self) {
        let world = &self.world;
        let mut places: Vec<(String, String)> =
            world.configurations.changed().map(|(place, _)| place.clone()).collect();
        for (flag, _) in world.flags.changed() {
            places.extend(world.environments.iter().map(|(environment, _)| (environment.clone(), flag.clone())));
        }
        let segments: Vec<_> = world.segments.changed().filter_map(|(key, segment)| Some((key, segment?))).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() && segments.is_empty() {
            return;
        }
        let mut rulesets: BTreeMap<&str, Ruleset> = BTreeMap::new();
        let empty = |environment: &str| Ruleset {
            format: FORMAT,
            project: world.project_key.clone(),
            environment: environment.to_owned(),
            version: Version::default(),
            flags: BTreeMap::new(),
            segments: segments.iter().map(|(key, segment)| ((*key).clone(), raw(&segment_from(segment)))).collect(),
            lists: BTreeMap::new(),
        };
        if places.is_empty() {
            rulesets.insert("", empty(""));
        }
        for (environment, key) in &places {
            let Some(flag) = world.flags.get(key.as_str()).filter(|flag| !flag.archived) else { continue };
            let compiled = match world.configuration(environment, key) {
                Some(configuration) => flag_from(flag, configuration),
                None => flag_from(flag, &Configuration::off(flag)),
            };
            let ruleset = rulesets.entry(environment).or_insert_with(|| empty(environment));
            ruleset.flags.insert(key.clone(), raw(&compiled));
        }
        for (environment, ruleset) in &rulesets {
            let snapshot = Snapshot::compile(ruleset);
            for (key, segment) in &ruleset.segments {
                let alone = || Ruleset { segments: [(key.clone(), segment.clone())].into(), ..empty(environment) };
                if snapshot.segment_error(key).is_some()
                    && let Some(error) = Snapshot::compile(&alone()).segment_error(key)
                {
                    let message = format!("the evaluator refuses the segment {key:?}: {error}");
                    self.problems.add(&At::root(), codes::NOT_COMPILED, message);
                }
            }
            for (key, flag) in &ruleset.flags {
                // Circles among exact forms have an answer of their own; all other circles were looked for before.
                let alone = || Ruleset {
                    flags: [(key.clone(), flag.clone())].into(),
                    segments: BTreeMap::new(),
                    ..empty(environment)
                };
                if snapshot.compile_error(key).is_some()
                    && let Some(error) = Snapshot::compile(&alone()).compile_error(key)
                {
                    let message = format!("the evaluator refuses the flag {key:?} in {environment:?}: {error}");
                    self.problems.add(&At::root(), codes::NOT_COMPILED, message);
                }
            }
        }
    }
}

fn collect<K: Ord + Clone, V: PartialEq>(
    documents: &mut Documents,
    kind: Kind,
    overlay: &Overlay<'_, K, V>,
    key: impl Fn(&K) -> String,
    body: impl Fn(&V) -> Value,
) {
    documents.extend(overlay.changed().map(|(k, value)| (kind, key(k), value.map(&body))));
}

pub(super) fn not_found<'k>(what: &str, key: &str, keys: impl Iterator<Item = &'k str>) -> Refusal {
    let message = format!("there is no {what} {key:?}{}", did_you_mean(key, keys));
    let problem = Problem { pointer: String::new(), code: codes::NOT_FOUND, message };
    Refusal { code: RefusalCode::NotFound, problems: vec![problem] }
}

/// A document as JSON with a JSON Merge Patch (RFC 7396) applied.
pub(super) fn patched<T: Serialize>(document: &T, patch: &Value) -> Value {
    let mut value = normal_form(document);
    merge(&mut value, patch);
    value
}

pub(super) fn merge(target: &mut Value, patch: &Value) {
    let (Value::Object(members), true) = (patch, target.is_object()) else {
        *target = patch.clone();
        if let Value::Object(members) = target {
            members.retain(|_, value| !value.is_null());
            for value in members.values_mut() {
                let inner = value.clone();
                merge(value, &inner);
            }
        }
        return;
    };
    let Value::Object(map) = target else { return };
    for (name, value) in members {
        if value.is_null() {
            map.remove(name);
        } else {
            merge(map.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
