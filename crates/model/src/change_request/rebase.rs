//! Three-way merge of a change request with the project as it is now.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::content::{apply_to, grown, remembered};
use super::document::Item;
use crate::command::{Command, Documents, Inputs, Refusal, decide};
use crate::control;
use crate::document::{Configuration, Kind, State};
use crate::normal_form;
use crate::plan::without_hash;

/// A place at which the request and the project say something else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// Kind of document.
    pub kind: Kind,
    /// Unique in the kind.
    pub key: String,
    /// Where in it (RFC 6901), with identities where lists have them; empty for the whole document.
    pub pointer: String,
    /// What the request was made from.
    pub base: Option<Value>,
    /// What the request says.
    pub request: Option<Value>,
    /// What is there now.
    pub current: Option<Value>,
}

/// Whose say counts at a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What the request says.
    Request,
    /// What is there now.
    Current,
}

/// Choices by kind, key and pointer.
pub type Choices = BTreeMap<(Kind, String, String), Side>;

/// What became of a merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Rebased {
    /// The items on the project as it is now; without those for which there is nothing left to do. Empty while there are conflicts.
    pub items: Vec<Item>,
    /// What somebody has to choose.
    pub conflicts: Vec<Conflict>,
    /// Places at which a choice was made and none is needed.
    pub needless: Vec<(Kind, String, String)>,
}

/// Merges the items with the state: what only one side changed is taken from it, lists of segments are merged key by key.
/// Refused when what comes out is no valid project.
pub fn rebase(state: &State, items: &[Item], choices: &Choices, inputs: &Inputs) -> Result<Rebased, Refusal> {
    let mut merging = Merging { state, choices, used: BTreeSet::new(), conflicts: Vec::new() };
    let mut documents = Documents::new();
    let gone: BTreeSet<&str> =
        items.iter().filter(|item| item.kind == Kind::Segment && item.body.is_none()).map(|i| i.key.as_str()).collect();
    for item in items.iter().filter(|item| item.kind != Kind::SegmentList) {
        let now = remembered(state, item.kind, &item.key);
        // Requests of before versions that left it out remember the hash of a key.
        let old = (item.kind == Kind::SdkKey)
            .then(|| Item { base: item.base.clone().map(|base| without_hash(item.kind, base)), ..item.clone() });
        if let Some(body) = merging.item(old.as_ref().unwrap_or(item), now.as_ref()) {
            documents.push((item.kind, item.key.clone(), body.left()));
        }
    }
    let needless = choices.keys().filter(|place| !merging.used.contains(*place)).cloned().collect();
    if !merging.conflicts.is_empty() {
        return Ok(Rebased { items: Vec::new(), conflicts: merging.conflicts, needless });
    }
    // Lists that are new come with their segment; others are edits of what is there.
    let (new, edits): (Vec<&Item>, Vec<&Item>) = items
        .iter()
        .filter(|item| item.kind == Kind::SegmentList && !gone.contains(segment_of(&item.key)))
        .partition(|item| !state.segments.contains_key(segment_of(&item.key)));
    documents.extend(new.into_iter().map(|item| (item.kind, item.key.clone(), item.body.clone())));
    let left = decide(state, &Command::RestoreDocuments { documents }, inputs)?;
    let mut merged = grown(state, &[], &left);
    for (key, body) in list_edits(&edits) {
        let Ok(next) = apply_to(state, &merged) else { continue };
        if !next.segments.contains_key(&key) {
            continue;
        }
        let left = decide(&next, &Command::EditSegmentLists { key, body }, inputs)?;
        merged = grown(state, &merged, &left);
    }
    Ok(Rebased { items: merged, conflicts: Vec::new(), needless })
}

/// What becomes of a document.
enum Becomes {
    Document(Value),
    Gone,
}

impl Becomes {
    fn of(body: Option<Value>) -> Self {
        body.map_or(Self::Gone, Self::Document)
    }

    /// As commands leave it.
    fn left(self) -> Option<Value> {
        match self {
            Self::Document(body) => Some(body),
            Self::Gone => None,
        }
    }
}

struct Merging<'c> {
    state: &'c State,
    choices: &'c Choices,
    used: BTreeSet<(Kind, String, String)>,
    conflicts: Vec<Conflict>,
}

