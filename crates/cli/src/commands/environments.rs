//! `yardarm environments …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::Connection;
use crate::failure::{Ending, Failure};
use crate::output::{Output, text};

mod promote;

/// `yardarm environments`
#[derive(Args, Debug)]
pub(crate) struct Environments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List environments
    List,
    /// Create an environment; every flag is off in it
    Create {
        /// Environment key
        key: String,
        #[command(flatten)]
        looks: Looks,
    },
    /// Change an environment
    Update {
        /// Environment key
        key: String,
        #[command(flatten)]
        looks: Looks,
    },
    /// Delete an environment with its configurations and SDK keys
    Delete {
        /// Environment key
        key: String,
        /// Yes, also when it is a production environment
        #[arg(long)]
        yes: bool,
    },
    Diff(promote::Diff),
    Promote(promote::Promote),
}

#[derive(Args, Debug)]
struct Looks {
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// Place in lists and columns, from 0
    #[arg(long)]
    position: Option<u32>,
    /// Colour in the console
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=6))]
    color: Option<u8>,
    /// Changes here are marked as risky
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    production: Option<bool>,
}

impl Looks {
    fn onto(&self, mut body: Value) -> Value {
        if let Some(name) = &self.name {
            body["name"] = json!(name);
        }
        if let Some(position) = self.position {
            body["position"] = json!(position);
        }
        if let Some(color) = self.color {
            body["color"] = json!(color);
        }
        if let Some(production) = self.production {
            body["production"] = json!(production);
        }
        body
    }
}

impl Environments {
    /// Whether exit code 2 means that something differs.
    pub(crate) fn compares(&self) -> bool {
        matches!(self.command, Command::Diff(_))
    }

    pub(crate) async fn run(self, out: Output) -> Result<Ending, Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        let all = ["projects", &project, "environments"];
        let done = match self.command {
            Command::Diff(diff) => return diff.run(&api, &project, out).await,
            Command::Promote(promote) => promote.run(&api, &project, out).await,
            Command::List => {
                let list = api.list(&all, &[]).await?;
                out.list(&list, &["key", "name", "production"], "no environments", |environment| {
                    let production = if environment["production"] == true { "yes" } else { "" };
                    vec![text(&environment["key"]), text(&environment["name"]), production.to_owned()]
                })
            }
            Command::Create { key, looks } => {
                let mut body = looks.onto(json!({"key": key}));
                if body["name"].is_null() {
                    body["name"] = json!(key);
                }
                let environment = api.post(&all, &body).await?.body;
                out.result(&environment, format!("created {key}\nmake a key for it: yardarm keys create NAME --environment {key} --audience server"))
            }
            Command::Update { key, looks } => {
                let patch = looks.onto(json!({}));
                if patch.as_object().is_none_or(serde_json::Map::is_empty) {
                    return Err(Failure::usage("nothing to change").hint("see `yardarm environments update --help`"));
                }
                let environment = api.patch(&[&all[..], &[&key]].concat(), &patch).await?.body;
                out.result(&environment, format!("updated {key}"))
            }
            Command::Delete { key, yes } => {
                let path = [&all[..], &[&key]].concat();
                if !yes && api.get(&path, &[]).await?.body["production"] == true {
                    return Err(Failure::usage(format!("{key} is a production environment"))
                        .hint("its configurations and SDK keys go with it; add --yes to delete it all the same"));
                }
                api.delete(&path).await?;
                out.result(&json!({"key": key, "deleted": true}), format!("deleted {key}"))
            }
        };
        done.map(|()| Ending::Done)
    }
}
