//! Puts documents back as they were: undo, and revert of one document.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::draft::Draft;
use super::flag::report_needed;
use super::references::{check_configuration, check_segment, needed_by};
use super::segment;
use crate::codes;
use crate::document::{Flag, Kind, Segment};
use crate::reading::{At, Problems};

pub(super) fn restore(draft: &mut Draft<'_>, documents: &[(Kind, String, Option<Value>)]) {
    let mut touched = Touched::default();
    for (index, (kind, key, body)) in documents.iter().enumerate() {
        let at = At::root().field("documents").index(index);
        if put_back(draft, &at, *kind, key, body.as_ref(), &mut touched).is_none() {
            let message = format!("the {kind} {key:?} is not one that can be put back");
            draft.problems.conflict(&at, codes::DOCUMENT_INVALID, message);
        }
    }
    settle_lists(draft, &touched);
    let mut found = Problems::default();
    check(draft, &touched, &mut found);
    // What is wrong is the present state, not the request.
    for problem in found.into_list() {
        draft.problems.conflict(&At::root().below(&problem.pointer), problem.code, problem.message);
    }
}

#[derive(Default)]
struct Touched {
    flags: BTreeSet<String>,
    segments: BTreeSet<String>,
    configurations: BTreeSet<(String, String)>,
}

fn put_back(
    draft: &mut Draft<'_>,
    at: &At,
    kind: Kind,
    key: &str,
    body: Option<&Value>,
    touched: &mut Touched,
) -> Option<()> {
    let world = &mut draft.world;
    let owned = key.to_owned();
    match (kind, body) {
        (Kind::Project, body) => world.project = Some(read(body?)?),
        (Kind::Environment, Some(body)) => world.environments.put(owned, read(body)?),
        (Kind::Environment, None) => super::project::delete_environment(draft, key).ok()?,
        (Kind::SdkKey, Some(body)) => {
            let mut sdk_key: crate::document::SdkKey = read(body)?;
            // A revoked key stays revoked, and one that ends still ends: undo must not open a door that was shut on purpose.
            sdk_key.revoked_at =
                world.sdk_keys.get(key).map_or(sdk_key.revoked_at, |now| now.revoked_at.or(sdk_key.revoked_at));
            sdk_key.expires_at =
                world.sdk_keys.get(key).map_or(sdk_key.expires_at, |now| now.expires_at.or(sdk_key.expires_at));
            if world.sdk_keys.get(key).is_none() {
                let message = format!("the SDK key {key:?} was removed and is not brought back; create a new one");
                draft.problems.conflict(at, codes::DOCUMENT_INVALID, message);
                return Some(());
            }
            world.sdk_keys.put(owned, sdk_key);
        }
        (Kind::Policy, Some(body)) => world.policies.put(owned, Arc::new(read(body)?)),
        (Kind::Policy, None) => world.policies.remove(owned),
        (Kind::SdkKey, None) => world.sdk_keys.remove(owned),
        (Kind::Flag, body) => {
            touched.flags.insert(owned.clone());
            if let Some(body) = body {
                world.flags.put(owned, Arc::new(read(body)?));
            } else if let Some(flag) = world.flags.get(key).cloned() {
                // Its key was given away and is never used again, so what was not there yet becomes archived.
                world.flags.put(owned, Arc::new(Flag { archived: true, ..Flag::clone(&flag) }));
            }
        }
        (Kind::Configuration, body) => {
            let (environment, flag) = key.split_once('/')?;
            let place = (environment.to_owned(), flag.to_owned());
            touched.configurations.insert(place.clone());
            match body {
                Some(body) => world.configurations.put(place, Arc::new(read(body)?)),
                None => world.configurations.remove(place),
            }
        }
        (Kind::Segment, body) => {
            touched.segments.insert(owned.clone());
            if let Some(body) = body {
                world.segments.put(owned, Arc::new(read(body)?));
            } else {
                world.remove_segment(key);
            }
        }
        // A change request is what happened to it: it is neither undone nor put back.
        (Kind::ChangeRequest, _) => return None,
        (Kind::SegmentList, body) => {
            touched.segments.insert(key.split_once('/')?.0.to_owned());
            match body {
                Some(body) => world.lists.put(owned, Arc::new(read(body)?)),
                None => world.lists.remove(owned),
            }
        }
    }
    Some(())
}

fn read<T: DeserializeOwned>(body: &Value) -> Option<T> {
    T::deserialize(body).ok()
}

/// A chunk that is put back alone may not fit the layout of now: the keys count, and are laid out again.
fn settle_lists(draft: &mut Draft<'_>, touched: &Touched) {
    for key in &touched.segments {
        let Some(current) = draft.world.segments.get(key.as_str()).cloned() else { continue };
        for which in ["included", "excluded"] {
            segment::lay_out(draft, key, which);
        }
        let mut found = Problems::default();
        std::mem::swap(&mut found, &mut draft.problems);
        segment::write(draft, &At::root(), key, Segment::clone(&current));
        draft.problems = found;
    }
}

fn check(draft: &Draft<'_>, touched: &Touched, found: &mut Problems) {
    let world = &draft.world;
    let at = |kind: Kind, key: &str| At::root().field(kind.as_str()).field(key);
    for key in &touched.segments {
        let place = at(Kind::Segment, key);
        if let Some(segment) = world.segments.get(key.as_str()) {
            check_segment(world, found, &place, key, segment);
            continue;
        }
        for used in segment::used_by(world, key) {
            let message = format!("the segment {key:?} is used by the {used}; remove that first");
            found.conflict(&place, codes::SEGMENT_IN_USE, message);
        }
        if world.lists.starting_with(&format!("{key}/")).next().is_some() {
            found.conflict(&place, codes::SEGMENT_MISSING, format!("there is no segment {key:?} for this list"));
        }
    }
    let mut places = touched.configurations.clone();
    for key in &touched.flags {
        let flag = world.flags.get(key.as_str());
        if flag.is_none_or(|flag| flag.archived) {
            report_needed(found, &at(Kind::Flag, key), key, &needed_by(world, key));
        }
        if flag.is_some() {
            let taken = world.flags.iter().any(|(other, _)| other != key && other.eq_ignore_ascii_case(key));
            if taken {
                found.conflict(&at(Kind::Flag, key), codes::KEY_TAKEN, format!("another flag has the key {key:?} now"));
            }
        }
        places.extend(world.configurations.iter().map(|(place, _)| place).filter(|place| place.1 == *key).cloned());
        places.extend(needed_by(world, key));
    }
    for (environment, key) in &places {
        let Some(configuration) = world.configuration(environment, key) else { continue };
        let at = at(Kind::Configuration, &crate::configuration_key(environment, key));
        if world.environments.get(environment.as_str()).is_none() {
            found.conflict(&at, codes::ENVIRONMENT_MISSING, format!("there is no environment {environment:?}"));
        }
        match world.flags.get(key.as_str()) {
            None => found.conflict(&at, codes::FLAG_MISSING, format!("there is no flag {key:?}")),
            // What an archived flag refers to is looked at when it is restored.
            Some(flag) if flag.archived => {}
            Some(flag) => check_configuration(world, found, &at, (environment, key), flag, configuration),
        }
    }
}
