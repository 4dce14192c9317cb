//! Flags.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, patched};
use super::references::{check_configuration, needed_by};
use crate::command::Refusal;
use crate::document::Flag;
use crate::exact::computes;
use crate::reading::{self, At, Fields, FlagDefaults, Problems};
use crate::uses::{asks_for, variants_of};
use crate::{codes, limits, normal_form};

const CREATE: [&str; 9] = ["key", "name", "description", "type", "variants", "tags", "owner", "permanent", "salt"];
const FIXED: [(&str, &str); 5] = [
    ("key", "a flag's key never changes; create another flag"),
    ("type", "a flag's type never changes; create another flag"),
    ("salt", "the salt decides who is in a rollout and never changes"),
    ("archived", "archive and restore are actions of their own"),
    ("created_at", "it is when the flag was made"),
];

pub(super) fn create(draft: &mut Draft<'_>, body: &Value) {
    let fields = Fields::of(&mut draft.problems, &At::root(), body, &CREATE);
    let key = fields.key(&mut draft.problems, "key");
    check_free(draft, &fields.at.field("key"), &key);
    if draft.world.flags.len() >= limits::FLAGS {
        let message = format!("a project has at most {} flags, archived ones included", limits::FLAGS);
        draft.problems.conflict(&At::root(), codes::TOO_MANY, message);
    }
    let defaults = FlagDefaults { salt: draft.random("salt"), created_at: draft.inputs.now };
    let flag = reading::flag(&mut draft.problems, &fields, &key, defaults);
    draft.world.flags.put(key, Arc::new(flag));
}

/// Keys are unique without regard to case, and an archived flag keeps its key for ever.
pub(super) fn check_free(draft: &mut Draft<'_>, at: &At, key: &str) {
    let taken = draft.world.flags.iter().find(|(taken, _)| taken.eq_ignore_ascii_case(key));
    let Some((taken, flag)) = taken else { return };
    if flag.archived {
        let message = format!(
            "the key {taken:?} belongs to an archived flag and is never reused; restore that flag or take another key"
        );
        draft.problems.conflict(at, codes::KEY_ARCHIVED, message);
    } else {
        draft.problems.conflict(
            at,
            codes::KEY_TAKEN,
            format!("the flag {taken:?} is there already (case does not count)"),
        );
    }
}

pub(super) fn update(draft: &mut Draft<'_>, key: &str, patch: &Value) -> Result<(), Refusal> {
    let current = draft.flag(key)?;
    let at = At::root();
    let known: Vec<&str> = CREATE.into_iter().chain(["archived", "created_at"]).collect();
    let given = Fields::of(&mut draft.problems, &at, patch, &known);
    let mut stored = normal_form(&*current);
    stored["key"] = key.into();
    for (name, why) in FIXED {
        if given.get_or_null(name).is_some_and(|value| *value != stored[name]) {
            draft.problems.add(&at.field(name), codes::FIELD_FIXED, format!("{name} is fixed: {why}"));
        }
    }
    let merged = patched(&*current, patch);
    let defaults = FlagDefaults { salt: current.salt.clone(), created_at: current.created_at };
    let mut flag = reading::flag(&mut draft.problems, &Fields::unchecked(&at, &merged), key, defaults);
    // A patch that may not change them was refused above; their placeholders must not get through either.
    flag.value_type = current.value_type;
    flag.archived = current.archived;
    check_removed_variants(draft, key, &current, &flag);
    draft.world.flags.put(key.to_owned(), Arc::new(flag));
    Ok(())
}

/// A variant that is served or needed in some environment cannot go.
fn check_removed_variants(draft: &mut Draft<'_>, key: &str, before: &Flag, after: &Flag) {
    let at = At::root().field("variants");
    let kept = |variant: &str| after.variants.iter().any(|kept| kept.key == variant);
    let mut found = Vec::new();
    for variant in before.variants.iter().map(|variant| variant.key.as_str()).filter(|variant| !kept(variant)) {
        for ((environment, other), configuration) in draft.world.configurations.iter() {
            let serves = || variants_of(configuration).iter().any(|(_, used)| *used == variant);
            if other == key && (serves() || computes(configuration, variant)) {
                found.push(format!("{variant:?} is still served in {environment}; change that first"));
            }
            if asks_for(configuration, key, variant) {
                found.push(format!("{variant:?} is needed by the flag {other:?} in {environment}"));
            }
        }
    }
    for message in found {
        draft.problems.conflict(&at, codes::VARIANT_IN_USE, message);
    }
}

pub(super) fn archive(draft: &mut Draft<'_>, key: &str) -> Result<(), Refusal> {
    let mut flag = Flag::clone(&*draft.flag(key)?);
    flag.archived = true;
    let needed = needed_by(&draft.world, key);
    report_needed(&mut draft.problems, &At::root(), key, &needed);
    draft.world.flags.put(key.to_owned(), Arc::new(flag));
    Ok(())
}

pub(super) fn report_needed(problems: &mut Problems, at: &At, key: &str, needed: &[(String, String)]) {
    for (environment, other) in needed {
        let message = format!("the flag {other:?} needs {key:?} in {environment}; remove that prerequisite first");
        problems.conflict(at, codes::FLAG_NEEDED, message);
    }
}

pub(super) fn restore(draft: &mut Draft<'_>, key: &str) -> Result<(), Refusal> {
    let mut flag = Flag::clone(&*draft.flag(key)?);
    flag.archived = false;
    draft.world.flags.put(key.to_owned(), Arc::new(flag.clone()));
    // While it was archived, what it refers to may have gone.
    let mut found = Problems::default();
    let mine = draft.world.configurations.iter().filter(|((_, other), _)| other == key);
    for ((environment, _), configuration) in mine {
        let at = At::root().field("environments").field(environment);
        check_configuration(&draft.world, &mut found, &at, (environment, key), &flag, configuration);
    }
    for problem in found.into_list() {
        draft.problems.conflict(&At::root().below(&problem.pointer), problem.code, problem.message);
    }
    Ok(())
}
