//! The compiled ruleset: immutable, shared, replaced whole; a patch makes the next one from what changed.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::Answer;
use crate::compile::{compile_flag, compile_segment, read_flag, thoroughly};
use crate::compiled::{CompiledFlag, CompiledSegment, Reference};
use crate::context::Context;
use crate::evaluate::{Evaluation, Silent, Tables};
use crate::explain::{Explanation, Recorder};
use crate::json::Cursor;
use crate::references::{Changed, Entangled, entangled_after};
use crate::ruleset::{ErrorCode, Patch, Ruleset, ValueType, Version};
use crate::tables::{Positions, Shared, Symbols, Table};
use crate::texts::TextTable;

/// A compiled ruleset: immutable, cheap to clone, safe to share.
#[derive(Clone, Debug)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    version: Version,
    flags: Table<CompiledFlag>,
    segments: Table<CompiledSegment>,
    lists: Table<TextTable>,
    entangled: Arc<Entangled>,
}

/// A flag in a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct FlagRef<'s> {
    /// Its key.
    pub key: &'s str,
    /// Its position, below [`Snapshot::positions`]: an index for counters. It stays the same while patches are applied,
    /// until the flag is removed.
    pub index: u32,
    /// Type of its values (`None` when the flag could not be compiled).
    pub value_type: Option<ValueType>,
}

impl Snapshot {
    /// Compiles everything. Never fails: a flag that cannot be compiled answers [`ErrorCode::ParseError`].
    pub fn compile<R: Borrow<RawValue>>(ruleset: &Ruleset<R>) -> Self {
        let flags = ruleset.flags.iter().map(|(key, raw)| (key.as_str(), Some(raw.borrow().get())));
        let segments = ruleset.segments.iter().map(|(key, raw)| (key.as_str(), Some(raw.borrow().get())));
        let lists = ruleset.lists.iter().map(|(key, list)| (key.as_str(), Some(table_of(list)))).collect();
        Self::empty().compiled(ruleset.version.clone(), flags, segments, lists)
    }

