//! `yardarm service-accounts …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, instant, joined, text};

/// `yardarm service-accounts`
#[derive(Args, Debug)]
pub(crate) struct ServiceAccounts {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List service accounts
    List,
    /// Make a service account; `yardarm tokens create --service-account` makes its tokens
    Create {
        /// For people: which program it is
        name: String,
        /// What it is for
        #[arg(long)]
        description: Option<String>,
        /// A role that it holds; may be given several times
        #[arg(long = "role")]
        roles: Vec<String>,
    },
    /// Say anew what it is called and holds
    Update {
        /// Its id, `svc_…`
        id: String,
        /// For people
        #[arg(long)]
        name: Option<String>,
        /// A role that it holds; all of them are replaced
        #[arg(long = "role")]
        roles: Vec<String>,
        /// It holds no role
        #[arg(long, conflicts_with = "roles")]
        no_roles: bool,
    },
    /// Delete it; its tokens are revoked
    Delete {
        /// Its id, `svc_…`
        id: String,
    },
}

impl ServiceAccounts {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let all = "service-accounts";
        match self.command {
            Command::List => {
                let list = api.list(&[all], &[]).await?;
                out.list(&list, &["id", "name", "roles", "created"], "no service accounts", |account| {
                    let roles = joined(&account["roles"]);
                    vec![text(&account["id"]), text(&account["name"]), roles, instant(&account["created_at"])]
                })
            }
            Command::Create { name, description, roles } => {
                let mut body = json!({"name": name, "roles": roles});
                if let Some(description) = description {
                    body["description"] = json!(description);
                }
                let account = api.post(&[all], &body).await?.body;
                out.result(&account, format!("created {}", text(&account["id"])))
            }
            Command::Update { id, name, roles, no_roles } => {
                let mut body = json!({});
                if let Some(name) = name {
                    body["name"] = json!(name);
                }
                if no_roles || !roles.is_empty() {
                    body["roles"] = json!(roles);
                }
                let account = api.patch(&[all, &id], &body).await?.body;
                out.result(&account, format!("updated {id}"))
            }
            Command::Delete { id } => {
                api.delete(&[all, &id]).await?;
                out.result(&json!({"id": id, "deleted": true}), format!("deleted {id}"))
            }
        }
    }
}
