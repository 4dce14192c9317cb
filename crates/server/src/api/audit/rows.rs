//! The log as rows, an object in each, for programs and spreadsheets that know no lists.
//!
//! A change of one object is one row. One of several is a row of its own, the parent, and a row for each of them.

use serde::Serialize;
use yardarm_store::chain::{Entry, EntryDocument};

use crate::auth::AuditLog;

/// A row of an export.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    /// Of the row: the entry's, or an object's in it.
    pub(super) id: String,
    /// Of the entry that this object is part of; none in a row that is an entry.
    pub(super) parent: Option<String>,
    /// RFC 3339, UTC.
    pub(super) time: String,
    pub(super) project: Option<&'a str>,
    pub(super) scope: &'a str,
    pub(super) rev: u64,
    pub(super) actor: &'a str,
    /// None when it was redacted, as the reason.
    pub(super) actor_name: Option<&'a str>,
    pub(super) via: &'a str,
    pub(super) action: &'a str,
    pub(super) reason: Option<&'a str>,
    /// How many objects the entry has.
    pub(super) objects: usize,
    /// Of the object; none in a parent.
    pub(super) kind: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    /// The change removed it.
    pub(super) removed: Option<bool>,
    pub(super) trace_id: &'a str,
    /// Of the entry; in a row below a parent, the salted one of what the object became, which the entry's is made over.
    pub(super) hash: Option<&'a str>,
    /// To go on from, in the last row of an entry.
    pub(super) cursor: Option<&'a str>,
}

/// `prj_…:42`: an entry of a log.
pub(super) fn entry_id(scope: &str, rev: u64) -> String {
    format!("{scope}:{rev}")
}

/// `prj_…:42/flag/new-checkout`: an object in it.
pub(super) fn object_id(entry: &str, kind: &str, key: &str) -> String {
    format!("{entry}/{kind}/{key}")
}

/// The rows of an entry.
pub(super) fn rows<'a>(log: &'a AuditLog, entry: &'a Entry, cursor: &'a str) -> Vec<Row<'a>> {
    let id = entry_id(&entry.scope_id, entry.rev);
    let row = |id: String| Row {
        id,
        parent: None,
        time: jiff::Timestamp::from_millisecond(entry.at).map(|at| at.to_string()).unwrap_or_default(),
        project: log.project.as_deref(),
        scope: &entry.scope_id,
        rev: entry.rev,
        actor: &entry.actor,
        actor_name: entry.actor_name.text.as_deref(),
        via: &entry.via,
        action: &entry.action,
        reason: entry.reason.text.as_deref(),
        objects: entry.documents.len(),
        kind: None,
        key: None,
        removed: None,
        trace_id: &entry.trace_id,
        hash: Some(&entry.hash),
        cursor: None,
    };
    let of = |document: &'a EntryDocument, row: Row<'a>| Row {
        kind: Some(&document.kind),
        key: Some(&document.key),
        removed: Some(document.body.is_none()),
        ..row
    };
    let part = |document: &'a EntryDocument| {
        let hash = document.body.as_ref().map(|body| body.hash.as_str());
        of(document, Row { parent: Some(id.clone()), hash, ..row(object_id(&id, &document.kind, &document.key)) })
    };
    let mut rows = match entry.documents.as_slice() {
        [only] => vec![of(only, row(id.clone()))],
        several => std::iter::once(row(id.clone())).chain(several.iter().map(part)).collect(),
    };
    if let Some(last) = rows.last_mut() {
        last.cursor = Some(cursor);
    }
    rows
}
