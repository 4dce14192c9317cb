//! `yardarm scim …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::{Api, Connection};
use crate::clock::now_ms;
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, text};
use crate::time_span::duration_ms;

/// `yardarm scim`
#[derive(Args, Debug)]
pub(crate) struct Scim {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Let a directory (Okta, Entra ID, …) keep people and groups: makes a service account that holds `scim.manage` and
    /// nothing else, and its token, which is shown once. Owners only
    Token {
        /// What the directory is called
        #[arg(default_value = "Directory")]
        name: String,
        /// The token ends after this long: `365d`, `12h`
        #[arg(long, value_name = "TIME", value_parser = duration_ms)]
        expires_in: Option<i64>,
    },
}

/// Key of the role that directories hold.
const ROLE: &str = "scim";

impl Scim {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::Token { name, expires_in } => {
                make_role(&api).await?;
                let account = json!({ "name": name, "description": "Keeps people and groups (SCIM)", "roles": [ROLE] });
                let account = api.post(&["service-accounts"], &account).await?.body;
                let mut body = json!({ "name": name, "service_account": account["id"], "role": ROLE });
                if let Some(expires_in) = expires_in {
                    body["expires_at"] = json!(now_ms().saturating_add(expires_in));
                }
                let token = api.post(&["tokens"], &body).await?.body;
                let address = format!("{}/scim/v2", api.url().trim_end_matches('/'));
                let mut result = token.clone();
                result["scim_url"] = json!(address);
                let words = format!(
                    "address  {address}\ntoken    {BOLD}{}{OFF}\nenter both at the directory; the token is shown only now ({})",
                    text(&token["token"]),
                    text(&token["id"])
                );
                out.result(&result, words)
            }
        }
    }
}

/// The role of directories, unless it is there.
async fn make_role(api: &Api) -> Result<(), Failure> {
    let roles = api.list(&["roles"], &[]).await?;
    if roles["items"].as_array().into_iter().flatten().any(|role| role["key"] == ROLE) {
        return Ok(());
    }
    let grants = json!([{ "permissions": ["scim.manage"], "projects": "*", "environments": "*" }]);
    api.post(&["roles"], &json!({ "key": ROLE, "name": "Directory", "grants": grants })).await?;
    Ok(())
}
