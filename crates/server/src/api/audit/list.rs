//! `GET /api/v1/audit`

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use yardarm_store::chain::{Entry, EntryDocument, content_hash};
use yardarm_store::{AuditPlace, AuditQuery, Past};

use super::rows::{entry_id, object_id};
use crate::api::answer::Answer;
use crate::api::history::shown;
use crate::api::page::{bad_cursor, cursor, limit, read_cursor};
use crate::auth::{AuditLog, TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Entries in a page at most: each is read with what its documents were.
const MOST: usize = 100;
/// Documents told of an entry.
const DOCUMENTS: usize = 50;
/// Bytes of documents in an answer; beyond it they are named only.
const BYTES: usize = 1 << 20;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditFilter {
    /// 1 to 100, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only of this project. The tenant's own log is then left out.
    project: Option<String>,
    /// By this actor: `user:usr_…`.
    actor: Option<String>,
    /// That came with this: `session`, `token:tok_…`.
    via: Option<String>,
    /// With this action: `flag.create`.
    action: Option<String>,
    /// That touched an object of this kind: `flag`, `configuration`, `access_token`, …. With `key` and `environment`: one
    /// object that is all of it.
    kind: Option<String>,
    /// That touched an object with this key; a flag's key finds its configurations, too.
    key: Option<String>,
    /// That touched this environment or something in it.
    environment: Option<String>,
    /// Of this request: 32 hex digits.
    trace_id: Option<String>,
    /// With these words in the reason, in any case.
    reason: Option<String>,
    /// From this instant on, milliseconds since 1970.
    since: Option<i64>,
    /// Before this instant, milliseconds since 1970.
    until: Option<i64>,
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// Newest first.
    items: Vec<AuditEntry>,
    /// `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// A change as evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// `prj_…:42`: the log and its revision.
    id: String,
    /// Id of the log.
    scope: String,
    /// Key of the project; null in the tenant's own log.
    project: Option<String>,
    /// Revision of the log.
    rev: u64,
    /// Milliseconds since 1970.
    at: i64,
    /// `user:usr_…`, `system:retention`.
    actor: String,
    /// Shown name at that time; null when it was redacted.
    actor_name: Option<String>,
    /// What they came with: `session`, `token:tok_…`, `schedule`.
    via: String,
    /// `flag.create`, `configuration.update`, …
    action: String,
    /// The author's words; null when they were redacted.
    reason: Option<String>,
    /// W3C trace id.
    trace_id: String,
    /// Hash of the entry before.
    prev_hash: String,
    /// Hash of this one.
    hash: String,
    /// How many documents it touched: one change may be of many objects (an import, an applied file).
    documents_total: usize,
    /// One item for each of them, those that were asked for (by `kind`, `key`, `environment`) first; at most 50.
    documents: Vec<AuditDocument>,
}

/// A document before and after.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditDocument {
    /// `prj_…:42/flag/new-checkout`: the entry, and the object in it.
    id: String,
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind.
    key: String,
    /// The change removed it.
    removed: bool,
    /// Null when the change made it, or when `hidden` says why it is not shown.
    before: Option<Value>,
    /// Null when the change removed it, or when `hidden` says why it is not shown.
    after: Option<Value>,
    /// SHA-256 of what it became: the same text has the same one everywhere. Null when that is not there.
    content_hash: Option<String>,
    /// Why something is not shown: `redacted`, `pruned`, or `long` (see the history of the project).
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<&'static str>,
}

/// The audit log of the tenant: its own log and those of its projects, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "searchAudit", tag = "audit", params(AuditFilter),
    responses((status = 200, body = AuditPage)))]
