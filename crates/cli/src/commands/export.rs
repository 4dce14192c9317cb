//! `yardarm export`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, line, note};

/// Write a project as YAML or JSON
///
/// Everything people authored is in it, salts and ranges included, so that an import moves nobody. SDK keys are not.
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    connection: Connection,
    /// Form of the text (default: by the name of the file; `--json` and `.json` mean json)
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// File to write (default: stdout)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

impl Export {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        let export = api.get(&["projects", &project, "export"], &[]).await?.body;
        let named_json = self.output.as_ref().is_some_and(|path| path.extension().is_some_and(|e| e == "json"));
        let text = match self.format {
            Some(Format::Json) => serde_json::to_string_pretty(&export)?,
            None if out.json || named_json => serde_json::to_string_pretty(&export)?,
            _ => serde_norway::to_string(&export).map_err(|error| Failure::failed(error.to_string()))?,
        };
        let text = text.trim_end();
        let Some(path) = self.output else { return line(text) };
        std::fs::write(&path, format!("{text}\n"))
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        note(format!("wrote {project} to {}", path.display()))
    }
}
