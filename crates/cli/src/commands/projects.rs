//! `yardarm projects …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, text};

/// `yardarm projects`
#[derive(Args, Debug)]
pub(crate) struct Projects {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List projects
    List,
    /// Create a project
    Create {
        /// Project key
        key: String,
        /// Name for people (default: the key)
        #[arg(long)]
        name: Option<String>,
        /// What it is for
        #[arg(long)]
        description: Option<String>,
        /// An environment to begin with; repeat it (default: development, staging, production)
        #[arg(long = "environment", value_name = "KEY")]
        environments: Vec<String>,
    },
}

impl Projects {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["projects"], &[]).await?;
                let headers = ["key", "name", "environments", "flags"];
                out.list(&list, &headers, "no projects; `yardarm projects create KEY` makes one", |project| {
                    ["key", "name", "environments", "flags"].iter().map(|name| text(&project[*name])).collect()
                })
            }
            Command::Create { key, name, description, environments } => {
                let mut body = json!({"key": key, "name": name.as_deref().unwrap_or(&key)});
                if let Some(description) = description {
                    body["description"] = json!(description);
                }
                if !environments.is_empty() {
                    let environments: Vec<_> = environments.iter().map(|e| json!({"key": e, "name": e})).collect();
                    body["environments"] = json!(environments);
                }
                let project = api.post(&["projects"], &body).await?.body;
                out.result(&project, format!("created {key} with {} environments", text(&project["environments"])))
            }
        }
    }
}
