//! `yardarm audit search`

use clap::Args;
use serde_json::Value;

use super::milliseconds;
use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, instant, text};

/// Search the audit log of the tenant, newest first
///
/// The tenant's own log (people, tokens, settings) and the logs of its projects are searched as one.
#[derive(Args, Debug)]
pub(super) struct Search {
    /// Only of this project, without the tenant's own log
    #[arg(long, value_name = "KEY")]
    only: Option<String>,
    /// Only by this actor: `user:usr_…`
    #[arg(long)]
    actor: Option<String>,
    /// Only what came with this: session, `token:tok_…`, schedule
    #[arg(long)]
    via: Option<String>,
    /// Only this action: `flag.create`
    #[arg(long)]
    action: Option<String>,
    /// Only what touched this kind of document: flag, configuration, `access_token`, …
    #[arg(long)]
    kind: Option<String>,
    /// Only what touched a document with this key; a flag's key finds its configurations, too
    #[arg(long)]
    key: Option<String>,
    /// Only what touched this environment
    #[arg(long)]
    environment: Option<String>,
    /// Only of the request with this trace id
    #[arg(long)]
    trace_id: Option<String>,
    /// Only with these words in the reason
    #[arg(long, value_name = "TEXT")]
    containing: Option<String>,
    /// Only from this instant on: 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = milliseconds)]
    since: Option<String>,
    /// Only before this instant
    #[arg(long, value_name = "INSTANT", value_parser = milliseconds)]
    until: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl Search {
    pub(super) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let filters = [
            ("project", &self.only),
            ("actor", &self.actor),
            ("via", &self.via),
            ("action", &self.action),
            ("kind", &self.kind),
            ("key", &self.key),
            ("environment", &self.environment),
            ("trace_id", &self.trace_id),
            ("reason", &self.containing),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let query: Vec<(&str, &str)> =
            filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        let list = api.list_up_to(&["audit"], &query, self.limit).await?;
        let headers = ["at", "log", "revision", "who", "via", "action", "what", "why"];
        out.list(&list, &headers, "no entries", |entry| {
            let project = text(&entry["project"]);
            vec![
                instant(&entry["at"]),
                if project.is_empty() { "(tenant)".to_owned() } else { project },
                text(&entry["rev"]),
                named(&entry["actor_name"]),
                text(&entry["via"]),
                text(&entry["action"]),
                touched(entry),
                named(&entry["reason"]),
            ]
        })
    }
}

/// Null in the audit log is a text that was redacted.
fn named(value: &Value) -> String {
    if value.is_null() { "(redacted)".to_owned() } else { text(value) }
}

fn touched(entry: &Value) -> String {
    /// Documents named in a row.
    const NAMED: usize = 3;
    let documents = entry["documents"].as_array().map_or(&[][..], Vec::as_slice);
    let named = documents.iter().take(NAMED).map(|d| format!("{} {}", text(&d["kind"]), text(&d["key"])));
    let named = named.collect::<Vec<_>>().join(", ");
    let total = entry["documents_total"].as_u64().unwrap_or_default();
    let more = total.saturating_sub(NAMED as u64);
    if more == 0 { named } else { format!("{named} and {more} more") }
}
