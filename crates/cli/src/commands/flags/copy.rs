//! `yardarm flags copy`

use clap::Args;
use serde_json::json;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
pub(super) struct Copy {
    /// Flag key
    key: String,
    /// Environment to copy from
    #[arg(long)]
    from: String,
    /// Environment to copy to
    #[arg(long)]
    to: String,
}

impl Copy {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let body = json!({"from": self.from, "to": self.to});
        let configuration = api.post(&["projects", project, "flags", &self.key, "copy"], &body).await?.body;
        out.result(&configuration, super::serves(&self.key, &self.to, &configuration))
    }
}
