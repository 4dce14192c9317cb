//! `yardarm flags archive` and `yardarm flags restore`

use clap::Args;
use serde_json::json;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
pub(super) struct Archive {
    /// Flag key
    key: String,
}

impl Archive {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output, verb: &str) -> Result<(), Failure> {
        let flag = api.post(&["projects", project, "flags", &self.key, verb], &json!({})).await?.body;
        let done = if flag["archived"] == true { "archived" } else { "restored" };
        out.result(&flag, format!("{done} {}", self.key))
    }
}
