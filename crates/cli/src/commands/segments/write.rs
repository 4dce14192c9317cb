//! `yardarm segments create` and `yardarm segments update`

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::commands::input;
use crate::failure::Failure;
use crate::output::{Output, Progress, text};

/// Of keys sent in one request, so that bodies stay below the server's limit.
const BATCH: usize = 10_000;

#[derive(Args, Debug)]
pub(super) struct Create {
    /// Segment key
    key: String,
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// Context kind whose keys the lists hold
    #[arg(long, value_name = "KIND")]
    context_kind: Option<String>,
    /// A condition that makes a member: JSON or YAML, or `@file`; repeat it
    #[arg(long = "rule", value_name = "CONDITION")]
    rules: Vec<String>,
    /// A key that is a member; repeat it
    #[arg(long = "include", value_name = "KEY")]
    included: Vec<String>,
    /// File with member keys, one on each line (`-`: stdin)
    #[arg(long, value_name = "FILE")]
    include_file: Option<PathBuf>,
}

impl Create {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let mut body = json!({"key": self.key});
        let members = [("name", &self.name), ("description", &self.description), ("context_kind", &self.context_kind)];
        for (name, value) in members {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        if !self.rules.is_empty() {
            body["rules"] = rules(&self.rules)?;
        }
        let mut keys = self.included;
        if let Some(path) = &self.include_file {
            keys.extend(input::lines(path)?);
        }
        if !keys.is_empty() && keys.len() <= BATCH {
            body["included"] = json!(keys);
            keys.clear();
        }
        let mut segment = api.post(&["projects", project, "segments"], &body).await?.body;
        if !keys.is_empty() {
            segment = edit_list(api, project, &self.key, "included", "add", &keys).await?;
        }
        out.result(&segment, format!("created {}", describe(&self.key, &segment)))
    }
}

#[derive(Args, Debug)]
pub(super) struct Update {
    /// Segment key
    key: String,
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// All its conditions: JSON or YAML, or `@file`; repeat it
    #[arg(long = "rule", value_name = "CONDITION")]
    rules: Vec<String>,
    /// JSON Merge Patch: JSON or YAML, `@file`, or `-` for stdin
    #[arg(long, value_name = "PATCH")]
    patch: Option<String>,
    /// Which list `--add` and `--remove` change
    #[arg(long, value_parser = ["included", "excluded"], default_value = "included")]
    list: String,
    /// Add this key to the list; repeat it
    #[arg(long, value_name = "KEY")]
    add: Vec<String>,
    /// Remove this key from the list; repeat it
    #[arg(long, value_name = "KEY")]
    remove: Vec<String>,
    /// Add the keys of this file, one on each line (`-`: stdin)
    #[arg(long, value_name = "FILE")]
    add_file: Option<PathBuf>,
    /// Remove the keys of this file
    #[arg(long, value_name = "FILE")]
    remove_file: Option<PathBuf>,
}

impl Update {
    pub(super) async fn run(mut self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let mut segment = None;
        let patch = self.document_patch()?;
        if patch.as_object().is_none_or(|members| !members.is_empty()) {
            segment = Some(api.patch(&["projects", project, "segments", &self.key], &patch).await?.body);
        }
        if let Some(path) = &self.add_file {
            self.add.extend(input::lines(path)?);
        }
        if let Some(path) = &self.remove_file {
            self.remove.extend(input::lines(path)?);
        }
        for (verb, keys) in [("add", &self.add), ("remove", &self.remove)] {
            if !keys.is_empty() {
                segment = Some(edit_list(api, project, &self.key, &self.list, verb, keys).await?);
            }
        }
        let Some(segment) = segment else {
            return Err(Failure::usage("nothing to change").hint("see `yardarm segments update --help`"));
        };
        out.result(&segment, format!("updated {}", describe(&self.key, &segment)))
    }

    fn document_patch(&self) -> Result<Value, Failure> {
        let mut patch = match &self.patch {
            Some(patch) => input::document(patch, "--patch")?,
            None => Value::Object(Map::new()),
        };
        for (name, value) in [("name", &self.name), ("description", &self.description)] {
            if let (Some(value), Some(members)) = (value, patch.as_object_mut()) {
                members.insert(name.to_owned(), json!(value));
            }
        }
        if let (false, Some(members)) = (self.rules.is_empty(), patch.as_object_mut()) {
            members.insert("rules".to_owned(), rules(&self.rules)?);
        }
        Ok(patch)
    }
}

fn rules(arguments: &[String]) -> Result<Value, Failure> {
    arguments.iter().map(|rule| input::document(rule, "--rule")).collect::<Result<Vec<_>, _>>().map(Value::from)
}

/// Adds or removes keys in batches; the answer of the last one is the segment.
async fn edit_list(
    api: &Api,
    project: &str,
    segment: &str,
    list: &str,
    verb: &str,
    keys: &[String],
) -> Result<Value, Failure> {
    let progress = Progress::new("Sending keys", false);
    let mut answer = Value::Null;
    let mut done = 0;
    for batch in keys.chunks(BATCH) {
        let body = json!({list: {verb: batch}});
        answer = api.patch(&["projects", project, "segments", segment, "lists"], &body).await?.body;
        done += batch.len();
        progress.at(done as u64, Some(keys.len() as u64));
    }
    Ok(answer)
}

fn describe(key: &str, segment: &Value) -> String {
    format!("{key}: {} included, {} excluded", text(&segment["included_count"]), text(&segment["excluded_count"]))
}
