//! `yardarm audit retention`

use clap::Args;
use serde_json::json;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, text};

/// Show how long the logs of the tenant are kept, or set it
///
/// What is older goes within the hour, behind a signed prune mark. What documents were at the mark stays, so everything
/// after it can be undone.
#[derive(Args, Debug)]
pub(super) struct Retention {
    /// Keep the logs for so many days, at least 30
    #[arg(long, value_name = "N", conflicts_with = "for_ever")]
    days: Option<u64>,
    /// Keep the logs for ever, which is what happens unless somebody says otherwise
    #[arg(long)]
    for_ever: bool,
}

impl Retention {
    pub(super) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let path = ["audit", "retention"];
        let now = if self.days.is_some() || self.for_ever {
            api.post(&path, &json!({ "days": self.days })).await?.body
        } else {
            api.get(&path, &[]).await?.body
        };
        let kept =
            if now["days"].is_null() { "for ever".to_owned() } else { format!("for {} days", text(&now["days"])) };
        out.result(&now, format!("the logs of this tenant are kept {kept}"))
    }
}
