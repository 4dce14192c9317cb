//! A whole project brought in: environments, segments, flags, their configurations and policies, in one change. As an import,
//! everything is as the file says, salts and ranges too; applied, whoever is in a percentage here stays in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::configuration::{check, write};
use super::draft::Draft;
use super::flag::{check_free, report_needed};
use super::policy;
use super::project::{self, ENVIRONMENT, read_environment};
use super::references::needed_by;
use super::rule_ids::adopt;
use super::segment::{self, replace_lists};
use crate::allocation::settle_copy;
use crate::codes;
use crate::document::{Configuration, Flag, Segment};
use crate::reading::{self, At, Fields, FlagDefaults, did_you_mean};
use crate::uses::flags_of;
use crate::{export, limits};

const FLAG: [&str; 12] = [
    "key",
    "name",
    "description",
    "type",
    "variants",
    "tags",
    "owner",
    "permanent",
    "salt",
    "archived",
    "created_at",
    "environments",
];

/// Whose salts, rule ids and ranges count where both sides have them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Terms {
    /// Those of the file: people keep what they had where it came from.
    Import,
    /// Those of the project: people keep what they have here.
    Apply,
}

/// Brings a file in. `rest_goes`: also archive flags and delete segments that it does not hold, if it has a list of them
/// at all.
pub(super) fn import(draft: &mut Draft<'_>, body: &Value, terms: Terms, rest_goes: bool) {
    let known = ["format", "project", "environments", "segments", "flags", "policies"];
    let root = Fields::of(&mut draft.problems, &At::root(), body, &known);
    root.need(&mut draft.problems, "format");
    if let Some(format) = root.get("format").filter(|format| format.as_u64() != Some(export::FORMAT)) {
        let message = format!("format {format} is not known; this version reads format {}", export::FORMAT);
        draft.problems.add(&root.at.field("format"), codes::FORMAT_UNKNOWN, message);
    }
    if let Some(value) = root.get("project") {
        let at = root.at.field("project");
        match terms {
            // The key is where it came from; name and description stay those of the project it goes to.
            Terms::Import => drop(Fields::of(&mut draft.problems, &at, value, &["key", "name", "description"])),
            Terms::Apply => project::apply(draft, &at, value),
        }
    }
    environments(draft, &root);
    let segments = segments(draft, &root);
    let flags = flags(draft, &root, terms);
    let policies = policies(draft, &root);
    // A file without a list of them is not about them.
    if rest_goes && root.get("flags").is_some() {
        archive_others(draft, &flags);
    }
    if rest_goes && root.get("segments").is_some() {
        delete_others(draft, &segments);
    }
    if rest_goes && root.get("policies").is_some() {
        let others = draft.world.policies.iter().map(|(key, _)| key).filter(|key| !policies.contains(*key));
        for key in others.cloned().collect::<Vec<_>>() {
            draft.world.policies.remove(key);
        }
    }
}

/// Policies hold nothing up that comes with them: what holds is what was there before.
fn policies(draft: &mut Draft<'_>, root: &Fields<'_>) -> BTreeSet<String> {
    let at = root.at.field("policies");
    let mut seen = BTreeSet::new();
    let mut read = BTreeSet::new();
    for (index, item) in root.list(&mut draft.problems, "policies", limits::POLICIES).iter().enumerate() {
        let fields = Fields::of(&mut draft.problems, &at.index(index), item, &policy::BODY);
        let key = fields.key(&mut draft.problems, "key");
        if !once(draft, &fields, &key, &mut seen) {
            continue;
        }
        let current = draft.world.policies.get(key.as_str()).map(|policy| policy.created_at);
        if current.is_none() {
            policy::check_free(draft, &fields.at.field("key"), &key);
        }
        let created_at = current.unwrap_or(draft.inputs.now);
        let document = reading::policy(&mut draft.problems, &fields, &key, created_at);
        draft.world.policies.put(key.clone(), Arc::new(document));
        read.insert(key);
    }
    read
}

