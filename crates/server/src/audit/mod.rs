//! What makes the log evidence: signed heads that leave the database, prune marks, and the security log beside it.
//! Everything here happens beside requests; reading and redacting are in `api/audit` and `auth/evidence.rs`.

mod heads;
mod refusals;
mod retention;
mod signer;

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

pub(crate) use refusals::{Caller, Source, watch};
pub(crate) use retention::{LEAST_DAYS, RETENTION_KEY, RETENTION_KIND, days_kept};
pub(crate) use signer::{SignerError, head_line};

use crate::app::{App, Parts};
use refusals::Refusals;
use signer::Signer;

/// Where signed heads go, besides the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadsTo {
    /// Appended to this file and flushed to the disk.
    File(PathBuf),
    /// Written to the standard output, for whoever collects logs.
    Stdout,
    /// Sent to this address, as lines in the body of a POST.
    Webhook(String),
}

/// A place that heads cannot be written to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("heads of the audit log go to file:PATH, stdout or https://…, not to {0:?}")]
pub struct UnknownPlace(String);

impl std::str::FromStr for HeadsTo {
    type Err = UnknownPlace;

    fn from_str(text: &str) -> Result<Self, UnknownPlace> {
        match text.split_once(':') {
            None if text == "stdout" => Ok(Self::Stdout),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.trim_start_matches("//").into())),
            Some(("https" | "http", rest)) if rest.starts_with("//") => Ok(Self::Webhook(text.to_owned())),
            _ => Err(UnknownPlace(text.to_owned())),
        }
    }
}

/// How the log is kept as evidence.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// Where signed heads go; nowhere but the database by default.
    pub heads: Option<HeadsTo>,
    /// Between two looks at which logs moved.
    pub heads_interval: Duration,
    /// Between two writes of refused attempts into the security log.
    pub refusals_interval: Duration,
    /// Between two looks at what is older than it is to be kept.
    pub retention_interval: Duration,
    /// How long the security log is kept.
    pub security_log: Duration,
    /// Rows of the security log at most; the oldest go first.
    pub security_log_rows: u32,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            heads: None,
            heads_interval: Duration::from_mins(1),
            refusals_interval: Duration::from_secs(5),
            retention_interval: Duration::from_hours(1),
            security_log: Duration::from_hours(24 * 90),
            security_log_rows: 200_000,
        }
    }
}

/// State of all this.
#[derive(Default)]
pub struct Audit {
    signer: tokio::sync::OnceCell<Arc<Signer>>,
    /// One round of signing at a time.
    signing: tokio::sync::Mutex<()>,
    pub(crate) refusals: Refusals,
}

/// The three loops; they end by themselves when the application is gone.
pub(crate) fn start(app: &App, weak: &Weak<Parts>) {
    let runtime = app.management.handle();
    runtime.spawn(keep_signing(weak.clone()));
    runtime.spawn(every(weak.clone(), |settings| settings.retention_interval, async |app| app.prune().await));
    runtime.spawn(every(weak.clone(), |settings| settings.refusals_interval, async |app| app.flush_refusals().await));
}

/// The key is made at the first start: people can copy its public half before anything depends on it.
async fn keep_signing(weak: Weak<Parts>) {
    if let Some(app) = App::of(&weak) {
        if let Err(error) = app.signer().await {
            tracing::warn!(%error, "the heads of the log cannot be signed");
        }
        app.sign_heads().await;
    }
    every(weak, |settings| settings.heads_interval, async |app| app.sign_heads().await).await;
}

async fn every<F>(app: Weak<Parts>, interval: fn(&AuditSettings) -> Duration, work: F)
where
    F: AsyncFn(&App),
{
    loop {
        let Some(pause) = app.upgrade().map(|parts| interval(&parts.settings.audit)) else { return };
        tokio::time::sleep(pause).await;
        let Some(app) = App::of(&app) else { return };
        work(&app).await;
    }
}
