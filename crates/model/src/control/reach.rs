//! What a change touches: the environments in which it may change what is served, and the flags in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command::Documents;
use crate::compile::{compile_segment, raw};
use crate::configuration_key;
use crate::document::{Configuration, Flag, Kind, State};
use crate::uses::{flags_of, segments_of, uses_segment};

/// (environment, flag).
pub(super) type Spot = (String, String);

/// A flag whose answers may change in an environment.
#[derive(Clone, Debug)]
pub(super) struct Touch {
    /// It is only turned off there, or asks one that is.
    pub(super) kill: bool,
    /// Its own documents or segments change; otherwise a flag that it asks does.
    pub(super) own: bool,
    /// By a segment alone: how many that reaches is not known.
    pub(super) segment: Option<String>,
    /// The document to point at.
    pub(super) kind: Kind,
    pub(super) key: String,
}

/// What a change touches.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) flags: BTreeMap<Spot, Touch>,
    /// Environments that go, or are not marked `production` any more: what held there holds no more.
    pub(super) weakened: BTreeSet<String>,
    /// Policies that are there and become others, or go.
    pub(super) policies: BTreeSet<String>,
}

/// The project as the documents leave it.
///
/// # Errors
/// A document is none that a project can hold. Nothing is known then of what the change touches, so it must not be made.
pub(super) fn after(state: &State, documents: &Documents) -> Result<State, serde_json::Error> {
    let mut after = state.clone();
    let texts: Vec<_> = documents
        .iter()
        .map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_ref().map(Value::to_string)))
        .collect();
    let rows = texts.iter().map(|(kind, key, body)| (*kind, *key, body.as_deref()));
    after.apply(0, rows)?;
    Ok(after)
}

/// What documents touch, on the way from one state to the other.
pub(super) fn reach(before: &State, after: &State, documents: &Documents) -> Reach {
    let mut reach = Reach::default();
    let mut segments: BTreeSet<String> = BTreeSet::new();
    for (kind, key, _) in documents {
        match kind {
            Kind::Configuration => {
                if let Some((environment, flag)) = key.split_once('/') {
                    let kill = is_kill(before, after, environment, flag);
                    let touch = Touch { kill, own: true, segment: None, kind: *kind, key: key.clone() };
                    reach.add(before, after, (environment, flag), touch);
                }
            }
            Kind::Flag if serves_differently(before.flags.get(key), after.flags.get(key)) => {
                let places = before.configurations.keys().chain(after.configurations.keys());
                let places: BTreeSet<&Spot> = places.filter(|(_, flag)| flag == key).collect();
                for (environment, flag) in places {
                    let touch = Touch { kill: false, own: true, segment: None, kind: *kind, key: key.clone() };
                    reach.add(before, after, (environment, flag), touch);
                }
            }
            Kind::Segment => {
                let text = |state: &State| compile_segment(state, key).map(|segment| raw(&segment).get().to_owned());
                if text(before) != text(after) {
                    segments.insert(key.clone());
                }
            }
            Kind::SegmentList => segments.extend(key.split('/').next().map(str::to_owned)),
            Kind::Environment => {
                let was = before.environments.get(key);
                let is = after.environments.get(key);
                if was.is_some_and(|was| is.is_none_or(|is| was.production && !is.production)) {
                    reach.weakened.insert(key.clone());
                }
            }
            Kind::Policy if before.policies.contains_key(key) => drop(reach.policies.insert(key.clone())),
            Kind::Project | Kind::Flag | Kind::SdkKey | Kind::Policy | Kind::ChangeRequest => {}
        }
    }
    for state in [before, after] {
        of_segments(&mut reach, (before, after), state, &segments);
    }
    for state in [before, after] {
        of_askers(&mut reach, (before, after), state);
    }
    reach
}

