//! Segments and their lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, World, patched};
use super::references::check_segment;
use crate::command::Refusal;
use crate::document::{Segment, SegmentList};
use crate::reading::{self, At, Fields};
use crate::uses::{SegmentUse, uses_segment};
use crate::{chunks, codes, limits, normal_form};

pub(super) const BODY: [&str; 9] =
    ["key", "name", "description", "context_kind", "rules", "included", "excluded", "buckets", "created_at"];

pub(super) fn create(draft: &mut Draft<'_>, body: &Value) {
    let known: Vec<&str> = BODY.into_iter().filter(|name| *name != "created_at").collect();
    let fields = Fields::of(&mut draft.problems, &At::root(), body, &known);
    let key = fields.key(&mut draft.problems, "key");
    let taken = draft.world.segments.iter().map(|(key, _)| key).find(|taken| taken.eq_ignore_ascii_case(&key));
    if let Some(taken) = taken {
        let message = format!("the segment {taken:?} is there already (case does not count)");
        draft.problems.conflict(&fields.at.field("key"), codes::KEY_TAKEN, message);
    }
    if draft.world.segments.len() >= limits::SEGMENTS {
        let message = format!("a project has at most {} segments", limits::SEGMENTS);
        draft.problems.conflict(&At::root(), codes::TOO_MANY, message);
    }
    let segment = reading::segment(&mut draft.problems, &fields, &key, draft.inputs.now);
    replace_lists(draft, &fields, &key);
    write(draft, &At::root(), &key, segment);
}

pub(super) fn update(draft: &mut Draft<'_>, key: &str, patch: &Value) -> Result<(), Refusal> {
    let current = draft.segment(key)?;
    let at = At::root();
    let given = Fields::of(&mut draft.problems, &at, patch, &BODY);
    let mut stored = normal_form(&*current);
    stored["key"] = key.into();
    for name in ["key", "context_kind", "created_at"] {
        if given.get_or_null(name).is_some_and(|value| *value != stored[name]) {
            let message = format!("{name} is fixed; create another segment");
            draft.problems.add(&at.field(name), codes::FIELD_FIXED, message);
        }
    }
    let merged = patched(&*current, patch);
    let segment = reading::segment(&mut draft.problems, &Fields::unchecked(&at, &merged), key, current.created_at);
    for which in ["included", "excluded"] {
        if given.get_or_null(which).is_some_and(Value::is_null) {
            edit(draft, key, which, BTreeSet::new(), all_keys(&draft.world, key, which));
        }
    }
    replace_lists(draft, &given, key);
    write(draft, &at, key, segment);
    Ok(())
}

/// Writes a segment with the chunks it has now, and checks what it refers to.
pub(super) fn write(draft: &mut Draft<'_>, at: &At, key: &str, mut segment: Segment) {
    segment.included = chunk_keys(&draft.world, key, "included");
    segment.excluded = chunk_keys(&draft.world, key, "excluded");
    let segment = Arc::new(segment);
    draft.world.segments.put(key.to_owned(), Arc::clone(&segment));
    check_segment(&draft.world, &mut draft.problems, at, key, &segment);
}

/// Sets the lists that a body brings.
pub(super) fn replace_lists(draft: &mut Draft<'_>, fields: &Fields<'_>, key: &str) {
    for which in ["included", "excluded"] {
        let Some(value) = fields.get(which) else { continue };
        let wanted = reading::keys(&mut draft.problems, &fields.at.field(which), value, limits::LIST_KEYS);
        let gone = all_keys(&draft.world, key, which).into_iter().filter(|key| !wanted.contains(key)).collect();
        edit(draft, key, which, wanted, gone);
    }
}

