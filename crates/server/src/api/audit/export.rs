//! `GET /api/v1/audit/export`

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

use super::rows::rows;
use super::{csv, lines};
use crate::api::page::{bad_cursor, cursor, read_cursor};
use crate::audit::head_line;
use crate::auth::{AuditLog, TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Entries read at once.
const PAGE: u32 = 100;
/// Documents of a prune mark read at once.
const BASE: u32 = 1_000;
/// Signed heads of a log in an export.
const HEADS: u32 = 100;
/// Pages that wait for a slow reader.
const WAITING: usize = 2;
/// How long a reader may take for a page.
const SLOWEST: Duration = Duration::from_mins(1);
/// How often the caller's right is looked at again.
const CHECK: Duration = Duration::from_secs(4);

/// How, and from where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `ndjson` (the default; what `yardarm audit verify` reads), `objects` or `csv`.
    #[param(inline)]
    format: Option<ExportFormat>,
    /// `cursor` of the last entry that was received: goes on after it.
    cursor: Option<String>,
    /// Only the log of this project.
    project: Option<String>,
}

/// Form of an export.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExportFormat {
    /// Everything, one object a line.
    Ndjson,
    /// One object a line, for whoever collects logs: a change of several objects is a line of its own and one for each of
    /// them, with its id as `parent`. Without what they were.
    Objects,
    /// The same for spreadsheets.
    Csv,
}

/// The audit log from the beginning, log by log and oldest first, as a stream. Each entry has a `cursor` to go on from.
#[utoipa::path(get, path = "/api/v1/audit/export", operation_id = "exportAudit", tag = "audit", params(ExportQuery),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub(crate) async fn handler(
    access: TenantAccess<can::AuditRead>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let format = query.format.unwrap_or(ExportFormat::Ndjson);
    let after = match query.cursor.as_deref() {
        None => None,
        Some(text) => {
            let (rev, log) = read_cursor(text)?;
            Some((log, rev.parse::<u64>().map_err(|_| bad_cursor())?))
        }
    };
    let logs = access.logs_to_export(query.project.as_deref()).await?;
    let complete = after.is_none() && query.project.is_none();
    let first = match format {
        ExportFormat::Csv => csv::HEADER.to_owned(),
        ExportFormat::Objects => String::new(),
        ExportFormat::Ndjson => {
            lines::export(&access.tenant().key, access.now(), complete, &access.signing_keys().await?)
        }
    };
    let (sender, receiver) = mpsc::channel(WAITING);
    let mut export = Export { access, format, sender, checked: Instant::now() };
    tokio::spawn(async move {
        if let Err(stop) = export.run(first, logs, after).await {
            tracing::debug!(%stop, "an export of the audit log ended early");
        }
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(receiver)));
    let (kind, name) = match format {
        ExportFormat::Ndjson => ("application/x-ndjson", "attachment; filename=\"audit.ndjson\""),
        ExportFormat::Objects => ("application/x-ndjson", "attachment; filename=\"audit-objects.ndjson\""),
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Why it ended early. The reader sees that the last line is missing.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("the reader is gone or too slow")]
    Reader,
    #[error("{0}")]
    Refused(String),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.detail)
    }
}

struct Export {
    access: TenantAccess<can::AuditRead>,
    format: ExportFormat,
    sender: mpsc::Sender<Result<Bytes, std::io::Error>>,
    checked: Instant,
}

impl Export {
    async fn run(&mut self, first: String, logs: Vec<AuditLog>, after: Option<(String, u64)>) -> Result<(), Stop> {
        self.send(first).await?;
        for log in logs {
            let from = match &after {
                Some((id, _)) if log.id < *id => continue,
                Some((id, rev)) if log.id == *id => *rev,
                _ => 0,
            };
            if let Err(stop) = self.log(&log, from).await {
                // Ends the body with an error, so that nobody takes a part for the whole.
                let broken = std::io::Error::other(stop.to_string());
                let _ = self.sender.send_timeout(Err(broken), SLOWEST).await;
                return Err(stop);
            }
        }
        match self.format {
            ExportFormat::Ndjson => self.send(lines::end()).await,
            ExportFormat::Objects | ExportFormat::Csv => Ok(()),
        }
    }

    async fn log(&mut self, log: &AuditLog, from: u64) -> Result<(), Stop> {
        if let ExportFormat::Ndjson = self.format {
            self.beginning(log, from).await?;
        }
        let mut last = from;
        loop {
            let entries = self.access.entries(log, last, PAGE).await?;
            let Some(newest) = entries.last() else { return Ok(()) };
            last = newest.rev;
            let mut text = String::new();
            for entry in &entries {
                let cursor = cursor(&entry.rev.to_string(), &log.id);
                match self.format {
                    ExportFormat::Ndjson => text.push_str(&lines::entry(log, entry, &cursor)),
                    ExportFormat::Objects => text.extend(rows(log, entry, &cursor).iter().map(lines::object)),
                    ExportFormat::Csv => text.extend(rows(log, entry, &cursor).iter().map(csv::line)),
                }
            }
            self.send(text).await?;
        }
    }

    /// The heads of a log, where it begins, and what lived there. The heads come first: what they were signed over was
    /// written before, so the entries that are read after them must have it.
    async fn beginning(&mut self, log: &AuditLog, from: u64) -> Result<(), Stop> {
        let heads = self.access.heads(log, HEADS).await?;
        let (pruned, mut page) = self.access.base(log, None, BASE).await?;
        let mut text: String =
            heads.iter().filter(|head| head.head.rev > pruned.max(from)).map(|head| head_line(head) + "\n").collect();
        text.push_str(&lines::log(log, pruned));
        self.send(text).await?;
        // Whoever goes on from a cursor has them.
        while from == 0 && !page.is_empty() {
            self.send(page.iter().map(|document| lines::base(log, document)).collect()).await?;
            let after = page.last().map(|last| (last.kind.clone(), last.key.clone()));
            page = self.access.base(log, after, BASE).await?.1;
        }
        Ok(())
    }

    async fn send(&mut self, text: String) -> Result<(), Stop> {
        if text.is_empty() {
            return Ok(());
        }
        if self.checked.elapsed() > CHECK {
            self.access.still().await?;
            self.checked = Instant::now();
        }
        self.sender.send_timeout(Ok(Bytes::from(text)), SLOWEST).await.map_err(|_| Stop::Reader)
    }
}
