//! `yardarm users …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Connection;
use crate::failure::{Exit, Failure};
use crate::node::Node;
use crate::output::{BOLD, OFF, Output, joined, text};
use crate::settings::{LogLevel, ServerArgs};

/// `yardarm users`
#[derive(Args, Debug)]
pub(crate) struct Users {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List the people of the tenant
    List(Connection),
    /// Say anew which roles and groups somebody has
    Update {
        /// Their id, `usr_…`
        id: String,
        /// A role; all of theirs are replaced
        #[arg(long = "role")]
        roles: Vec<String>,
        /// They hold no role of their own
        #[arg(long, conflicts_with = "roles")]
        no_roles: bool,
        /// A group; all of theirs are replaced
        #[arg(long = "group")]
        groups: Vec<String>,
        /// They are in no group
        #[arg(long, conflicts_with = "groups")]
        no_groups: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Take somebody out of the tenant: their sessions end, their tokens are revoked
    Remove {
        /// Their id, `usr_…`
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Make a one-time sign-in link, directly on the database: for the operator, when somebody is locked out
    Link {
        /// E-mail address
        email: String,
        #[command(flatten)]
        server: Box<ServerArgs>,
    },
    /// Take somebody's second factors away and end their sessions, directly on the database: for the operator, when app,
    /// passkeys and recovery codes are lost
    ResetSecondFactors {
        /// E-mail address
        email: String,
        #[command(flatten)]
        server: Box<ServerArgs>,
    },
}

impl Users {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        match self.command {
            Command::List(connection) => {
                let list = connection.open()?.list(&["members"], &[]).await?;
                out.list(&list, &["id", "name", "e-mail", "roles", "groups"], "nobody", |member| {
                    let user = &member["user"];
                    let mut row: Vec<_> = ["id", "name", "email"].iter().map(|name| text(&user[*name])).collect();
                    row.extend([joined(&member["roles"]), joined(&member["groups"])]);
                    row
                })
            }
            Command::Update { id, roles, no_roles, groups, no_groups, connection } => {
                let mut body = json!({});
                if no_roles || !roles.is_empty() {
                    body["roles"] = json!(roles);
                }
                if no_groups || !groups.is_empty() {
                    body["groups"] = json!(groups);
                }
                let member = connection.open()?.patch(&["members", &id], &body).await?.body;
                out.result(&member, format!("{id} has roles {}", joined(&member["roles"])))
            }
            Command::Remove { id, connection } => {
                connection.open()?.delete(&["members", &id]).await?;
                out.result(&json!({"id": id, "removed": true}), format!("removed {id}"))
            }
            Command::Link { email, server } => {
                let (node, base_url) = existing(*server).await?;
                let secret = node.app.sign_in_link(&email).await.map_err(|error| Failure::failed(error.to_string()))?;
                let secret = secret.ok_or_else(|| nobody(&email))?;
                let link = format!("{base_url}/sign-in?token={secret}");
                out.result(
                    &json!({"email": email, "url": link}),
                    format!("{BOLD}{link}{OFF}\nworks once, within a day"),
                )
            }
            Command::ResetSecondFactors { email, server } => {
                let (node, _) = existing(*server).await?;
                let done = node.app.reset_second_factors(&email).await;
                if !done.map_err(|error| Failure::failed(error.to_string()))? {
                    return Err(nobody(&email));
                }
                let said = format!("{email} signs in with a password alone again, and has been signed out everywhere");
                out.result(&json!({"email": email, "second_factors": []}), said)
            }
        }
    }
}

/// The database as it is, and the address that people use.
async fn existing(server: ServerArgs) -> Result<(Node, String), Failure> {
    let resolved = server.resolve(std::path::Path::new("yardarm-data"), LogLevel::Warn)?;
    let base_url = resolved.server.base_url.clone();
    Ok((Node::open_existing(resolved.server).await?, base_url))
}

fn nobody(email: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("nobody here has an account of their own with the address {email}"))
        .hint("who was made by a directory or an identity provider comes in by that; owners can invite them")
}
