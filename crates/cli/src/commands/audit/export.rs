//! `yardarm audit export`

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::api::Api;
use crate::failure::Failure;
use crate::output::note;

/// Write the audit log to a file or to stdout
///
/// NDJSON has everything that `yardarm audit verify` needs. The others are without what the objects were, and have one
/// object a line: a change of several is a line of its own and one for each, with its id as `parent`. In CSV, for
/// spreadsheets, is nothing that a spreadsheet or a terminal would run.
#[derive(Args, Debug)]
pub(super) struct Export {
    /// Form of the export
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Go on after the entry with this cursor, which each entry of an export has
    #[arg(long)]
    cursor: Option<String>,
    /// Only the log of this project
    #[arg(long, value_name = "KEY")]
    only: Option<String>,
    /// File to write; with --cursor it is continued (default: stdout)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Ndjson,
    Objects,
    Csv,
}

impl Export {
    pub(super) async fn run(self, api: &Api) -> Result<(), Failure> {
        let format = match self.format {
            Format::Ndjson => "ndjson",
            Format::Objects => "objects",
            Format::Csv => "csv",
        };
        let mut query = vec![("format", format)];
        query.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        query.extend(self.only.as_deref().map(|project| ("project", project)));
        let path = ["audit", "export"];
        let Some(file) = self.output else {
            return api.download(&path, &query, &mut std::io::stdout().lock()).await;
        };
        let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", file.display()));
        let mut options = std::fs::OpenOptions::new();
        let options = if self.cursor.is_some() { options.append(true) } else { options.write(true).truncate(true) };
        let mut target = std::io::BufWriter::new(options.create(true).open(&file).map_err(failed)?);
        let written = api.download(&path, &query, &mut target).await;
        // What arrived is kept, whole lines of it can be gone on from.
        target.flush().map_err(failed)?;
        written?;
        note(format!("wrote the audit log to {}", file.display()))
    }
}
