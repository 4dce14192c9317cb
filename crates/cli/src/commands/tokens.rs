//! `yardarm tokens …`

use clap::{Args, Subcommand};
use serde_json::json;

use super::input;
use crate::api::Connection;
use crate::clock::now_ms;
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, instant, text};
use crate::time_span::duration_ms;

/// `yardarm tokens`
#[derive(Args, Debug)]
pub(crate) struct Tokens {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List access tokens (never the secrets: those are shown once)
    List,
    /// Create an access token and show it, once
    Create {
        /// Name for people: which program or person holds it
        name: String,
        /// Role that it is limited to (default: whatever you hold at any time); never more than you hold
        #[arg(long, conflicts_with = "grants")]
        role: Option<String>,
        /// What it is limited to, as JSON or `@file.json`: see `yardarm roles create --help`
        #[arg(long, value_name = "JSON")]
        grants: Option<String>,
        /// For this service account (`svc_…`) instead of you
        #[arg(long, value_name = "ID")]
        service_account: Option<String>,
        /// Ends after this long: `90d`, `12h`
        #[arg(long, value_name = "TIME", value_parser = duration_ms)]
        expires_in: Option<i64>,
    },
    /// Revoke an access token, at once
    Revoke {
        /// Its id, `tok_…`
        id: String,
    },
}

impl Tokens {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["tokens"], &[]).await?;
                let headers = ["id", "name", "role", "token", "created", "expires", "last used", "revoked"];
                out.list(&list, &headers, "no access tokens", |token| {
                    let mut row: Vec<_> = ["id", "name", "role"].iter().map(|name| text(&token[*name])).collect();
                    row.push(format!("{}…", text(&token["hint"]).trim_end_matches('…')));
                    row.extend(
                        ["created_at", "expires_at", "last_used_at", "revoked_at"].map(|name| instant(&token[name])),
                    );
                    row
                })
            }
            Command::Create { name, role, grants, service_account, expires_in } => {
                let mut body = json!({"name": name});
                if let Some(role) = role {
                    body["role"] = json!(role);
                }
                if let Some(grants) = grants {
                    body["grants"] = input::document(&grants, "--grants")?;
                }
                if let Some(account) = service_account {
                    body["service_account"] = json!(account);
                }
                if let Some(expires_in) = expires_in {
                    body["expires_at"] = json!(now_ms().saturating_add(expires_in));
                }
                let token = api.post(&["tokens"], &body).await?.body;
                let secret = text(&token["token"]);
                let id = text(&token["id"]);
                out.result(&token, format!("{BOLD}{secret}{OFF}\nkeep it: it is shown only now ({id})"))
            }
            Command::Revoke { id } => {
                api.delete(&["tokens", &id]).await?;
                out.result(&json!({"id": id, "revoked": true}), format!("revoked {id}"))
            }
        }
    }
}