    /// Reads and compiles a [`Ruleset`], for who needs nothing else of it: faster than one after the other. What it answers
    /// is the same; positions can differ.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        if let Some(snapshot) = Self::from_usual_json(text) {
            return Ok(snapshot);
        }
        serde_json::from_str(text).map(|ruleset: Ruleset<&RawValue>| Self::compile(&ruleset))
    }

    /// In one pass, if it is written as the server writes it. `None` does not say that it is not a ruleset.
    fn from_usual_json(text: &str) -> Option<Self> {
        let empty = Self::empty();
        let mut symbols = empty.symbols();
        let (version, items) = read_usual(text, &mut symbols)?;
        Some(empty.changed(version, symbols, items))
    }

    fn empty() -> Self {
        Self {
            inner: Arc::new(Inner {
                version: Version::default(),
                flags: Table::default(),
                segments: Table::default(),
                lists: Table::default(),
                entangled: Arc::default(),
            }),
        }
    }

    /// Compiles what a patch changes and shares the rest; `None` when the patch does not start from this version.
    pub fn apply<R: Borrow<RawValue>>(&self, patch: &Patch<R>) -> Option<Self> {
        if patch.from != self.inner.version {
            return None;
        }
        let flags = patch.flags.iter().map(|(key, raw)| (key.as_str(), raw.as_ref().map(|raw| raw.borrow().get())));
        let segments =
            patch.segments.iter().map(|(key, raw)| (key.as_str(), raw.as_ref().map(|raw| raw.borrow().get())));
        let lists =
            patch.lists.iter().map(|(key, list)| (key.as_str(), list.as_ref().map(|list| table_of(list)))).collect();
        Some(self.compiled(patch.to.clone(), flags, segments, lists))
    }

    fn compiled<'w>(
        &self,
        version: Version,
        changed_flags: impl Iterator<Item = (&'w str, Option<&'w str>)> + Clone,
        changed_segments: impl Iterator<Item = (&'w str, Option<&'w str>)> + Clone,
        changed_lists: Vec<(&'w str, Option<TextTable>)>,
    ) -> Self {
        let Inner { flags, segments, lists, .. } = &*self.inner;
        let names_are_new = changed_flags.clone().any(|(key, _)| flags.names.position(key).is_none())
            || changed_segments.clone().any(|(key, _)| segments.names.position(key).is_none())
            || changed_lists.iter().any(|(key, _)| lists.names.position(key).is_none());
        let mut symbols = if names_are_new { self.symbols_with_reuse() } else { self.symbols() };

        // Names first, so that flags get positions in key order and no reference takes one of theirs.
        let flag_positions: Vec<u32> = changed_flags.clone().map(|(key, _)| symbols.flags.position(key)).collect();
        let items = Items {
            flags: flag_positions
                .into_iter()
                .zip(changed_flags)
                .map(|(at, (key, text))| (at, text.map(|text| Arc::new(compile_flag(key, text, &mut symbols)))))
                .collect(),
            segments: changed_segments
                .map(|(key, text)| {
                    (symbols.segments.position(key), text.map(|text| Arc::new(compile_segment(text, &mut symbols))))
                })
                .collect(),
            lists: changed_lists
                .into_iter()
                .map(|(key, table)| (symbols.lists.position(key), table.map(Arc::new)))
                .collect(),
        };
        self.changed(version, symbols, items)
    }

    fn changed(&self, version: Version, symbols: Symbols<'_>, items: Items) -> Self {
        let Inner { flags, segments, lists, .. } = &*self.inner;
        let Items { flags: flag_items, segments: segment_items, lists: list_items } = items;
        let references_changed = flag_items.iter().any(|(at, new)| {
            references(flags.get(*at).map(|old| &*old.references), new.as_ref().map(|new| &*new.references))
        }) || segment_items.iter().any(|(at, new)| {
            references(segments.get(*at).map(|old| &*old.references), new.as_ref().map(|new| &*new.references))
        });

        let changed_flag_positions: Vec<u32> = flag_items.iter().map(|(at, _)| *at).collect();
        let changed_segment_positions: Vec<u32> = segment_items.iter().map(|(at, _)| *at).collect();
        let (old_flags, old_segments) = (flags, segments);
        let (mut flags, mut segments, mut lists) = (flags.clone(), segments.clone(), lists.clone());
        flags.change(symbols.flags, flag_items);
        segments.change(symbols.segments, segment_items);
        lists.change(symbols.lists, list_items);
        let entangled = if references_changed {
            let changed = Changed { flags: &changed_flag_positions, segments: &changed_segment_positions };
            let before = &self.inner.entangled;
            Arc::new(entangled_after(before, (old_flags, old_segments), (&flags, &segments), &changed))
        } else {
            Arc::clone(&self.inner.entangled)
        };
        Self { inner: Arc::new(Inner { version, flags, segments, lists, entangled }) }
    }

    fn symbols<'w>(&self) -> Symbols<'w> {
        Symbols {
            shared: Shared::default(),
            flags: Positions::new(&self.inner.flags.names, Vec::new()),
            segments: Positions::new(&self.inner.segments.names, Vec::new()),
            lists: Positions::new(&self.inner.lists.names, Vec::new()),
        }
    }

    /// Positions that hold nothing and that nothing refers to may be given to new names.
    fn symbols_with_reuse<'w>(&self) -> Symbols<'w> {
        let Inner { flags, segments, lists, .. } = &*self.inner;
        let mut used =
            (vec![false; flags.positions()], vec![false; segments.positions()], vec![false; lists.positions()]);
        let flag_references = flags.items().map(|(_, flag)| &flag.references);
        let segment_references = segments.items().map(|(_, segment)| &segment.references);
        for reference in flag_references.chain(segment_references).flatten() {
            let (used, at) = match reference {
                Reference::Flag(at) => (&mut used.0, at),
                Reference::Segment(at) => (&mut used.1, at),
                Reference::List(at) => (&mut used.2, at),
            };
            if let Some(used) = used.get_mut(*at as usize) {
                *used = true;
            }
        }
        Symbols {
            shared: Shared::default(),
            flags: Positions::new(&flags.names, free(flags, &used.0)),
            segments: Positions::new(&segments.names, free(segments, &used.1)),
            lists: Positions::new(&lists.names, free(lists, &used.2)),
        }
    }

    /// The version it is of.
    pub fn version(&self) -> &Version {
        &self.inner.version
    }

    /// Number of flags.
    pub fn len(&self) -> usize {
        self.inner.flags.order.len()
    }

    /// Whether there are no flags.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One past the largest [`FlagRef::index`]: the length of an array of counters. Removed flags leave gaps that later
    /// ones fill.
    pub fn positions(&self) -> usize {
        self.inner.flags.positions()
    }

    /// Flag keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.inner.flags.order.iter().map(|at| self.inner.flags.names.name(*at))
    }

    /// A flag, for repeated use with this snapshot.
    pub fn flag(&self, key: &str) -> Option<FlagRef<'_>> {
        let at = self.inner.flags.names.position(key)?;
        self.inner.flags.get(at).map(|flag| self.flag_ref(at, flag))
    }

    #[inline]
    fn flag_ref<'s>(&'s self, at: u32, flag: &'s CompiledFlag) -> FlagRef<'s> {
        let value_type = flag.body.as_ref().ok().map(|body| body.value_type);
        FlagRef { key: self.inner.flags.names.name(at), index: at, value_type }
    }

    /// Why a flag could not be compiled, if it could not.
    pub fn compile_error(&self, key: &str) -> Option<&str> {
        let at = self.inner.flags.names.position(key)?;
        let flag = self.inner.flags.get(at)?;
        flag.body.as_ref().err().map(String::as_str).or_else(|| Some(&*self.inner.entangled.flag(at)?.text))
    }

    /// Why a segment could not be compiled, if it could not. Flags that ask for it answer [`ErrorCode::ParseError`].
    pub fn segment_error(&self, key: &str) -> Option<&str> {
        let at = self.inner.segments.names.position(key)?;
        let segment = self.inner.segments.get(at)?;
        segment.body.as_ref().err().map(String::as_str).or_else(|| Some(&*self.inner.entangled.segment(at)?.text))
    }

    /// Evaluates one flag. No allocation, no lock, no clock. `now_ms`: milliseconds since 1970.
    #[inline]
    pub fn evaluate<'s>(&'s self, key: &str, context: &Context<'_>, now_ms: i64) -> Answer<'s> {
        match self.inner.flags.names.position(key) {
            Some(at) => self.evaluate_at(at, context, now_ms),
            None => Answer::error(ErrorCode::FlagNotFound),
        }
    }

    /// Evaluates the flag at [`FlagRef::index`]: no look-up by name.
    #[inline]
    pub fn evaluate_at<'s>(&'s self, index: u32, context: &Context<'_>, now_ms: i64) -> Answer<'s> {
        Evaluation::new(self.tables(), context, now_ms, Silent).flag(index)
    }

    /// Evaluates every flag in key order.
    #[inline]
    pub fn evaluate_all<'s>(
        &'s self,
        context: &Context<'_>,
        now_ms: i64,
        mut visit: impl FnMut(FlagRef<'s>, &Answer<'s>),
    ) {
        for at in &*self.inner.flags.order {
            if let Some(flag) = self.inner.flags.get(*at) {
                let answer = Evaluation::new(self.tables(), context, now_ms, Silent).answer(*at, flag);
                visit(self.flag_ref(*at, flag), &answer);
            }
        }
    }

    /// Evaluates one flag and says why, step by step (allocates).
    pub fn explain(&self, key: &str, context: &Context<'_>, now_ms: i64) -> Explanation {
        let mut evaluation = Evaluation::new(self.tables(), context, now_ms, Recorder::new());
        let answer = match self.inner.flags.names.position(key) {
            Some(at) => evaluation.flag(at),
            None => Answer::error(ErrorCode::FlagNotFound),
        };
        Explanation {
            flag: key.to_owned(),
            value: answer.value.cloned(),
            variant: answer.variant.map(str::to_owned),
            reason: answer.reason,
            rule: answer.rule.map(str::to_owned),
            error: answer.error,
            steps: evaluation.observer.steps,
        }
    }

    #[inline]
    fn tables(&self) -> Tables<'_> {
        let Inner { flags, segments, lists, entangled, .. } = &*self.inner;
        Tables { flags, segments, lists, entangled }
    }
}

