//! What flags serve in one environment, brought to another.

use std::sync::Arc;

use super::configuration::{check, write};
use super::draft::Draft;
use crate::allocation::settle_copy;
use crate::codes;
use crate::command::Refusal;
use crate::document::{Configuration, Flag};
use crate::reading::{At, did_you_mean};

/// Where the destination draws people already, those who are in stay in; elsewhere the same people are drawn as where it
/// comes from.
pub(super) fn promote(
    draft: &mut Draft<'_>,
    (from, to): (&str, &str),
    flags: Option<&[String]>,
    with_state: bool,
) -> Result<(), Refusal> {
    draft.environment(from)?;
    draft.environment(to)?;
    if from == to {
        let message = format!("it comes from {from:?}; name another environment");
        draft.problems.add(&At::root().field("from"), codes::DUPLICATE, message);
        return Ok(());
    }
    let chosen: Vec<(At, String)> = match flags {
        Some(keys) => {
            let at = At::root().field("flags");
            keys.iter().enumerate().map(|(index, key)| (at.index(index), key.clone())).collect()
        }
        // One that was never configured there says nothing about how it should be.
        None => draft
            .world
            .configurations
            .iter()
            .filter(|((environment, key), _)| environment == from && is_served(draft, key))
            .map(|((_, key), _)| (At::root(), key.clone()))
            .collect(),
    };
    let mut written = Vec::new();
    for (at, key) in chosen {
        if let Some(flag) = flag_at(draft, &at, &key) {
            bring(draft, (from, to), &key, &flag, with_state);
            written.push((at, key));
        }
    }
    // Only now are all of them there to need each other.
    for (at, key) in &written {
        check(draft, at, (to, key));
    }
    Ok(())
}

fn is_served(draft: &Draft<'_>, key: &str) -> bool {
    draft.world.flags.get(key).is_some_and(|flag| !flag.archived)
}

fn flag_at(draft: &mut Draft<'_>, at: &At, key: &str) -> Option<Arc<Flag>> {
    match draft.world.flags.get(key).cloned() {
        Some(flag) if flag.archived => {
            let message = format!("the flag {key:?} is archived; restore it before changing what it serves");
            draft.problems.conflict(at, codes::FLAG_ARCHIVED, message);
            None
        }
        Some(flag) => Some(flag),
        None => {
            let hint = did_you_mean(key, draft.world.flags.iter().map(|(key, _)| key.as_str()));
            draft.problems.add(at, codes::FLAG_MISSING, format!("there is no flag {key:?}{hint}"));
            None
        }
    }
}

fn bring(draft: &mut Draft<'_>, (from, to): (&str, &str), key: &str, flag: &Flag, with_state: bool) {
    let stored =
        |environment: &str| draft.world.configuration(environment, key).map(|stored| Configuration::clone(stored));
    let (source, target) = (stored(from), stored(to));
    let mut configuration = source.unwrap_or_else(|| Configuration::off(flag));
    if !with_state {
        configuration.on = target.as_ref().is_some_and(|target| target.on);
    }
    if target.is_none() && configuration == Configuration::off(flag) {
        return;
    }
    settle_copy(&mut configuration, target.as_ref());
    let before = draft.problems.len();
    write(draft, (to, key), configuration, before);
}
