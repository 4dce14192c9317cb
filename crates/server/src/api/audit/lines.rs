//! The lines of an NDJSON export, which `crates/verify` reads with code of its own.

use serde::Serialize;
use yardarm_store::chain::{Entry, Salted};
use yardarm_store::{BaseDocument, SigningKey};

use super::rows::Row;
use crate::auth::AuditLog;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Export { format: u32, tenant: &'a str, at: i64, complete: bool, keys: Vec<Key<'a>> },
    Log { scope: &'a str, project: Option<&'a str>, pruned: u64 },
    Base { scope: &'a str, kind: &'a str, key: &'a str, rev: u64, body: &'a Salted },
    Entry(EntryLine<'a>),
    End {},
}

#[derive(Serialize)]
struct Key<'a> {
    id: &'a str,
    public: &'a str,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    scope: &'a str,
    project: Option<&'a str>,
    rev: u64,
    at: i64,
    actor: &'a str,
    actor_name: &'a Salted,
    via: &'a str,
    action: &'a str,
    reason: &'a Salted,
    trace_id: &'a str,
    documents: Vec<DocumentLine<'a>>,
    prev_hash: &'a str,
    hash: &'a str,
    cursor: &'a str,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    kind: &'a str,
    key: &'a str,
    body: Option<&'a Salted>,
}

fn text(line: &impl Serialize) -> String {
    let mut text = serde_json::to_string(line).expect("strings and integers always serialise");
    text.push('\n');
    text
}

/// The first one.
pub(super) fn export(tenant: &str, at: i64, complete: bool, keys: &[SigningKey]) -> String {
    let keys = keys.iter().map(|key| Key { id: &key.id, public: &key.public }).collect();
    text(&Line::Export { format: 1, tenant, at, complete, keys })
}

/// The entries of this log follow.
pub(super) fn log(log: &AuditLog, pruned: u64) -> String {
    text(&Line::Log { scope: &log.id, project: log.project.as_deref(), pruned })
}

/// A document that lived at the prune mark.
pub(super) fn base(log: &AuditLog, document: &BaseDocument) -> String {
    let BaseDocument { kind, key, rev, body } = document;
    text(&Line::Base { scope: &log.id, kind, key, rev: *rev, body })
}

/// A change.
pub(super) fn entry(log: &AuditLog, entry: &Entry, cursor: &str) -> String {
    let documents = entry.documents.iter();
    text(&Line::Entry(EntryLine {
        scope: &entry.scope_id,
        project: log.project.as_deref(),
        rev: entry.rev,
        at: entry.at,
        actor: &entry.actor,
        actor_name: &entry.actor_name,
        via: &entry.via,
        action: &entry.action,
        reason: &entry.reason,
        trace_id: &entry.trace_id,
        documents: documents.map(|d| DocumentLine { kind: &d.kind, key: &d.key, body: d.body.as_ref() }).collect(),
        prev_hash: &entry.prev_hash,
        hash: &entry.hash,
        cursor,
    }))
}

/// A row of an export by objects, which is no evidence and has no other lines.
pub(super) fn object(row: &Row<'_>) -> String {
    text(row)
}

/// The last one.
pub(super) fn end() -> String {
    text(&Line::End {})
}
