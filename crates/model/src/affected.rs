//! What a change means for each environment, so that only that is compiled and sent again.

use std::collections::{BTreeMap, BTreeSet};

use yardarm_eval::ruleset::{Patch, Version};

use crate::compile::{compile_flag, compile_segment, raw};
use crate::document::{Kind, State};

/// Keys to recompile in one environment. Whether they exist afterwards, the state says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recompile {
    /// Flag keys.
    pub flags: BTreeSet<String>,
    /// Segment keys.
    pub segments: BTreeSet<String>,
    /// Chunk keys.
    pub lists: BTreeSet<String>,
}

impl Recompile {
    /// Nothing to do.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty() && self.segments.is_empty() && self.lists.is_empty()
    }
}

/// What a change concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// Environments that were there before and still are, each with what to recompile (perhaps nothing).
    pub environments: BTreeMap<String, Recompile>,
    /// Environments that are new: compile them whole.
    pub added: BTreeSet<String>,
    /// Environments that are gone.
    pub removed: BTreeSet<String>,
}

/// What a change of these documents (kind, key) concerns. A flag's compiled form depends on its own document and its
/// configuration, a segment's on its own document, and nothing else.
pub fn affected<'a>(before: &State, after: &State, changed: impl IntoIterator<Item = (Kind, &'a str)>) -> Affected {
    let mut affected = Affected {
        environments: after
            .environments
            .keys()
            .filter(|key| before.environments.contains_key(*key))
            .map(|key| (key.clone(), Recompile::default()))
            .collect(),
        added: after.environments.keys().filter(|key| !before.environments.contains_key(*key)).cloned().collect(),
        removed: before.environments.keys().filter(|key| !after.environments.contains_key(*key)).cloned().collect(),
    };
    for (kind, key) in changed {
        let everywhere = affected.environments.values_mut();
        match kind {
            Kind::Flag => everywhere.for_each(|todo| todo.flags.extend([key.to_owned()])),
            Kind::Segment => everywhere.for_each(|todo| todo.segments.extend([key.to_owned()])),
            Kind::SegmentList => everywhere.for_each(|todo| todo.lists.extend([key.to_owned()])),
            Kind::Configuration => {
                if let Some((environment, flag)) = key.split_once('/')
                    && let Some(todo) = affected.environments.get_mut(environment)
                {
                    todo.flags.insert(flag.to_owned());
                }
            }
            Kind::Project | Kind::Environment | Kind::SdkKey | Kind::Policy | Kind::ChangeRequest => {}
        }
    }
    affected
}

/// The patch of one environment: what is to be recompiled, where it really comes out different.
pub fn patch(
    before: &State,
    after: &State,
    environment: &str,
    todo: &Recompile,
    from: &Version,
    to: &Version,
) -> Patch {
    let mut patch = Patch {
        from: from.clone(),
        to: to.clone(),
        flags: BTreeMap::new(),
        segments: BTreeMap::new(),
        lists: BTreeMap::new(),
    };
    for key in &todo.flags {
        let old = compile_flag(before, environment, key).map(|flag| raw(&flag));
        let new = compile_flag(after, environment, key).map(|flag| raw(&flag));
        if old.as_ref().map(|raw| raw.get()) != new.as_ref().map(|raw| raw.get()) {
            patch.flags.insert(key.clone(), new);
        }
    }
    for key in &todo.segments {
        let old = compile_segment(before, key).map(|segment| raw(&segment));
        let new = compile_segment(after, key).map(|segment| raw(&segment));
        if old.as_ref().map(|raw| raw.get()) != new.as_ref().map(|raw| raw.get()) {
            patch.segments.insert(key.clone(), new);
        }
    }
    for key in &todo.lists {
        let (old, new) = (before.lists.get(key), after.lists.get(key));
        if old != new {
            patch.lists.insert(key.clone(), new.map(|list| list.keys.clone()));
        }
    }
    patch
}
