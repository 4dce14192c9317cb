//! `yardarm plan`

use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::api::{Api, Connection};
use crate::declared::{self, Declared};
use crate::failure::{Ending, Failure};
use crate::output::{Output, line, note};
use crate::planned::{self, Saved, Told};

/// Say what applying files would do; nothing is changed
///
/// Reads files and folders of the form that `yardarm export` writes (`yardarm schema` describes it) as one document, and tells
/// document by document what would change, and who would be served something else. What the files do not name is left
/// alone. Exit code 0: the server is as the files say; 2: there is something to do; a wrong command line is 1 here.
#[derive(Args, Debug)]
pub(crate) struct Plan {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    files: Files,
    /// Keep the plan in a file, for `yardarm apply --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is to be applied.
#[derive(Args, Debug)]
pub(crate) struct Files {
    /// Files, and folders of .yaml, .yml and .json files (`-`: stdin)
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Also archive flags and delete segments that the files do not name, if they name any of their kind
    #[arg(long)]
    pub(crate) prune: bool,
}

/// Files, the server they are compared with, and the project there.
pub(crate) struct Against {
    pub(crate) declared: Declared,
    pub(crate) api: Api,
    pub(crate) project: String,
}

impl Files {
    /// Reads the files and opens the server. The project is the one that is named, or that the files are for.
    pub(crate) async fn open(&self, mut connection: Connection) -> Result<Against, Failure> {
        let declared = declared::read(&self.files)?;
        if connection.project.as_ref().is_none_or(String::is_empty) {
            connection.project = declared.project().map(str::to_owned);
        }
        let api = connection.open()?;
        let project = api.project().await?;
        Ok(Against { declared, api, project })
    }
}

impl Against {
    /// What applying the files would do.
    pub(crate) async fn plan(&self, prune: bool) -> Result<Value, Failure> {
        let query: &[(&str, &str)] = if prune { &[("prune", "true")] } else { &[] };
        let path = ["projects", self.project.as_str(), "plan"];
        let answer = self.api.send(Method::POST, &path, query, Some(&self.declared.document), None).await;
        answer.map(|answer| answer.body).map_err(|failure| self.declared.locate(failure))
    }
}

impl Plan {
    pub(crate) async fn run(self, out: Output) -> Result<Ending, Failure> {
        let against = self.files.open(self.connection).await?;
        let plan = against.plan(self.files.prune).await?;
        out.json(&plan)?;
        if !out.json {
            planned::tell(&plan, Told::Forward)?;
            line(if planned::is_empty(&plan) {
                format!("nothing to do: {} is as the files say", against.project)
            } else {
                format!("\n{}", planned::summary(&plan))
            })?;
            planned::tell_unnamed(&plan)?;
        }
        let ending = if planned::is_empty(&plan) { Ending::Done } else { Ending::Pending };
        if let Some(path) = self.out {
            let file = against.declared.document;
            Saved { project: against.project, prune: self.files.prune, file, plan }.write(&path)?;
            note(format!("apply exactly this with: yardarm apply --plan {}", path.display()))?;
        }
        Ok(ending)
    }
}
