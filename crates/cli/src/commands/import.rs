//! `yardarm import`

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::input;
use crate::api::Connection;
use crate::failure::{Exit, Failure};
use crate::output::{Output, note, table, text};

/// Bring an export (YAML or JSON) into a project
///
/// What is there already and equal is left alone.
#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(flatten)]
    connection: Connection,
    /// The export; `-` for stdin
    file: PathBuf,
    /// Also archive flags and delete segments that the file does not hold
    #[arg(long)]
    replace: bool,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Create the project when it is missing
    #[arg(long)]
    create: bool,
}

impl Import {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let text_in = input::read_text(&self.file)?;
        let body = input::parse(&text_in, &self.file.display().to_string())?;
        let api = self.connection.open()?;
        let project = api.project().await?;
        if self.create {
            create(&api, &project, &body).await?;
        }
        let flag = |on: bool| if on { "true" } else { "false" };
        let query = [("replace", flag(self.replace)), ("dry_run", flag(self.dry_run))];
        let path = ["projects", project.as_str(), "import"];
        let answer = api.send(reqwest::Method::POST, &path, &query, Some(&body), None).await?.body;
        if out.json {
            return out.json(&answer);
        }
        let changed = answer["changed"].as_array().map_or(&[][..], Vec::as_slice);
        if changed.is_empty() {
            return note(format!("{project} holds all of it already"));
        }
        table(
            &["kind", "key", "action"],
            changed.iter().map(|c| ["kind", "key", "action"].map(|name| text(&c[name])).to_vec()),
        )?;
        if self.dry_run { note("nothing was changed (--dry-run)") } else { Ok(()) }
    }
}

/// The project with the environments of the export, unless it is there.
async fn create(api: &crate::api::Api, project: &str, export: &Value) -> Result<(), Failure> {
    match api.get(&["projects", project], &[]).await {
        Ok(_) => return Ok(()),
        Err(failure) if failure.exit == Exit::NotFound => {}
        Err(failure) => return Err(failure),
    }
    let name = export["project"]["name"].as_str().unwrap_or(project);
    let body = serde_json::json!({"key": project, "name": name, "environments": export["environments"]});
    api.post(&["projects"], &body).await?;
    Ok(())
}
