//! What a flag serves in an environment.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, merge};
use super::references::check_configuration;
use crate::allocation::{settle, settle_copy};
use crate::command::{Problem, Refusal, RefusalCode};
use crate::document::{Configuration, Flag};
use crate::reading::{self, At, Fields};
use crate::{codes, normal_form};

pub(super) fn put(draft: &mut Draft<'_>, flag: &str, environment: &str, body: &Value) -> Result<(), Refusal> {
    flag_in(draft, flag, environment)?;
    let before = draft.problems.len();
    let mut configuration = reading::configuration(&mut draft.problems, &At::root(), body);
    // Whoever chooses another off variant means it, even when all else was sent back as it came.
    if let Some(stored) = draft.world.configuration(environment, flag)
        && stored.off == configuration.off
        && stored.off_variant != configuration.off_variant
    {
        configuration.off = None;
    }
    write(draft, (environment, flag), configuration, before);
    check(draft, &At::root(), (environment, flag));
    Ok(())
}

pub(super) fn update(draft: &mut Draft<'_>, flag: &str, environment: &str, patch: &Value) -> Result<(), Refusal> {
    let document = flag_in(draft, flag, environment)?;
    let before = draft.problems.len();
    let given = Fields::of(&mut draft.problems, &At::root(), patch, &reading::CONFIGURATION);
    let stored = draft.world.configuration(environment, flag);
    let mut body =
        normal_form(&stored.map_or_else(|| Configuration::off(&document), |stored| Configuration::clone(stored)));
    // A default of another shape takes the place of the old one: `{"default": {"variant": "on"}}` ends a rollout.
    if let Some(Value::Object(default)) = given.get("default")
        && let Some(Value::Object(old)) = body.get_mut("default")
        && default.values().any(|value| !value.is_null())
    {
        old.retain(|name, _| default.contains_key(name) && name != "exact");
    }
    // Exact forms are replaced, not merged, and another off variant takes the place of what was kept exactly.
    for name in ["off", "cycle"] {
        if given.get(name).is_some() {
            drop(body.as_object_mut().map(|body| body.remove(name)));
        }
    }
    if given.get("off_variant").is_some_and(|variant| *variant != body["off_variant"]) {
        drop(body.as_object_mut().map(|body| body.remove("off")));
    }
    if let (Some(Value::Object(buckets)), Some(Value::Object(old))) = (given.get("buckets"), body.get_mut("buckets")) {
        old.retain(|name, _| !buckets.contains_key(name));
    }
    merge(&mut body, patch);
    let configuration = if given.is_object() {
        reading::configuration(&mut draft.problems, &At::root(), &body)
    } else {
        Configuration::off(&document)
    };
    write(draft, (environment, flag), configuration, before);
    check(draft, &At::root(), (environment, flag));
    Ok(())
}

pub(super) fn copy(draft: &mut Draft<'_>, flag: &str, from: &str, to: &str) -> Result<(), Refusal> {
    let document = flag_in(draft, flag, from)?;
    draft.environment(to)?;
    let source = draft.world.configuration(from, flag);
    let mut configuration = source.map_or_else(|| Configuration::off(&document), |source| Configuration::clone(source));
    let before = draft.problems.len();
    settle_copy(&mut configuration, draft.world.configuration(to, flag).map(|stored| &**stored));
    write(draft, (to, flag), configuration, before);
    check(draft, &At::root(), (to, flag));
    Ok(())
}

fn flag_in(draft: &Draft<'_>, flag: &str, environment: &str) -> Result<Arc<Flag>, Refusal> {
    let document = draft.flag(flag)?;
    draft.environment(environment)?;
    if document.archived {
        let message = format!("the flag {flag:?} is archived; restore it before changing what it serves");
        let problem = Problem { pointer: String::new(), code: codes::FLAG_ARCHIVED, message };
        return Err(Refusal { code: RefusalCode::Conflict, problems: vec![problem] });
    }
    Ok(document)
}

/// Completes a configuration that was read, and writes it. `before`: problems there were before it was read.
pub(super) fn write(
    draft: &mut Draft<'_>,
    (environment, flag): (&str, &str),
    mut configuration: Configuration,
    before: usize,
) {
    for index in 0..configuration.rules.len() {
        while configuration.rules[index].id.is_empty() {
            let id = draft.random("rule").chars().take(8).collect::<String>();
            if configuration.rules.iter().all(|rule| rule.id != id) {
                configuration.rules[index].id = id;
            }
        }
    }
    for target in &mut configuration.targets {
        target.keys.sort_unstable();
    }
    if draft.problems.len() == before {
        settle(&mut configuration, draft.world.configuration(environment, flag).map(|stored| &**stored));
    }
    draft.world.configurations.put((environment.to_owned(), flag.to_owned()), Arc::new(configuration));
}

/// Checks what a configuration refers to.
pub(super) fn check(draft: &mut Draft<'_>, at: &At, (environment, key): (&str, &str)) {
    let world = &draft.world;
    if let (Some(flag), Some(configuration)) = (world.flags.get(key), world.configuration(environment, key)) {
        check_configuration(world, &mut draft.problems, at, (environment, key), flag, configuration);
    }
}
