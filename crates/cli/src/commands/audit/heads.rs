//! `yardarm audit heads`

use clap::Args;
use serde_json::{Value, json};

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, items, line};

/// Print the newest signed heads of a log, as lines that `yardarm audit verify --heads` reads
#[derive(Args, Debug)]
pub(super) struct Heads {
    /// Project whose log it is; without one, the tenant's own log
    #[arg(long, value_name = "KEY")]
    only: Option<String>,
}

impl Heads {
    pub(super) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let query: Vec<(&str, &str)> = self.only.as_deref().map(|project| ("project", project)).into_iter().collect();
        let heads = api.get(&["audit", "heads"], &query).await?.body;
        if out.json {
            return out.json(&heads);
        }
        // Oldest first, as the server ships them.
        for head in items(&heads).iter().rev() {
            let mut head: Value = head.clone();
            head["format"] = json!(1);
            head["type"] = json!("head");
            line(head.to_string())?;
        }
        Ok(())
    }
}