/// What changes, by position; nothing takes something away.
#[derive(Default)]
struct Items {
    flags: Vec<Item<CompiledFlag>>,
    segments: Vec<Item<CompiledSegment>>,
    lists: Vec<Item<TextTable>>,
}

type Item<T> = (u32, Option<Arc<T>>);

/// A ruleset in one pass.
fn read_usual<'w>(text: &'w str, symbols: &mut Symbols<'w>) -> Option<(Version, Items)> {
    let mut items = Items::default();
    let (mut format, mut project, mut environment, mut version) = (None, None, None, None);
    let mut seen = BTreeSet::new();
    let mut cursor = Cursor::new(text);
    cursor.members(|name, at| {
        if !seen.insert(name) {
            return None;
        }
        match name {
            "format" => format = Some(u32::try_from(at.number()?).ok()?),
            "project" => project = Some(at.text()?),
            "environment" => environment = Some(at.text()?),
            "version" => version = Some(serde_json::from_str(at.value()?).ok()?),
            "flags" => by_key(at, |key, at| {
                let position = symbols.flags.position(key);
                let start = *at;
                let flag = read_flag(key, at, symbols).or_else(|| {
                    *at = start;
                    let text = at.value()?;
                    let flag = thoroughly(key, text, symbols);
                    (flag.body.is_ok() || is_json(text)).then_some(flag)
                })?;
                items.flags.push((position, Some(Arc::new(flag))));
                Some(())
            })?,
            "segments" => by_key(at, |key, at| {
                let text = at.value()?;
                let segment = compile_segment(text, symbols);
                let usable = segment.body.is_ok() || is_json(text);
                items.segments.push((symbols.segments.position(key), Some(Arc::new(segment))));
                usable.then_some(())
            })?,
            "lists" => by_key(at, |key, at| {
                items.lists.push((symbols.lists.position(key), Some(Arc::new(read_table(at)?))));
                Some(())
            })?,
            _ => return is_json(at.value()?).then_some(()),
        }
        Some(())
    })?;
    cursor.end()?;
    (format.is_some() && project.is_some() && environment.is_some()).then_some(())?;
    Some((version?, items))
}