pub(super) fn edit_lists(draft: &mut Draft<'_>, key: &str, body: &Value) -> Result<(), Refusal> {
    let current = draft.segment(key)?;
    let fields = Fields::of(&mut draft.problems, &At::root(), body, &["included", "excluded"]);
    for which in ["included", "excluded"] {
        let Some(value) = fields.get(which) else { continue };
        let edits = Fields::of(&mut draft.problems, &fields.at.field(which), value, &["add", "remove"]);
        let mut read = |name: &str| {
            let value = edits.get(name)?;
            Some(reading::keys(&mut draft.problems, &edits.at.field(name), value, limits::LIST_EDIT))
        };
        let (add, remove) = (read("add").unwrap_or_default(), read("remove").unwrap_or_default());
        for both in add.intersection(&remove).take(10) {
            let message = format!("{both:?} is both added and removed");
            draft.problems.add(&edits.at, codes::DUPLICATE, message);
        }
        edit(draft, key, which, add, remove.into_iter().collect());
    }
    for which in ["included", "excluded"] {
        let count: usize = stored_chunks(&draft.world, key, which).values().map(|keys| keys.len()).sum();
        if count > limits::LIST_KEYS {
            let message = format!("the list would have {count} keys; at most {} are allowed", limits::LIST_KEYS);
            draft.problems.conflict(&fields.at.field(which), codes::TOO_MANY, message);
        }
    }
    write(draft, &At::root(), key, Segment::clone(&*current));
    Ok(())
}

fn edit(draft: &mut Draft<'_>, segment: &str, which: &str, add: BTreeSet<String>, remove: Vec<String>) {
    let changes = chunks::edit(&stored_chunks(&draft.world, segment, which), add, remove);
    for (path, keys) in changes {
        let document = chunks::document_key(segment, which, &path);
        match keys {
            Some(keys) => draft.world.lists.put(document, Arc::new(SegmentList { keys })),
            None => draft.world.lists.remove(document),
        }
    }
}

/// Document keys of a list's chunks, in order.
fn chunk_keys(world: &World<'_>, segment: &str, which: &str) -> Vec<String> {
    stored_chunks(world, segment, which).keys().map(|path| chunks::document_key(segment, which, path)).collect()
}

fn stored_chunks<'w>(world: &'w World<'_>, segment: &str, which: &str) -> BTreeMap<&'w str, &'w [String]> {
    let prefix = format!("{segment}/{which}/");
    let lists = world.lists.starting_with(&prefix);
    lists.map(|(key, list)| (chunks::path(key), list.keys.as_slice())).collect()
}

fn all_keys(world: &World<'_>, segment: &str, which: &str) -> Vec<String> {
    stored_chunks(world, segment, which).values().flat_map(|keys| keys.iter().cloned()).collect()
}

pub(super) fn delete(draft: &mut Draft<'_>, key: &str) -> Result<(), Refusal> {
    draft.segment(key)?;
    for place in used_by(&draft.world, key) {
        let message = format!("the segment {key:?} is used by the {place}; remove that first");
        draft.problems.conflict(&At::root(), codes::SEGMENT_IN_USE, message);
    }
    draft.world.remove_segment(key);
    Ok(())
}

pub(super) fn used_by(world: &World<'_>, segment: &str) -> Vec<SegmentUse> {
    let flags = world.configurations.iter().filter(|((_, key), config)| {
        config.rules.iter().any(|rule| uses_segment(&rule.condition, segment))
            && world.flags.get(key.as_str()).is_some_and(|flag| !flag.archived)
    });
    let flags =
        flags.map(|((environment, flag), _)| SegmentUse::Flag { flag: flag.clone(), environment: environment.clone() });
    let others = world
        .segments
        .iter()
        .filter(|(key, other)| key.as_str() != segment && other.rules.iter().any(|rule| uses_segment(rule, segment)));
    flags.chain(others.map(|(key, _)| SegmentUse::Segment { segment: key.clone() })).collect()
}

/// Lays the keys of a list out again, whatever chunks they are in.
pub(super) fn lay_out(draft: &mut Draft<'_>, segment: &str, which: &str) {
    let stored = stored_chunks(&draft.world, segment, which);
    let keys: BTreeSet<String> = stored.values().flat_map(|keys| keys.iter().cloned()).collect();
    let fresh = chunks::edit(&BTreeMap::new(), keys, []);
    let gone: Vec<String> = stored
        .keys()
        .filter(|path| !fresh.contains_key(**path))
        .map(|path| chunks::document_key(segment, which, path))
        .collect();
    for document in gone {
        draft.world.lists.remove(document);
    }
    for (path, keys) in fresh {
        let list = SegmentList { keys: keys.unwrap_or_default() };
        draft.world.lists.put(chunks::document_key(segment, which, &path), Arc::new(list));
    }
}
