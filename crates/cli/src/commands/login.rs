//! `yardarm login`

use std::io::Read as _;

use clap::Args;

use crate::api::{Api, secret_file};
use crate::failure::Failure;
use crate::output::{Output, text};
use crate::profile;

/// Check an access token and keep it with the server's address in the profile file (mode 0600)
#[derive(Args, Debug)]
pub(crate) struct Login {
    /// Address of the server
    url: String,
    /// Access token, `yd_pat_…`; `-` reads it from stdin
    #[arg(long, env = "YARDARM_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Project used when a command names none
    #[arg(long, short)]
    project: Option<String>,
    /// Name of the profile
    #[arg(long, env = "YARDARM_PROFILE", default_value = "default")]
    profile: String,
}

impl Login {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let token = match self.token.as_deref() {
            Some("-") => {
                let mut token = String::new();
                std::io::stdin().read_to_string(&mut token)?;
                token.trim().to_owned()
            }
            Some(token) => token.to_owned(),
            None => secret_file("YARDARM_TOKEN_FILE")?.ok_or_else(|| {
                Failure::usage("no access token").hint("make one in the console under Settings, then add --token TOKEN")
            })?,
        };
        let path =
            profile::path().ok_or_else(|| Failure::failed("no home directory").hint("set YARDARM_CONFIG to a file"))?;
        let api = Api::new(&self.url, Some(token.clone()), None, None)?;
        let session = api.get(&["session"], &[]).await?.body;
        let mut profiles = profile::read(&path)?;
        let entry = profile::Profile { url: Some(self.url), token: Some(token), project: self.project };
        profiles.profiles.insert(self.profile, entry);
        profile::write(&path, &profiles)?;
        let who = text(&session["user"]["name"]);
        out.result(&session, format!("signed in as {who} ({}), kept in {}", text(&session["role"]), path.display()))
    }
}
