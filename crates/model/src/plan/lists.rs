//! What comes into a segment's lists and leaves them.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::command::Documents;
use crate::document::{Kind, State};

/// Keys told by name, of those that come and of those that leave.
const SHOWN: usize = 10;

/// A list that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListChange {
    /// `included` or `excluded`.
    pub list: &'static str,
    /// How many keys come.
    pub added: usize,
    /// How many keys leave.
    pub removed: usize,
    /// The first that come.
    pub first_added: Vec<String>,
    /// The first that leave.
    pub first_removed: Vec<String>,
}

/// The lists of a segment that change. A key that only moves to another chunk neither comes nor leaves.
pub(super) fn changes(state: &State, documents: &Documents, segment: &str) -> Vec<ListChange> {
    ["included", "excluded"].into_iter().filter_map(|list| change(state, documents, segment, list)).collect()
}

fn change(state: &State, documents: &Documents, segment: &str, list: &'static str) -> Option<ListChange> {
    let prefix = format!("{segment}/{list}/");
    let (mut before, mut after): (BTreeSet<&str>, BTreeSet<&str>) = (BTreeSet::new(), BTreeSet::new());
    for (_, key, body) in
        documents.iter().filter(|(kind, key, _)| *kind == Kind::SegmentList && key.starts_with(&prefix))
    {
        before.extend(state.lists.get(key).into_iter().flat_map(|chunk| chunk.keys.iter().map(String::as_str)));
        let keys = body.as_ref().and_then(|body| body["keys"].as_array());
        after.extend(keys.into_iter().flatten().filter_map(Value::as_str));
    }
    let first = |from: &BTreeSet<&str>, than: &BTreeSet<&str>| -> (usize, Vec<String>) {
        let others: Vec<&&str> = from.difference(than).collect();
        (others.len(), others.iter().take(SHOWN).map(|key| (**key).to_owned()).collect())
    };
    let ((added, first_added), (removed, first_removed)) = (first(&after, &before), first(&before, &after));
    (added + removed > 0).then_some(ListChange { list, added, removed, first_added, first_removed })
}
