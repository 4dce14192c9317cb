//! Three-way merge of documents.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::reading::At;

/// A place at which both sides say something else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// JSON pointer (RFC 6901) into the document, with identities where lists have them: `/rules/r1/serve`.
    pub pointer: String,
    /// What it was; null when it was not there.
    pub base: Option<Value>,
    /// What they made of it; null when they removed it.
    pub theirs: Option<Value>,
    /// What we made of it; null when we removed it.
    pub ours: Option<Value>,
}

/// Members that mean something only as a whole: half of one serve and half of another serve nobody meant.
const WHOLE: [&str; 8] = ["if", "serve", "default", "off", "cycle", "value", "exact", "min_soak"];

/// Whose say counts at a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// [`Conflict::theirs`].
    Theirs,
    /// [`Conflict::ours`].
    Ours,
}

/// A merge on its way.
struct Merging<'c> {
    choose: &'c mut dyn FnMut(&Conflict) -> Option<Side>,
    conflicts: Vec<Conflict>,
}

/// Merges two documents that were made from one: what only one side changed is taken from it. Objects are merged member by
/// member; rules, variants, targets, prerequisites and freezes by what names them, with the order that either side gave
/// them; tags and other lists of different texts as sets; everything else is taken whole. The result has not been read: it
/// may be a document that `decide` refuses. Conflicts are in the order of their pointers.
pub fn merge(base: &Value, theirs: &Value, ours: &Value) -> Result<Value, Vec<Conflict>> {
    merge_choosing(base, theirs, ours, &mut |_| None)
}

/// The same, where somebody has chosen a side at some conflicts.
pub fn merge_choosing(
    base: &Value,
    theirs: &Value,
    ours: &Value,
    choose: &mut dyn FnMut(&Conflict) -> Option<Side>,
) -> Result<Value, Vec<Conflict>> {
    let mut merging = Merging { choose, conflicts: Vec::new() };
    let merged = three(&At::root(), "", [Some(base), Some(theirs), Some(ours)], &mut merging);
    let mut conflicts = merging.conflicts;
    if conflicts.is_empty() {
        return Ok(merged.unwrap_or_default());
    }
    conflicts.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    Err(conflicts)
}

/// Base, theirs, ours.
type Sides<'v> = [Option<&'v Value>; 3];

/// What becomes of the member `name`; on a conflict, anything.
fn three(at: &At, name: &str, sides: Sides<'_>, merging: &mut Merging<'_>) -> Option<Value> {
    let [base, theirs, ours] = sides;
    if theirs == ours || base == ours {
        return theirs.cloned();
    }
    if base == theirs {
        return ours.cloned();
    }
    if let [Some(base), Some(theirs), Some(ours)] = sides
        && !WHOLE.contains(&name)
    {
        match [base, theirs, ours] {
            [Value::Object(base), Value::Object(theirs), Value::Object(ours)] => {
                return Some(Value::Object(members(at, [base, theirs, ours], merging)));
            }
            [Value::Array(base), Value::Array(theirs), Value::Array(ours)] => {
                let lists = [base, theirs, ours].map(|list| identified(name, list));
                if let [Some(base), Some(theirs), Some(ours)] = &lists
                    && let Some(merged) = items(at, name, [base, theirs, ours], merging)
                {
                    return Some(Value::Array(merged));
                }
            }
            _ => {}
        }
    }
    let [base, theirs, ours] = sides.map(Option::<&Value>::cloned);
    let conflict = Conflict { pointer: at.clone().into_text(), base, theirs, ours };
    match (merging.choose)(&conflict) {
        Some(Side::Theirs) => conflict.theirs,
        Some(Side::Ours) => conflict.ours,
        None => {
            merging.conflicts.push(conflict);
            None
        }
    }
}

fn members(at: &At, sides: [&Map<String, Value>; 3], merging: &mut Merging<'_>) -> Map<String, Value> {
    let names: BTreeSet<&String> = sides.iter().flat_map(|side| side.keys()).collect();
    let merged = names.into_iter().filter_map(|name| {
        let value = three(&at.field(name), name, sides.map(|side| side.get(name)), merging)?;
        Some((name.clone(), value))
    });
    merged.collect()
}

