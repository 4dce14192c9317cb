//! `yardarm invitations …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::{Answer, Connection};
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, instant, joined, text};

/// `yardarm invitations`
#[derive(Args, Debug)]
pub(crate) struct Invitations {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List invitations that nobody accepted yet
    List,
    /// Invite somebody and show the secret of the link, once
    Create {
        /// E-mail address: only who has it can accept
        email: String,
        /// A role that they will hold; may be given several times
        #[arg(long = "role")]
        roles: Vec<String>,
        /// A group that they will be in; may be given several times
        #[arg(long = "group")]
        groups: Vec<String>,
    },
    /// Make a new link in the place of the old one
    Again {
        /// Its id, `inv_…`
        id: String,
    },
    /// Take an invitation back
    Revoke {
        /// Its id, `inv_…`
        id: String,
    },
}

impl Invitations {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["invitations"], &[]).await?;
                out.list(&list, &["id", "e-mail", "roles", "groups", "link ends"], "nobody is invited", |invitation| {
                    vec![
                        text(&invitation["id"]),
                        text(&invitation["email"]),
                        joined(&invitation["roles"]),
                        joined(&invitation["groups"]),
                        instant(&invitation["expires_at"]),
                    ]
                })
            }
            Command::Create { email, roles, groups } => {
                let body = json!({"email": email, "roles": roles, "groups": groups});
                show(out, &api.post(&["invitations"], &body).await?)
            }
            Command::Again { id } => show(out, &api.post(&["invitations", &id, "again"], &json!({})).await?),
            Command::Revoke { id } => {
                api.delete(&["invitations", &id]).await?;
                out.result(&json!({"id": id, "revoked": true}), format!("revoked {id}"))
            }
        }
    }
}

fn show(out: Output, answer: &Answer) -> Result<(), Failure> {
    let invitation = &answer.body;
    let secret = text(&invitation["token"]);
    let (email, ends) = (text(&invitation["email"]), instant(&invitation["expires_at"]));
    out.result(invitation, format!("{BOLD}{secret}{OFF}\nfor {email} alone, once, until {ends}; it is shown only now"))
}
