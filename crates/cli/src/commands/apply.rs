//! `yardarm apply`

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::plan::{Against, Files};
use crate::api::{Api, Connection};
use crate::failure::Failure;
use crate::output::{Output, text};
use crate::planned::{Request, Saved};
use crate::provenance::{Provenance, environment};

/// Make a project as files say
///
/// Shows the plan, asks, and does exactly what it showed, in one change: when somebody changed what it touches meanwhile,
/// nothing is done and the plan as it is now is shown (exit code 5). Applied twice, the second time does nothing. Salts, rule
/// ids and ranges of the server stay, so nobody is drawn anew.
#[derive(Args, Debug)]
pub(crate) struct Apply {
    #[command(flatten)]
    connection: Connection,
    /// Files, and folders of .yaml, .yml and .json files (`-`: stdin)
    #[arg(required_unless_present = "plan", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also archive flags and delete segments that the files do not name, if they name any of their kind
    #[arg(long)]
    prune: bool,
    /// Apply a plan that `yardarm plan --out` kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "prune"])]
    plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    provenance: Provenance,
}

impl Apply {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let mut connection = self.connection;
        connection.reason = self.provenance.reason(connection.reason.as_deref(), environment);
        if let Some(path) = self.plan {
            let saved = Saved::read(&path)?;
            connection.project = Some(saved.project.clone());
            let shown = text(&saved.plan["fingerprint"]);
            return carry_out(&connection.open()?, &saved.project, &saved.file, saved.prune, (Some(&shown), true), out)
                .await;
        }
        let files = Files { files: self.files, prune: self.prune };
        let against = files.open(connection).await?;
        let Against { declared, api, project } = &against;
        let done = carry_out(api, project, &declared.document, files.prune, (None, self.yes), out).await;
        done.map_err(|failure| declared.locate(failure))
    }
}

async fn carry_out(
    api: &Api,
    project: &str,
    body: &Value,
    prune: bool,
    (shown, yes): (Option<&str>, bool),
    out: Output,
) -> Result<(), Failure> {
    let request = Request {
        plan: &["projects", project, "plan"],
        carry_out: &["projects", project, "apply"],
        query: if prune { &[("prune", "true")] } else { &[] },
        body,
        shown,
        yes,
        nothing: &format!("nothing to do: {project} is as the files say"),
    };
    request.run(api, out).await
}