/// Items of a list with what names each.
type Identified<'v> = Vec<(String, &'v Value)>;

/// What names the items of a list: a member of theirs, or, of texts and of a segment's rules, the item itself. `None` where
/// something has no name, or two have one.
fn identified<'v>(name: &str, list: &'v [Value]) -> Option<Identified<'v>> {
    let identity = |item: &Value| -> Option<String> {
        let text = |member: &str| item.get(member).and_then(Value::as_str).map(str::to_owned);
        match name {
            _ if item.is_string() => item.as_str().map(str::to_owned),
            "rules" if item.get("if").is_none() => Some(item.to_string()),
            "rules" => text("id").filter(|id| !id.is_empty()),
            "prerequisites" => text("flag"),
            "targets" => {
                let kind = text("context_kind").unwrap_or_else(|| "user".to_owned());
                text("variant").map(|variant| format!("{variant} {kind}"))
            }
            "freeze" => text("name"),
            "variants" | "flags" | "segments" | "environments" | "policies" => text("key"),
            _ => None,
        }
    };
    let all: Identified<'v> = list.iter().map(|item| Some((identity(item)?, item))).collect::<Option<_>>()?;
    let names: BTreeSet<&String> = all.iter().map(|(name, _)| name).collect();
    (names.len() == all.len()).then_some(all)
}

/// Lists whose order means something.
fn is_ordered(name: &str, item: &Value) -> bool {
    match name {
        "rules" => item.get("if").is_some(),
        "variants" => item.is_object(),
        _ => false,
    }
}

/// Merges lists of named items. `None` when both sides brought what was there into another order.
fn items(at: &At, name: &str, sides: [&Identified<'_>; 3], merging: &mut Merging<'_>) -> Option<Vec<Value>> {
    let maps = sides.map(|side| side.iter().map(|(id, item)| (id.as_str(), *item)).collect::<BTreeMap<_, _>>());
    let ids: BTreeSet<&str> = maps.iter().flat_map(|map| map.keys().copied()).collect();
    let before = merging.conflicts.len();
    let mut merged: BTreeMap<&str, Value> = BTreeMap::new();
    for id in ids {
        let [base, theirs, ours] = &maps;
        let found = [base.get(id).copied(), theirs.get(id).copied(), ours.get(id).copied()];
        if let Some(value) = three(&at.field(id), "", found, merging) {
            merged.insert(id, value);
        }
    }
    if merging.conflicts.len() > before {
        return Some(Vec::new());
    }
    let [base, theirs, ours] = sides.map(|side| side.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>());
    let stays = |id: &&str| maps.iter().all(|map| map.contains_key(*id));
    let [was, their_order, our_order] =
        [&base, &theirs, &ours].map(|side| side.iter().copied().filter(stays).collect::<Vec<_>>());
    let (main, other) = if their_order == was || their_order == our_order {
        (&ours, &theirs)
    } else if our_order == was || !merged.values().any(|item| is_ordered(name, item)) {
        (&theirs, &ours)
    } else {
        return None;
    };
    let mut order: Vec<&str> = main.iter().copied().filter(|id| merged.contains_key(id)).collect();
    // What only the other side has goes where it is there: after the same one before it.
    let mut last: Option<&str> = None;
    for id in other.iter().copied().filter(|id| merged.contains_key(id)) {
        if !order.contains(&id) {
            let place =
                last.and_then(|last| order.iter().position(|there| *there == last)).map_or(0, |index| index + 1);
            order.insert(place, id);
        }
        last = Some(id);
    }
    if order.iter().all(|id| merged.get(id).is_some_and(Value::is_string)) {
        let sorted = |side: &[&str]| side.is_sorted();
        if [&base, &theirs, &ours].iter().all(|side| sorted(side)) {
            order.sort_unstable();
        }
    }
    Some(order.into_iter().filter_map(|id| merged.remove(id)).collect())
}
