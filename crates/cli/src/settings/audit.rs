//! Where signed heads of the audit log go, and how often.

use std::time::Duration;

use clap::Args;
use yardarm_server::audit::{AuditSettings, UnknownPlace};

use crate::failure::Failure;
use crate::time_span::TimeSpan;

/// Nobody waits longer for a head: what is cut off before one was signed is not found out.
const LONGEST_INTERVAL: Duration = Duration::from_hours(24);

/// What becomes of signed heads.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AuditArgs {
    /// Where signed heads of the audit log go, besides the database: `file:PATH` (appended to),
    /// `stdout`, or an address that takes a POST: `https://…`
    #[arg(long, env = "YARDARM_AUDIT_HEADS", value_name = "WHERE")]
    pub(crate) audit_heads: Option<String>,
    /// Time between two looks at which logs grew and get a signed head: `10s`, `1m`, `1h` [default: 1m]
    #[arg(long, env = "YARDARM_AUDIT_HEADS_INTERVAL", value_name = "TIME")]
    audit_heads_interval: Option<TimeSpan>,
}

impl AuditArgs {
    /// The usual settings, with these two as the file and the arguments say.
    pub(super) fn resolve(&self, heads: Option<String>, interval: Option<TimeSpan>) -> Result<AuditSettings, Failure> {
        let usual = AuditSettings::default();
        let heads = self.audit_heads.clone().or(heads).filter(|to| !to.is_empty());
        let heads =
            heads.map(|to| to.parse()).transpose().map_err(|error: UnknownPlace| Failure::usage(error.to_string()))?;
        let interval = self.audit_heads_interval.or(interval);
        let heads_interval = interval.map_or(usual.heads_interval, |TimeSpan(time)| time);
        if heads_interval.is_zero() || heads_interval > LONGEST_INTERVAL {
            return Err(Failure::usage("audit_heads_interval is more than nothing and at most 24h"));
        }
        Ok(AuditSettings { heads, heads_interval, ..usual })
    }
}
