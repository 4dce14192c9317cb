//! `yardarm sso …`

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::api::{Connection, secret_file};
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, text};

/// `yardarm sso`
#[derive(Args, Debug)]
pub(crate) struct Sso {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List SSO connections (never their secrets)
    List,
    /// Connect an identity provider (`OpenID` Connect); its client secret is read from `YARDARM_SSO_SECRET_FILE`, if that is set
    Create {
        /// What the sign-in page calls it
        name: String,
        /// The provider describes itself below this address
        #[arg(long)]
        issuer: String,
        /// Client id at the provider
        #[arg(long)]
        client_id: String,
        /// Domains of e-mail addresses that the provider may speak for
        #[arg(long = "domain", value_name = "DOMAIN")]
        domains: Vec<String>,
        /// Whoever signs in and is not here yet becomes a member
        #[arg(long)]
        provision: bool,
        /// Roles of new members
        #[arg(long = "role", value_name = "ROLE")]
        default_roles: Vec<String>,
        /// Who became a member by signing in has a role here while they are in a group at the provider: `developers=editor`
        #[arg(long = "group", value_name = "GROUP=ROLE", value_parser = mapping)]
        groups: Vec<(String, String)>,
    },
    /// Remove an SSO connection with the sessions that it opened
    Remove {
        /// Its id, `sso_…`
        id: String,
    },
    /// Say whether members must come by the tenant's identity provider; owners keep their other ways in
    Require {
        /// Key of the tenant
        tenant: String,
        /// No longer
        #[arg(long)]
        off: bool,
    },
}

/// `developers=editor`
fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((group, role)) if !group.is_empty() && !role.is_empty() => Ok((group.to_owned(), role.to_owned())),
        _ => Err("write a group and a role, for example developers=editor".to_owned()),
    }
}

impl Sso {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["sso-connections"], &[]).await?;
                out.list(&list, &["id", "name", "issuer", "client", "provisions"], "no SSO connections", |connection| {
                    ["id", "name", "issuer", "client_id", "provision"]
                        .iter()
                        .map(|name| text(&connection[*name]))
                        .collect()
                })
            }
            Command::Create { name, issuer, client_id, domains, provision, default_roles, groups } => {
                let mut mapped = Map::new();
                for (group, role) in groups {
                    let entry = mapped.entry(group).or_insert_with(|| json!({ "roles": [] }));
                    if let Some(Value::Array(roles)) = entry.get_mut("roles") {
                        roles.push(Value::String(role));
                    }
                }
                let mut body = json!({
                    "name": name, "issuer": issuer, "client_id": client_id, "domains": domains, "provision": provision,
                    "default_roles": default_roles, "groups": mapped,
                });
                if let Some(secret) = secret_file("YARDARM_SSO_SECRET_FILE")? {
                    body["client_secret"] = Value::String(secret);
                }
                let made = api.post(&["sso-connections"], &body).await?.body;
                let (id, uri) = (text(&made["id"]), text(&made["redirect_uri"]));
                out.result(&made, format!("{BOLD}{id}{OFF}\nenter this redirect URI at the provider: {uri}"))
            }
            Command::Remove { id } => {
                api.delete(&["sso-connections", &id]).await?;
                out.result(&json!({"id": id, "removed": true}), format!("removed {id}"))
            }
            Command::Require { tenant, off } => {
                let changed = api.patch(&["tenants", &tenant], &json!({ "requires_sso": !off })).await?.body;
                let said = if off { "may sign in as they like" } else { "must come by the identity provider" };
                out.result(&changed, format!("members of {tenant} {said}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings() {
        assert_eq!(mapping("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        for wrong in ["", "a", "a=", "=b"] {
            assert!(mapping(wrong).is_err(), "{wrong}");
        }
    }
}
