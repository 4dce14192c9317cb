//! `yardarm audit redact`

use clap::Args;
use serde_json::json;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, text};

/// Take a text out of the log that should never have been written; needs --reason
///
/// The hash chain stays valid, and the log says who took what, and why. What a document is now cannot be taken: change it
/// first, then redact the version before.
#[derive(Args, Debug)]
pub(super) struct Redact {
    /// Revision of the change
    rev: u64,
    /// Project whose log it is in; without one, the tenant's own log
    #[arg(long, value_name = "KEY")]
    only: Option<String>,
    /// Take the actor's name
    #[arg(long)]
    actor_name: bool,
    /// Take the reason that was given then
    #[arg(long = "reason-text")]
    reason_text: bool,
    /// Take what a document became: `flag/checkout`, `configuration/production/checkout`; repeat it
    #[arg(long = "document", value_name = "KIND/KEY", value_parser = place)]
    documents: Vec<(String, String)>,
}

fn place(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('/').filter(|(kind, key)| !kind.is_empty() && !key.is_empty());
    let (kind, key) = parts.ok_or_else(|| format!("{text:?} is not like flag/checkout"))?;
    Ok((kind.to_owned(), key.to_owned()))
}

impl Redact {
    pub(super) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let documents: Vec<_> = self.documents.iter().map(|(kind, key)| json!({ "kind": kind, "key": key })).collect();
        let mut body = json!({
            "rev": self.rev, "actor_name": self.actor_name, "reason": self.reason_text, "documents": documents,
        });
        if let Some(project) = &self.only {
            body["project"] = json!(project);
        }
        let change = api.post(&["audit", "redactions"], &body).await?.body;
        out.result(&change, format!("redacted revision {} in revision {}", self.rev, text(&change["rev"])))
    }
}