/// Where something was not understood nobody has looked whether it is JSON at all.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// In key order, or not at all: the order of a map.
fn by_key<'w>(at: &mut Cursor<'w>, mut read: impl FnMut(&'w str, &mut Cursor<'w>) -> Option<()>) -> Option<()> {
    let mut last = None;
    at.members(|key, at| {
        if last.replace(key).is_some_and(|last| last >= key) {
            return None;
        }
        read(key, at)
    })
}

fn read_table(at: &mut Cursor<'_>) -> Option<TextTable> {
    let mut keys = Vec::new();
    at.elements(|at| {
        keys.push((at.text()?, 0));
        Some(())
    })?;
    Some(TextTable::new(keys.iter().copied()))
}

fn table_of(keys: &[String]) -> TextTable {
    TextTable::new(keys.iter().map(|key| (key.as_str(), 0)))
}

/// Whether an item refers to other things than before (lists cannot be part of a cycle, but are rare to change alone).
fn references(old: Option<&[Reference]>, new: Option<&[Reference]>) -> bool {
    old.unwrap_or_default() != new.unwrap_or_default()
}

fn free<T>(table: &Table<T>, used: &[bool]) -> Vec<u32> {
    (0..).zip(used).filter(|(at, used)| !**used && table.get(*at).is_none()).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ruleset(rev: u64, flags: &[&str]) -> Ruleset {
        let flag = json!({"on": false, "type": "boolean", "variants": {"off": false}, "off": {"serve": {"variant": "off"}},
            "default": {"serve": {"variant": "off"}}});
        let flags: serde_json::Map<_, _> = flags.iter().map(|key| ((*key).to_owned(), flag.clone())).collect();
        let json = json!({"format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": rev}, "flags": flags});
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn a_patch_shares_what_it_does_not_change() {
        let (old, mut new) = (ruleset(1, &["a", "b", "c"]), ruleset(2, &["a", "b", "c"]));
        let on = new.flags["b"].get().replace("\"on\":false", "\"on\":true");
        new.flags.insert("b".to_owned(), serde_json::from_str(&on).unwrap());
        let before = Snapshot::compile(&old);
        let after = before.apply(&crate::ruleset::diff(&old, &new)).unwrap();
        for (key, same) in [("a", true), ("b", false), ("c", true)] {
            let (a, b) = (before.flag(key).unwrap().index, after.flag(key).unwrap().index);
            assert_eq!(a, b, "{key} keeps its position");
            let (a, b) = (before.inner.flags.get(a).unwrap(), after.inner.flags.get(b).unwrap());
            assert_eq!(std::ptr::eq(a, b), same, "{key}");
        }
        assert!(Arc::ptr_eq(&before.inner.flags.names, &after.inner.flags.names), "no name came or went");
        assert!(Arc::ptr_eq(&before.inner.entangled, &after.inner.entangled), "no reference changed");
    }

    /// `links[n]`: flag n refers to flag n + 1, the last one to the first.
    fn chain(rev: u64, links: &[bool]) -> Ruleset {
        let key = |at: usize| format!("flag-{:02}", at % links.len());
        let flags: serde_json::Map<_, _> = links
            .iter()
            .enumerate()
            .map(|(at, linked)| {
                let next = json!({"flag": {"key": key(at + 1), "variants": ["off"]}});
                let condition = if *linked { next } else { json!({"const": true}) };
                let rules = json!([{"id": "r", "if": condition, "serve": {"variant": "off"}}]);
                let flag = json!({"on": true, "type": "boolean", "variants": {"off": false}, "rules": rules,
                    "off": {"serve": {"variant": "off"}}, "default": {"serve": {"variant": "off"}}});
                (key(at), flag)
            })
            .collect();
        let json = json!({"format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": rev}, "flags": flags});
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn chains_that_patches_make_are_found_as_in_the_whole() {
        const LENGTH: usize = crate::limits::MAX_REFERENCE_DEPTH as usize + 2;
        let errors = |snapshot: &Snapshot| -> Vec<_> {
            snapshot.keys().map(|key| snapshot.evaluate(key, &Context::new(), 0).error).collect()
        };
        let mut links = vec![false; LENGTH];
        let mut old = chain(1, &links);
        let mut snapshot = Snapshot::compile(&old);
        let mut seen = Vec::new();
        // Every other link first, so that a link joins two chains; then the circle is closed and opened again.
        let order = (0..LENGTH).step_by(2).chain((1..LENGTH).step_by(2)).chain([0, 0, 9, 9]);
        for (rev, at) in (2..).zip(order) {
            links[at] = !links[at];
            let new = chain(rev, &links);
            snapshot = snapshot.apply(&crate::ruleset::diff(&old, &new)).unwrap();
            assert_eq!(errors(&snapshot), errors(&Snapshot::compile(&new)), "link {at}");
            seen.push(errors(&snapshot).iter().flatten().count());
            old = new;
        }
        assert!(seen.contains(&0) && seen.contains(&LENGTH), "{seen:?}");
        assert!(seen.iter().any(|errors| (1..LENGTH).contains(errors)), "{seen:?}");
    }

    #[test]
    fn flags_that_come_and_go_take_no_room_for_ever() {
        let mut old = ruleset(1, &["stays", "flag-1"]);
        let mut snapshot = Snapshot::compile(&old);
        for rev in 2..200 {
            let key = format!("flag-{rev}");
            let new = ruleset(rev, &["stays", &key]);
            snapshot = snapshot.apply(&crate::ruleset::diff(&old, &new)).unwrap();
            assert_eq!(snapshot.keys().collect::<Vec<_>>(), [key.as_str(), "stays"]);
            assert_eq!(snapshot.evaluate(&key, &Context::new(), 0).variant, Some("off"));
            assert!(snapshot.flag("flag-1").is_none());
            assert!(snapshot.positions() <= 4, "{} positions for 2 flags", snapshot.positions());
            old = new;
        }
    }
}
