//! `yardarm quotas`

use clap::Args;
use serde_json::Value;

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, instant, text};

/// What the tenant has of what it may have: projects, flags, members, streams, …
///
/// A quota is near its end from four fifths on. At its end everything goes on; only one more is refused.
#[derive(Args, Debug)]
pub(crate) struct Quotas {
    #[command(flatten)]
    connection: Connection,
    /// Only those that are near their end
    #[arg(long)]
    near: bool,
}

impl Quotas {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let mut list = self.connection.open()?.get(&["quotas"], &[]).await?.body;
        if let (true, Some(items)) = (self.near, list["items"].as_array_mut()) {
            items.retain(|quota| quota["near"] == Value::Bool(true));
        }
        out.list(&list, &["quota", "used", "limit", "near since"], "no quota is near its end", |quota| {
            let since = match (&quota["near"], &quota["near_since"]) {
                (Value::Bool(true), Value::Null) => "now".to_owned(),
                (_, since) => instant(since),
            };
            vec![text(&quota["name"]), text(&quota["used"]), text(&quota["limit"]), since]
        })
    }
}