fn environments(draft: &mut Draft<'_>, root: &Fields<'_>) {
    let at = root.at.field("environments");
    let mut seen = BTreeSet::new();
    for (index, item) in root.list(&mut draft.problems, "environments", limits::ENVIRONMENTS).iter().enumerate() {
        let fields = Fields::of(&mut draft.problems, &at.index(index), item, &ENVIRONMENT);
        let key = fields.key(&mut draft.problems, "key");
        once(draft, &fields, &key, &mut seen);
        let environment = read_environment(draft, &fields, &key);
        let other =
            draft.world.environments.iter().find(|(other, _)| **other != key && other.eq_ignore_ascii_case(&key));
        if let Some((other, _)) = other {
            let message = format!("the environment {other:?} is there already (case does not count)");
            draft.problems.conflict(&fields.at.field("key"), codes::KEY_TAKEN, message);
        }
        draft.world.environments.put(key, environment);
    }
}

/// Reports a key that is there twice; false when it is.
fn once(draft: &mut Draft<'_>, fields: &Fields<'_>, key: &str, seen: &mut BTreeSet<String>) -> bool {
    let new = key.is_empty() || seen.insert(key.to_ascii_lowercase());
    if !new {
        let message = format!("{key:?} is there twice (case does not count)");
        draft.problems.add(&fields.at.field("key"), codes::DUPLICATE, message);
    }
    new
}

fn segments(draft: &mut Draft<'_>, root: &Fields<'_>) -> BTreeSet<String> {
    let at = root.at.field("segments");
    let mut read: Vec<(At, String, Segment)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, item) in root.list(&mut draft.problems, "segments", limits::SEGMENTS).iter().enumerate() {
        let fields = Fields::of(&mut draft.problems, &at.index(index), item, &segment::BODY);
        let key = fields.key(&mut draft.problems, "key");
        if !once(draft, &fields, &key, &mut seen) {
            continue;
        }
        let current = draft.world.segments.get(key.as_str());
        let created_at = current.map_or(draft.inputs.now, |segment| segment.created_at);
        let document = reading::segment(&mut draft.problems, &fields, &key, created_at);
        replace_lists(draft, &fields, &key);
        draft.world.segments.put(key.clone(), Arc::new(document.clone()));
        read.push((fields.at, key, document));
    }
    // Only now are all of them there to refer to.
    for (at, key, document) in &read {
        segment::write(draft, at, key, document.clone());
    }
    read.into_iter().map(|(_, key, _)| key).collect()
}

fn flags(draft: &mut Draft<'_>, root: &Fields<'_>, terms: Terms) -> BTreeSet<String> {
    let at = root.at.field("flags");
    let mut read = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, item) in root.list(&mut draft.problems, "flags", limits::FLAGS).iter().enumerate() {
        let fields = Fields::of(&mut draft.problems, &at.index(index), item, &FLAG);
        let key = fields.key(&mut draft.problems, "key");
        if !once(draft, &fields, &key, &mut seen) {
            continue;
        }
        let current = draft.world.flags.get(key.as_str()).cloned();
        let defaults = match &current {
            Some(flag) => FlagDefaults { salt: flag.salt.clone(), created_at: flag.created_at },
            None => FlagDefaults { salt: draft.random("salt"), created_at: draft.inputs.now },
        };
        let flag = reading::flag(&mut draft.problems, &fields, &key, defaults);
        match current {
            None => check_free(draft, &fields.at.field("key"), &key),
            Some(current) if current.value_type != flag.value_type => {
                let message = format!("the flag {key:?} is there already with another type, and a type never changes");
                draft.problems.conflict(&fields.at.field("type"), codes::FIELD_FIXED, message);
            }
            Some(current) if terms == Terms::Apply && current.salt != flag.salt => {
                let message = "the salt decides who is in a percentage, and the flag that is there has another one; leave it \
                               out to keep that one (`yardarm import` takes the file's)";
                draft.problems.conflict(&fields.at.field("salt"), codes::FIELD_FIXED, message);
            }
            Some(_) => {}
        }
        let flag = Arc::new(flag);
        draft.world.flags.put(key.clone(), Arc::clone(&flag));
        let environments = fields.get("environments").map(|value| (fields.at.field("environments"), value));
        read.push((key, flag, environments));
    }
    let mut written = Vec::new();
    for (key, _, environments) in &read {
        if let Some((at, value)) = environments {
            configurations(draft, at, key, value, terms, &mut written);
        }
    }
    // Only now are all of them there to need each other. What an archived flag refers to may have gone since, and is
    // looked at when it is restored.
    for (at, environment, key) in &written {
        if draft.world.flags.get(key.as_str()).is_some_and(|flag| !flag.archived) {
            check(draft, at, (environment, key));
        }
    }
    check_untouched(draft, &read.iter().map(|(key, _, _)| key.clone()).collect());
    read.into_iter().map(|(key, _, _)| key).collect()
}

