//! `yardarm users …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Connection;
use crate::failure::{Exit, Failure};
use crate::node::Node;
use crate::output::{BOLD, OFF, Output, text};
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
                out.list(&list, &["name", "e-mail", "role"], "nobody", |member| {
                    let user = &member["user"];
                    vec![text(&user["name"]), text(&user["email"]), text(&member["role"])]
                })
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
    Failure::new(Exit::NotFound, format!("nobody here has the address {email}"))
}
