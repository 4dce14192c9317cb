//! `yardarm flags on` and `yardarm flags off`

use clap::Args;
use serde_json::json;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
pub(super) struct Switch {
    /// Flag key
    key: String,
    /// Environment key
    #[arg(long, short)]
    environment: String,
}

impl Switch {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output, on: bool) -> Result<(), Failure> {
        let path = ["projects", project, "flags", &self.key, "environments", &self.environment];
        let answer = api.patch(&path, &json!({"on": on})).await?;
        let revision = answer.revision.map_or_else(String::new, |revision| format!(" (revision {revision})"));
        let text = super::serves(&self.key, &self.environment, &answer.body);
        out.result(&answer.body, format!("{text}{revision}"))
    }
}
