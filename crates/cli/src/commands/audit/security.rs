//! `yardarm audit security`

use clap::Args;

use super::milliseconds;
use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, instant, text};

/// List attempts that were refused, newest first: failed sign-ins, missing rights, bad tokens, rate limits
///
/// Those of one minute that are alike are one row.
#[derive(Args, Debug)]
pub(super) struct Security {
    /// Only with this code: `sign_in_failed`, `forbidden`, `unauthorized`, `not_found`, `cross_site`
    #[arg(long)]
    code: Option<String>,
    /// Only from this address
    #[arg(long)]
    source: Option<String>,
    /// Only by this actor: `user:usr_…`
    #[arg(long)]
    actor: Option<String>,
    /// Only from this instant on: 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = milliseconds)]
    since: Option<String>,
    /// Only before this instant
    #[arg(long, value_name = "INSTANT", value_parser = milliseconds)]
    until: Option<String>,
    /// What belongs to no tenant instead (unknown people, unknown tokens); for operators
    #[arg(long)]
    installation: bool,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl Security {
    pub(super) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let filters = [
            ("code", &self.code),
            ("source", &self.source),
            ("actor", &self.actor),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let mut query: Vec<(&str, &str)> =
            filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        if self.installation {
            query.push(("installation", "true"));
        }
        let list = api.list_up_to(&["security-log"], &query, self.limit).await?;
        let headers = ["at", "count", "code", "from", "who", "route"];
        out.list(&list, &headers, "nothing was refused", |refusal| {
            vec![
                instant(&refusal["last_at"]),
                text(&refusal["count"]),
                text(&refusal["code"]),
                text(&refusal["source"]),
                text(&refusal["actor"]),
                text(&refusal["route"]),
            ]
        })
    }
}