pub(crate) async fn handler(
    access: TenantAccess<can::AuditRead>,
    Query(filter): Query<AuditFilter>,
) -> Result<Answer, Problem> {
    let size = limit(filter.limit)?.min(MOST);
    let after = filter.cursor.as_deref().map(read_place).transpose()?;
    let logs = access.audit_logs(filter.project.as_deref());
    let query = AuditQuery {
        tenant_id: String::new(),
        scope_ids: Vec::new(),
        actor: filter.actor,
        via: filter.via,
        action: filter.action,
        kind: filter.kind,
        key: filter.key,
        environment: filter.environment,
        trace_id: filter.trace_id,
        text: filter.reason.filter(|text| !text.is_empty()),
        since: filter.since,
        until: filter.until,
        after,
        // One more than asked for says whether there is a next page.
        limit: u32::try_from(size).unwrap_or(u32::MAX - 1) + 1,
    };
    let asked = Asked { kind: query.kind.clone(), key: query.key.clone(), environment: query.environment.clone() };
    let mut entries = access.audit(&logs, query).await?;
    let more = entries.len() > size;
    entries.truncate(size);
    let next = entries.last().filter(|_| more).map(|last| cursor(&format!("{}/{}", last.at, last.rev), &last.scope_id));
    let mut items = Vec::with_capacity(entries.len());
    let mut budget = BYTES;
    for entry in entries {
        let Some(log) = logs.iter().find(|log| log.id == entry.scope_id) else { continue };
        items.push(item(&access, log, entry, &asked, &mut budget).await?);
    }
    Ok(Answer::ok(&AuditPage { items, next }))
}

fn read_place(text: &str) -> Result<AuditPlace, Problem> {
    let (numbers, scope_id) = read_cursor(text)?;
    let place = numbers.split_once('/').and_then(|(at, rev)| Some((at.parse().ok()?, rev.parse().ok()?)));
    let (at, rev) = place.ok_or_else(bad_cursor)?;
    Ok(AuditPlace { at, scope_id, rev })
}

/// Which objects were asked for.
struct Asked {
    kind: Option<String>,
    key: Option<String>,
    environment: Option<String>,
}

impl Asked {
    /// As the store finds entries by their documents.
    fn is(&self, document: &EntryDocument) -> bool {
        let EntryDocument { kind, key, .. } = document;
        let inside = |environment: &str| {
            let rest = key.strip_prefix(environment);
            match kind.as_str() {
                "environment" => rest == Some(""),
                "configuration" => rest.is_some_and(|rest| rest.starts_with('/')),
                _ => false,
            }
        };
        self.kind.as_deref().is_none_or(|asked| asked == kind)
            && self.key.as_deref().is_none_or(|asked| asked == key || key.rsplit('/').next() == Some(asked))
            && self.environment.as_deref().is_none_or(inside)
    }
}

async fn item(
    access: &TenantAccess<can::AuditRead>,
    log: &AuditLog,
    mut entry: Entry,
    asked: &Asked,
    budget: &mut usize,
) -> Result<AuditEntry, Problem> {
    let id = entry_id(&entry.scope_id, entry.rev);
    let documents_total = entry.documents.len();
    entry.documents.sort_by_key(|document| !asked.is(document));
    let places: Vec<(String, String)> =
        entry.documents.iter().take(DOCUMENTS).map(|d| (d.kind.clone(), d.key.clone())).collect();
    let befores = access.were(log, entry.rev.saturating_sub(1), &places).await?;
    let mut documents = Vec::with_capacity(places.len());
    for (document, before) in entry.documents.into_iter().zip(befores) {
        let text = document.body.as_ref().and_then(|body| body.text.as_deref());
        let (before, mut hidden) = match &before {
            Past::Absent => (None, None),
            Past::Text(text) => (Some(text.as_str()), None),
            Past::Redacted => (None, Some("redacted")),
            Past::Pruned => (None, Some("pruned")),
        };
        if document.body.is_some() && text.is_none() {
            hidden = Some("redacted");
        }
        let bytes = before.map_or(0, str::len) + text.map_or(0, str::len);
        let fits = bytes <= *budget;
        *budget -= if fits { bytes } else { 0 };
        documents.push(AuditDocument {
            id: object_id(&id, &document.kind, &document.key),
            removed: document.body.is_none(),
            before: shown(&document.kind, before.filter(|_| fits)),
            after: shown(&document.kind, text.filter(|_| fits)),
            content_hash: text.map(content_hash),
            hidden: if fits { hidden } else { Some("long") },
            kind: document.kind,
            key: document.key,
        });
    }
    Ok(AuditEntry {
        id,
        scope: entry.scope_id,
        project: log.project.clone(),
        rev: entry.rev,
        at: entry.at,
        actor: entry.actor,
        actor_name: entry.actor_name.text,
        via: entry.via,
        action: entry.action,
        reason: entry.reason.text,
        trace_id: entry.trace_id,
        prev_hash: entry.prev_hash,
        hash: entry.hash,
        documents_total,
        documents,
    })
}
