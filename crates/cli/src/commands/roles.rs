//! `yardarm roles …`

use clap::{Args, Subcommand};
use serde_json::json;

use super::input;
use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, text};

/// `yardarm roles`
#[derive(Args, Debug)]
pub(crate) struct Roles {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List roles: the built-in ones, and those that the tenant made
    List,
    /// List everything that roles and tokens can allow
    Permissions,
    /// Show what a role allows
    Show {
        /// Role key
        key: String,
    },
    /// Make a role that allows no more than you hold
    Create {
        /// Role key
        key: String,
        /// For people (default: the key)
        #[arg(long)]
        name: Option<String>,
        /// What it is for
        #[arg(long)]
        description: Option<String>,
        /// `[{"permissions": […], "projects": […] or "*", "environments": […] or "*"}]`, or `@file.json`
        #[arg(long, value_name = "JSON")]
        grants: String,
    },
    /// Change what a role allows, for everybody who holds it
    Update {
        /// Role key
        key: String,
        /// For people
        #[arg(long)]
        name: Option<String>,
        /// What it is for
        #[arg(long)]
        description: Option<String>,
        /// All grants anew, or `@file.json`
        #[arg(long, value_name = "JSON")]
        grants: Option<String>,
    },
    /// Delete a role that nobody holds
    Delete {
        /// Role key
        key: String,
    },
}

impl Roles {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["roles"], &[]).await?;
                out.list(&list, &["key", "name", "built in", "description"], "no roles", |role| {
                    ["key", "name", "built_in", "description"].iter().map(|name| text(&role[*name])).collect()
                })
            }
            Command::Permissions => {
                let list = api.get(&["permissions"], &[]).await?.body;
                out.list(&list, &["permission", "about", "least role", "allows"], "none", |permission| {
                    ["name", "level", "role", "description"].iter().map(|name| text(&permission[*name])).collect()
                })
            }
            Command::Show { key } => {
                let role = api.get(&["roles", &key], &[]).await?.body;
                out.result(&role, serde_json::to_string_pretty(&role)?)
            }
            Command::Create { key, name, description, grants } => {
                let mut body = json!({"key": key, "name": name.unwrap_or_else(|| key.clone())});
                body["grants"] = input::document(&grants, "--grants")?;
                if let Some(description) = description {
                    body["description"] = json!(description);
                }
                let role = api.post(&["roles"], &body).await?.body;
                out.result(&role, format!("created {key}"))
            }
            Command::Update { key, name, description, grants } => {
                let mut body = json!({});
                if let Some(name) = name {
                    body["name"] = json!(name);
                }
                if let Some(description) = description {
                    body["description"] = json!(description);
                }
                if let Some(grants) = grants {
                    body["grants"] = input::document(&grants, "--grants")?;
                }
                let role = api.patch(&["roles", &key], &body).await?.body;
                out.result(&role, format!("updated {key}"))
            }
            Command::Delete { key } => {
                api.delete(&["roles", &key]).await?;
                out.result(&json!({"key": key, "deleted": true}), format!("deleted {key}"))
            }
        }
    }
}