impl Reach {
    fn add(&mut self, before: &State, after: &State, (environment, flag): (&str, &str), touch: Touch) {
        let lives = |state: &State| {
            state.environments.contains_key(environment) && state.flags.get(flag).is_some_and(|flag| !flag.archived)
        };
        if !lives(before) && !lives(after) {
            return;
        }
        match self.flags.entry((environment.to_owned(), flag.to_owned())) {
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(touch)),
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let there = place.get_mut();
                // What a segment or another flag says means nothing to a flag that is only turned off.
                if !(there.kill && (touch.segment.is_some() || !touch.own)) {
                    there.kill &= touch.kill;
                }
                there.own |= touch.own;
                if touch.segment.is_none() && touch.own {
                    there.segment = None;
                }
            }
        }
    }
}

/// A flag's document changes what it serves: another value, other variants, gone or back.
fn serves_differently(before: Option<&std::sync::Arc<Flag>>, after: Option<&std::sync::Arc<Flag>>) -> bool {
    let values = |flag: &Flag| -> Vec<(String, Value)> {
        flag.variants.iter().map(|variant| (variant.key.clone(), variant.value.clone())).collect()
    };
    match (before, after) {
        (Some(before), Some(after)) => {
            before.archived != after.archived
                || before.salt != after.salt
                || before.value_type != after.value_type
                || values(before) != values(after)
        }
        (None, Some(_)) | (Some(_), None) => true,
        (None, None) => false,
    }
}

/// The flag is turned off there, and nothing else of it changes.
fn is_kill(before: &State, after: &State, environment: &str, flag: &str) -> bool {
    let (Some(was), Some(is)) =
        (before.stored_configuration(environment, flag), after.stored_configuration(environment, flag))
    else {
        return false;
    };
    let as_it_was = Configuration { on: true, ..Configuration::clone(is) };
    was.on && !is.on && **was == as_it_was && !serves_differently(before.flags.get(flag), after.flags.get(flag))
}

/// Flags that use these segments, directly or through others.
fn of_segments(reach: &mut Reach, (before, after): (&State, &State), state: &State, changed: &BTreeSet<String>) {
    if changed.is_empty() {
        return;
    }
    let mut all = changed.clone();
    loop {
        let more: Vec<String> = state
            .segments
            .iter()
            .filter(|(key, segment)| {
                !all.contains(*key) && segments_of(segment).iter().any(|inner| all.contains(*inner))
            })
            .map(|(key, _)| key.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    for ((environment, flag), configuration) in &state.configurations {
        let used = all.iter().find(|key| configuration.rules.iter().any(|rule| uses_segment(&rule.condition, key)));
        if let Some(used) = used {
            let key = if changed.contains(used) { used } else { changed.first().unwrap_or(used) };
            let touch =
                Touch { kill: false, own: true, segment: Some(key.clone()), kind: Kind::Segment, key: key.clone() };
            reach.add(before, after, (environment, flag), touch);
        }
    }
}

/// Flags that ask those that are touched, directly or through others.
fn of_askers(reach: &mut Reach, (before, after): (&State, &State), state: &State) {
    if reach.flags.is_empty() {
        return;
    }
    let mut asked_by: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for ((environment, flag), configuration) in &state.configurations {
        for asked in flags_of(configuration) {
            asked_by.entry((environment, asked)).or_default().push(flag);
        }
    }
    let mut waiting: Vec<Spot> = reach.flags.keys().cloned().collect();
    while let Some((environment, flag)) = waiting.pop() {
        let Some(kill) = reach.flags.get(&(environment.clone(), flag.clone())).map(|touch| touch.kill) else {
            continue;
        };
        for asker in asked_by.get(&(environment.as_str(), flag.as_str())).into_iter().flatten() {
            let spot = (environment.clone(), (*asker).to_owned());
            let known = reach.flags.get(&spot).map(|touch| touch.kill);
            let key = configuration_key(&environment, &flag);
            let touch = Touch { kill, own: false, segment: None, kind: Kind::Configuration, key };
            reach.add(before, after, (&environment, asker), touch);
            // Again where it is new, or no kill any more.
            if reach.flags.get(&spot).map(|touch| touch.kill) != known {
                waiting.push(spot);
            }
        }
    }
}
