//! `yardarm keys …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, instant, text};
use crate::time_span::duration_ms;

/// `yardarm keys`
#[derive(Args, Debug)]
pub(crate) struct Keys {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List SDK keys (never the secrets: those are shown once)
    List,
    /// Create an SDK key and show it, once
    Create {
        /// Name for people: which program holds it
        name: String,
        /// Environment it opens
        #[arg(long, short)]
        environment: String,
        /// `server` reads rulesets; `client` (browser, mobile) gets evaluated answers only
        #[arg(long, value_parser = ["server", "client"])]
        audience: String,
        /// Of a client key: answer only contexts that the application's server has signed
        #[arg(long)]
        attested: bool,
    },
    /// Rename an SDK key, or have it ask for signed contexts
    Update {
        /// Its id, `key_…`
        id: String,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Of a client key: whether it answers only contexts that the application's server has signed
        #[arg(long, value_name = "BOOLEAN")]
        attested: Option<bool>,
    },
    /// Make another key like this one and show it, once; the old one goes on for a while
    Rotate {
        /// Id of the old one, `key_…`
        id: String,
        /// How long both are good: `24h`, `7d`
        #[arg(long, value_name = "TIME", value_parser = duration_ms, default_value = "24h")]
        overlap: i64,
    },
    /// Revoke an SDK key, at once
    Revoke {
        /// Its id, `key_…`
        id: String,
    },
}

impl Keys {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        let all = ["projects", &project, "keys"];
        match self.command {
            Command::List => {
                let list = api.list(&all, &[]).await?;
                let headers =
                    ["id", "name", "environment", "audience", "attested", "key", "created", "revoked", "ends"];
                out.list(&list, &headers, "no SDK keys; `yardarm keys create NAME` makes one", |key| {
                    let mut row: Vec<_> =
                        ["id", "name", "environment", "audience"].iter().map(|name| text(&key[*name])).collect();
                    row.push(if key["attested"] == true { "yes".to_owned() } else { String::new() });
                    row.push(format!("{}…", text(&key["hint"]).trim_end_matches('…')));
                    row.extend(["created_at", "revoked_at", "expires_at"].map(|name| instant(&key[name])));
                    row
                })
            }
            Command::Create { name, environment, audience, attested } => {
                let mut body = json!({"name": name, "environment": environment, "audience": audience});
                if attested {
                    body["attested"] = true.into();
                }
                let key = api.post(&all, &body).await?.body;
                let secret = text(&key["key"]);
                out.result(&key, format!("{BOLD}{secret}{OFF}\nkeep it: it is shown only now ({})", text(&key["id"])))
            }
            Command::Update { id, name, attested } => {
                let mut patch = json!({});
                if let Some(name) = name {
                    patch["name"] = name.into();
                }
                if let Some(attested) = attested {
                    patch["attested"] = attested.into();
                }
                if patch.as_object().is_none_or(serde_json::Map::is_empty) {
                    return Err(Failure::usage("nothing to change").hint("see `yardarm keys update --help`"));
                }
                let key = api.patch(&[&all[..], &[&id]].concat(), &patch).await?.body;
                out.result(&key, format!("updated {id}"))
            }
            Command::Rotate { id, overlap } => {
                let body = json!({"overlap_seconds": overlap / 1_000});
                let key = api.post(&[&all[..], &[&id, "rotate"]].concat(), &body).await?.body;
                let secret = text(&key["key"]);
                out.result(&key, format!("{BOLD}{secret}{OFF}\nkeep it: it is shown only now ({})", text(&key["id"])))
            }
            Command::Revoke { id } => {
                api.delete(&[&all[..], &[&id]].concat()).await?;
                out.result(&json!({"id": id, "revoked": true}), format!("revoked {id}"))
            }
        }
    }
}
