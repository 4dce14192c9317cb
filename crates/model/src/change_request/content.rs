//! What a change request holds: growing it, pinning it, and telling whether the ground under it moved.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::document::{ChangeRequest, Dependency, Item, Schedule};
use crate::command::Documents;
use crate::configuration_key;
use crate::control::{Pinned, content_hash};
use crate::document::{Configuration, Kind, Segment, State};
use crate::plan::{stored_body, without_hash};
use crate::uses::{flags_of, segments_in, segments_of};

/// The state as it would be with the items. Revisions stay those of what is stored: they are what `If-Match` is about.
pub fn apply_to(state: &State, items: &[Item]) -> Result<State, serde_json::Error> {
    let mut next = state.clone();
    let bodies: Vec<Option<String>> = items.iter().map(|item| item.body.as_ref().map(Value::to_string)).collect();
    let documents =
        items.iter().zip(&bodies).map(|(item, body)| (item.kind.as_str(), item.key.as_str(), body.as_deref()));
    next.apply(0, documents)?;
    next.revisions.clone_from(&state.revisions);
    Ok(next)
}

/// The items with what a command left on top of them. What becomes as it was to begin with is left out.
pub fn grown(state: &State, items: &[Item], documents: &Documents) -> Vec<Item> {
    let mut all: BTreeMap<(Kind, String), Item> =
        items.iter().map(|item| ((item.kind, item.key.clone()), item.clone())).collect();
    for (kind, key, body) in documents {
        let place = (*kind, key.clone());
        let item = all.entry(place).or_insert_with(|| Item {
            kind: *kind,
            key: key.clone(),
            base_revision: state.revision(*kind, key).unwrap_or_default(),
            base: remembered(state, *kind, key),
            body: None,
        });
        item.body.clone_from(body);
    }
    all.into_values().filter(|item| item.base != item.body).collect()
}

/// What a change request remembers of a document.
pub(super) fn remembered(state: &State, kind: Kind, key: &str) -> Option<Value> {
    stored_body(state, kind, key).map(|body| without_hash(kind, body))
}

/// What the items refer to, directly and through others: the flags whose variants they serve, prerequisites, segments.
/// Fails when an item is no document.
pub fn depends(state: &State, items: &[Item]) -> Result<Vec<Dependency>, serde_json::Error> {
    let after = apply_to(state, items)?;
    let mut found = Found { after: &after, places: BTreeSet::new() };
    for item in items.iter().filter(|item| item.body.is_some()) {
        match item.kind {
            Kind::Configuration => {
                if let Some((environment, flag)) = item.key.split_once('/') {
                    found.configuration(environment, flag);
                }
            }
            Kind::Segment => found.segment(&item.key),
            Kind::SegmentList => found.segment(item.key.split('/').next().unwrap_or_default()),
            _ => {}
        }
    }
    let own: BTreeSet<(Kind, &str)> = items.iter().map(|item| (item.kind, item.key.as_str())).collect();
    let others = found.places.into_iter().filter(|(kind, key)| !own.contains(&(*kind, key.as_str())));
    Ok(others.map(|(kind, key)| Dependency { revision: served_revision(state, kind, &key), kind, key }).collect())
}

struct Found<'s> {
    after: &'s State,
    places: BTreeSet<(Kind, String)>,
}

impl Found<'_> {
    fn configuration(&mut self, environment: &str, flag: &str) {
        self.places.insert((Kind::Flag, flag.to_owned()));
        if !self.places.insert((Kind::Configuration, configuration_key(environment, flag))) {
            return;
        }
        let Some(configuration) = self.after.stored_configuration(environment, flag) else { return };
        let configuration: &Configuration = configuration;
        for segment in segments_in(configuration) {
            self.segment(segment);
        }
        for needed in flags_of(configuration) {
            self.configuration(environment, needed);
        }
    }

    fn segment(&mut self, key: &str) {
        if !self.places.insert((Kind::Segment, key.to_owned())) {
            return;
        }
        let Some(segment) = self.after.segments.get(key) else { return };
        let segment: &Segment = segment;
        for inner in segments_of(segment) {
            self.segment(inner);
        }
    }
}

/// Revision at which what a document serves was last written: a segment's lists are part of it.
fn served_revision(state: &State, kind: Kind, key: &str) -> u64 {
    let own = state.revision(kind, key).unwrap_or_default();
    let chunks = state.segments.get(key).filter(|_| kind == Kind::Segment);
    let chunks = chunks.into_iter().flat_map(|segment| segment.included.iter().chain(&segment.excluded));
    chunks.filter_map(|chunk| state.revision(Kind::SegmentList, chunk)).fold(own, u64::max)
}

/// Names what will be applied: the documents with what they replace, what they refer to, and when.
pub fn hash(items: &[Item], depends: &[Dependency], schedule: Option<&Schedule>) -> String {
    let pin = |item: &Item| Pinned {
        kind: item.kind,
        key: item.key.clone(),
        base: item.base_revision,
        body: item.body.clone(),
    };
    let pinned: Vec<Pinned> = items.iter().map(pin).collect();
    let when = schedule.map(|schedule| json!([schedule.local, schedule.zone, schedule.at, schedule.grace_seconds]));
    content_hash(&pinned, &json!({ "depends": depends, "when": when }))
}

/// Documents that are not as the request took them: what it replaces, and what it refers to.
pub fn moved(state: &State, request: &ChangeRequest) -> Vec<(Kind, String)> {
    let replaced = request
        .items
        .iter()
        .filter(|item| state.revision(item.kind, &item.key).unwrap_or_default() != item.base_revision)
        .map(|item| (item.kind, item.key.clone()));
    let referred = request
        .depends
        .iter()
        .filter(|dependency| served_revision(state, dependency.kind, &dependency.key) != dependency.revision)
        .map(|dependency| (dependency.kind, dependency.key.clone()));
    replaced.chain(referred).collect()
}

/// Bytes that the items take, both sides.
pub fn size(items: &[Item]) -> usize {
    let one = |value: &Option<Value>| value.as_ref().map_or(0, |value| value.to_string().len());
    items.iter().map(|item| item.key.len() + one(&item.base) + one(&item.body)).sum()
}
