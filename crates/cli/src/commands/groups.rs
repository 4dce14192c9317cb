//! `yardarm groups …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, joined, text};

/// `yardarm groups`
#[derive(Args, Debug)]
pub(crate) struct Groups {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List groups, their roles and how many are in them
    List,
    /// Show a group and the ids of who is in it
    Show {
        /// Group key
        key: String,
    },
    /// Make a group with nobody in it
    Create {
        /// Group key
        key: String,
        /// For people (default: the key)
        #[arg(long)]
        name: Option<String>,
        /// A role that everybody in it holds; may be given several times
        #[arg(long = "role")]
        roles: Vec<String>,
    },
    /// Say anew which roles a group holds
    Update {
        /// Group key
        key: String,
        /// For people
        #[arg(long)]
        name: Option<String>,
        /// A role that everybody in it holds; all of them are replaced
        #[arg(long = "role")]
        roles: Vec<String>,
        /// It holds no role
        #[arg(long, conflicts_with = "roles")]
        no_roles: bool,
    },
    /// Put people in and take people out, in one change
    Members {
        /// Group key
        key: String,
        /// Id of a person, `usr_…`
        #[arg(long)]
        add: Vec<String>,
        /// Id of a person, `usr_…`
        #[arg(long)]
        remove: Vec<String>,
    },
    /// Delete a group; whoever was in it no longer holds its roles
    Delete {
        /// Group key
        key: String,
    },
}

impl Groups {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["groups"], &[]).await?;
                out.list(&list, &["key", "name", "roles", "people"], "no groups", |group| {
                    let people = group["members"].as_array().map_or(0, Vec::len);
                    vec![text(&group["key"]), text(&group["name"]), joined(&group["roles"]), people.to_string()]
                })
            }
            Command::Show { key } => {
                let group = api.get(&["groups", &key], &[]).await?.body;
                out.result(&group, serde_json::to_string_pretty(&group)?)
            }
            Command::Create { key, name, roles } => {
                let body = json!({"key": key, "name": name.unwrap_or_else(|| key.clone()), "roles": roles});
                let group = api.post(&["groups"], &body).await?.body;
                out.result(&group, format!("created {key}"))
            }
            Command::Update { key, name, roles, no_roles } => {
                let mut body = json!({});
                if let Some(name) = name {
                    body["name"] = json!(name);
                }
                if no_roles || !roles.is_empty() {
                    body["roles"] = json!(roles);
                }
                let group = api.patch(&["groups", &key], &body).await?.body;
                out.result(&group, format!("updated {key}"))
            }
            Command::Members { key, add, remove } => {
                let body = json!({"add": add, "remove": remove});
                let group = api.patch(&["groups", &key, "members"], &body).await?.body;
                let people = group["members"].as_array().map_or(0, Vec::len);
                out.result(&group, format!("{people} in {key}"))
            }
            Command::Delete { key } => {
                api.delete(&["groups", &key]).await?;
                out.result(&json!({"key": key, "deleted": true}), format!("deleted {key}"))
            }
        }
    }
}