fn configurations(
    draft: &mut Draft<'_>,
    at: &At,
    key: &str,
    value: &Value,
    terms: Terms,
    written: &mut Vec<(At, String, String)>,
) {
    let Some(map) = value.as_object() else {
        return reading::wrong_type(&mut draft.problems, at, "an object of environments", value);
    };
    for (environment, body) in map {
        let at = at.field(environment);
        if draft.world.environments.get(environment.as_str()).is_none() {
            let hint = did_you_mean(environment, draft.world.environments.iter().map(|(key, _)| key.as_str()));
            let message = format!("there is no environment {environment:?}{hint}");
            draft.problems.add(&at, codes::ENVIRONMENT_MISSING, message);
            continue;
        }
        let before = draft.problems.len();
        let mut configuration = reading::configuration(&mut draft.problems, &at, body);
        if terms == Terms::Apply && draft.problems.len() == before {
            keep_people(&mut configuration, draft.world.configuration(environment, key).map(|stored| &**stored));
        }
        write(draft, (environment, key), configuration, before);
        written.push((at, environment.clone(), key.to_owned()));
    }
}

/// Rules without an id are those of the project that they are like, and who is in a percentage stays in it.
fn keep_people(configuration: &mut Configuration, stored: Option<&Configuration>) {
    if let Some(stored) = stored {
        adopt(&mut configuration.rules, &stored.rules);
    }
    settle_copy(configuration, stored);
}

/// Configurations that the import does not bring must still fit the flags that it does.
fn check_untouched(draft: &mut Draft<'_>, imported: &BTreeSet<String>) {
    let world = &draft.world;
    let at = At::root().field("flags");
    for ((environment, key), configuration) in world.configurations.iter() {
        let written = world.configurations.is_written(&(environment.clone(), key.clone()));
        let concerned = imported.contains(key) || flags_of(configuration).iter().any(|flag| imported.contains(*flag));
        let Some(flag) = world.flags.get(key.as_str()).filter(|flag| !flag.archived) else { continue };
        if concerned && !written {
            super::references::check_configuration(
                world,
                &mut draft.problems,
                &at,
                (environment, key),
                flag,
                configuration,
            );
        }
    }
}

fn archive_others(draft: &mut Draft<'_>, kept: &BTreeSet<String>) {
    let others: Vec<_> = draft
        .world
        .flags
        .iter()
        .filter(|(key, flag)| !kept.contains(*key) && !flag.archived)
        .map(|(key, flag)| (key.clone(), Flag::clone(flag)))
        .collect();
    for (key, mut flag) in others.clone() {
        flag.archived = true;
        draft.world.flags.put(key, Arc::new(flag));
    }
    for (key, _) in others {
        let needed = needed_by(&draft.world, &key);
        report_needed(&mut draft.problems, &At::root().field("flags"), &key, &needed);
    }
}

fn delete_others(draft: &mut Draft<'_>, kept: &BTreeSet<String>) {
    let others: Vec<String> =
        draft.world.segments.iter().map(|(key, _)| key).filter(|key| !kept.contains(*key)).cloned().collect();
    for key in &others {
        draft.world.remove_segment(key);
    }
    for key in others {
        for place in segment::used_by(&draft.world, &key) {
            let message = format!("the segment {key:?} is not in the import but used by the {place}");
            draft.problems.conflict(&At::root().field("segments"), codes::SEGMENT_IN_USE, message);
        }
    }
}
