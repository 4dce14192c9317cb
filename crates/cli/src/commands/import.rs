//! `yardarm import`

mod foreign;

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use yardarm_migrate::{Format, Options, Report};

use super::input;
use crate::api::Connection;
use crate::failure::{Exit, Failure};
use crate::output::{Output, drafted, note, table, text};

/// Bring an export, or another system's flags, into a project
///
/// `yardarm import FILE` reads an export of Yardarm, YAML or JSON. `yardarm import FORMAT FILE…` reads the files of
/// configcat, flagd, flagsmith, growthbook, launchdarkly, split or unleash, tells what became of everything, and moves no
/// user to another variant. `yardarm import verify FORMAT CASES…` runs a system's published cases through importer,
/// compiler and evaluator. A folder stands for the files in it. What is there already and equal is left alone.
#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(flatten)]
    connection: Connection,
    /// The export (`-` for stdin), or the format and its files, or `verify`, the format and case files
    #[arg(required = true, value_name = "FORMAT|FILE")]
    what: Vec<PathBuf>,
    /// Also archive flags and delete segments that the file does not hold
    #[arg(long)]
    replace: bool,
    /// Only say what would change; files of another system need no server for it
    #[arg(long)]
    dry_run: bool,
    /// Create the project when it is missing
    #[arg(long)]
    create: bool,
    /// Reproduce this SDK, where the system's own disagree
    #[arg(long, value_name = "NAME")]
    sdk: Option<String>,
    /// Environment that a file of one environment becomes
    #[arg(long, value_name = "KEY", default_value = "production")]
    environment: String,
}

/// What the words mean.
enum Asked<'a> {
    Own(&'a PathBuf),
    Foreign(Format, &'a [PathBuf]),
    Verify(Format, &'a [PathBuf]),
}

impl Import {
    fn asked(&self) -> Result<Asked<'_>, Failure> {
        let format = |word: &PathBuf| word.to_str().and_then(Format::parse);
        match &self.what[..] {
            [verify, name, cases @ ..] if verify.as_os_str() == "verify" => match format(name) {
                Some(format) if !cases.is_empty() => Ok(Asked::Verify(format, cases)),
                Some(format) => Err(Failure::usage(format!("name the case files of {format}"))),
                None => Err(unknown(&name.display().to_string())),
            },
            [file] if format(file).is_some() && !file.exists() => {
                Err(Failure::usage(format!("name the files of {}", file.display())))
            }
            [file] => Ok(Asked::Own(file)),
            [name, files @ ..] => match format(name) {
                Some(format) => Ok(Asked::Foreign(format, files)),
                None => Err(unknown(&name.display().to_string())),
            },
            [] => Err(Failure::usage("name the file to import")),
        }
    }

    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let (body, report) = match self.asked()? {
            Asked::Verify(format, cases) => return foreign::verify(format, cases, out),
            Asked::Own(file) => (input::parse(&input::read_text(file)?, &file.display().to_string())?, None),
            Asked::Foreign(format, files) => {
                let options = Options { environment: self.environment.clone(), sdk: self.sdk.clone() };
                let imported = foreign::import(format, files, &options)?;
                if self.dry_run {
                    return foreign::tell(&imported, &self.environment, out);
                }
                if !out.json {
                    note(imported.report.to_string().trim_end())?;
                }
                (imported.document, Some(imported.report))
            }
        };
        self.send(&body, report, out).await
    }

    async fn send(&self, body: &Value, report: Option<Report>, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        if self.create {
            create(&api, &project, body).await?;
        }
        let flag = |on: bool| if on { "true" } else { "false" };
        let query = [("replace", flag(self.replace)), ("dry_run", flag(self.dry_run))];
        let path = ["projects", project.as_str(), "import"];
        let mut answer = api.send(reqwest::Method::POST, &path, &query, Some(body), None).await?.body;
        if drafted(&answer).is_some() {
            return out.result(&answer, "");
        }
        if out.json {
            if let Some(report) = report {
                answer["report"] = serde_json::json!(report);
            }
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

fn unknown(name: &str) -> Failure {
    let known: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
    Failure::usage(format!("there is no format {name:?}")).hint(format!("there are {}", known.join(", ")))
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
