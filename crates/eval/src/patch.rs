//! Differences between rulesets.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::ruleset::{Patch, Ruleset};

/// What leads from one ruleset to another; equal texts are no change.
pub(crate) fn diff(old: &Ruleset, new: &Ruleset) -> Patch {
    Patch {
        from: old.version.clone(),
        to: new.version.clone(),
        flags: changes(&old.flags, &new.flags, |a, b| a.get() == b.get()),
        segments: changes(&old.segments, &new.segments, |a, b| a.get() == b.get()),
        lists: changes(&old.lists, &new.lists, PartialEq::eq),
    }
}

fn changes<T: Clone>(
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
    same: impl Fn(&T, &T) -> bool,
) -> BTreeMap<String, Option<T>> {
    let removed = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), None));
    let changed = new
        .iter()
        .filter(|(key, item)| !old.get(*key).is_some_and(|before| same(before, item)))
        .map(|(key, item)| (key.clone(), Some(item.clone())));
    removed.chain(changed).collect()
}

/// Puts a patch's changes in; `false`, and nothing done, when it starts from another version.
pub(crate) fn patched<R: Borrow<RawValue>>(ruleset: &mut Ruleset, patch: &Patch<R>) -> bool {
    if ruleset.version != patch.from {
        return false;
    }
    let owned = |raw: &R| raw.borrow().to_owned();
    put(&mut ruleset.flags, &patch.flags, owned);
    put(&mut ruleset.segments, &patch.segments, owned);
    put(&mut ruleset.lists, &patch.lists, Clone::clone);
    ruleset.version = patch.to.clone();
    true
}

fn put<C, T>(items: &mut BTreeMap<String, T>, changes: &BTreeMap<String, Option<C>>, owned: impl Fn(&C) -> T) {
    for (key, item) in changes {
        match item {
            Some(item) => items.insert(key.clone(), owned(item)),
            None => items.remove(key),
        };
    }
}