impl Merging<'_> {
    /// What becomes of the document; `None`: there is nothing to do, or something to choose.
    fn item(&mut self, item: &Item, now: Option<&Value>) -> Option<Becomes> {
        if now == item.base.as_ref() {
            return Some(Becomes::of(item.body.clone()));
        }
        if now == item.body.as_ref() {
            return None;
        }
        let (Some(body), Some(now)) = (&item.body, now) else {
            return match self.whole(item, now)? {
                Side::Request => Some(Becomes::of(item.body.clone())),
                Side::Current => None,
            };
        };
        let base = item.base.clone().unwrap_or_else(|| unwritten(self.state, item));
        let lists = (now.get("included").cloned(), now.get("excluded").cloned());
        let [base, theirs, ours] = [base, now.clone(), body.clone()].map(|body| without_lists(item.kind, body));
        let (choices, used) = (self.choices, &mut self.used);
        let merged = control::merge_choosing(&base, &theirs, &ours, &mut |conflict| {
            let place = (item.kind, item.key.clone(), conflict.pointer.clone());
            let side = choices.get(&place)?;
            used.insert(place);
            Some(match side {
                Side::Request => control::Side::Ours,
                Side::Current => control::Side::Theirs,
            })
        });
        let mut merged = match merged {
            Ok(merged) => merged,
            Err(conflicts) => {
                self.conflicts.extend(conflicts.into_iter().map(|conflict| Conflict {
                    kind: item.kind,
                    key: item.key.clone(),
                    pointer: conflict.pointer,
                    base: conflict.base,
                    request: conflict.ours,
                    current: conflict.theirs,
                }));
                return None;
            }
        };
        if item.kind == Kind::Segment {
            for (name, list) in [("included", lists.0), ("excluded", lists.1)] {
                if let Some(list) = list {
                    merged[name] = list;
                }
            }
        }
        Some(Becomes::Document(merged))
    }

    /// Whose say counts where one side removed the document.
    fn whole(&mut self, item: &Item, now: Option<&Value>) -> Option<Side> {
        let place = (item.kind, item.key.clone(), String::new());
        if let Some(side) = self.choices.get(&place) {
            self.used.insert(place);
            return Some(*side);
        }
        let (kind, key, pointer) = place;
        let (base, request, current) = (item.base.clone(), item.body.clone(), now.cloned());
        self.conflicts.push(Conflict { kind, key, pointer, base, request, current });
        None
    }
}

/// What a document that was never written is like: a flag without a configuration is off.
fn unwritten(state: &State, item: &Item) -> Value {
    let flag = item.key.split_once('/').and_then(|(_, flag)| state.flags.get(flag));
    match flag.filter(|_| item.kind == Kind::Configuration) {
        Some(flag) => normal_form(&Configuration::off(flag)),
        None => Value::Object(Map::new()),
    }
}

/// The chunks of a list are how it is kept: its keys are merged, not the names of its chunks.
fn without_lists(kind: Kind, mut body: Value) -> Value {
    if let (Kind::Segment, Value::Object(members)) = (kind, &mut body) {
        members.remove("included");
        members.remove("excluded");
    }
    body
}

fn segment_of(chunk: &str) -> &str {
    chunk.split('/').next().unwrap_or_default()
}

/// Per segment, the keys that the request adds to its lists and removes from them.
fn list_edits(items: &[&Item]) -> BTreeMap<String, Value> {
    type Keys = BTreeSet<String>;
    let keys = |body: &Option<Value>| -> Keys {
        let list = body.as_ref().and_then(|body| body["keys"].as_array());
        list.into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect()
    };
    let mut lists: BTreeMap<(String, String), (Keys, Keys)> = BTreeMap::new();
    for item in items {
        let mut parts = item.key.split('/');
        let (Some(segment), Some(which)) = (parts.next(), parts.next()) else { continue };
        let (before, after) = lists.entry((segment.to_owned(), which.to_owned())).or_default();
        before.extend(keys(&item.base));
        after.extend(keys(&item.body));
    }
    let mut edits: BTreeMap<String, Value> = BTreeMap::new();
    for ((segment, which), (before, after)) in lists {
        let (add, remove): (Vec<_>, Vec<_>) =
            (after.difference(&before).collect(), before.difference(&after).collect());
        edits.entry(segment).or_insert_with(|| json!({}))[which] = json!({ "add": add, "remove": remove });
    }
    edits
}
