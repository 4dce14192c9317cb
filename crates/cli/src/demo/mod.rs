//! `yardarm demo`: a server with a seeded shop, in one folder.

mod credentials;
mod plan;
mod seed;

use std::path::Path;

use clap::Args;
use serde_json::json;
use yardarm_store::Store;

use crate::failure::Failure;
use crate::node::{self, Node};
use crate::output::{BOLD, DIM, OFF, Output, line};
use crate::settings::{LogLevel, ServerArgs};
use credentials::Credentials;

/// The usual data folder.
const DATA_DIR: &str = "yardarm-demo";
/// The environment that the printed keys open.
const ENVIRONMENT: &str = "production";
const PROJECT: &str = "shop";

/// Start a server with a seeded shop: 46 flags, 5 segments, 3 environments, three months of history
///
/// Everything is in one folder; delete it to begin anew. Started again, it keeps what was changed, and its keys.
/// With `--json` it prints one line of JSON on stdout once it serves.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    #[command(flatten)]
    server: ServerArgs,
}

impl Demo {
    pub(crate) fn run(self, out: Output) -> Result<(), Failure> {
        let mut resolved = self.server.resolve(Path::new(DATA_DIR), LogLevel::Warn)?;
        node::start_log(resolved.log_format, resolved.log);
        node::raise_file_limit();
        node::runtime()?.block_on(async {
            let _kept = node::survive_file_size_limit()?;
            let listener = node::listen(&mut resolved).await?;
            let settings = resolved.server;
            let (base_url, data_dir) = (settings.base_url.clone(), settings.data_dir.clone());
            let store = node::open_store(&settings).await?;
            let credentials = prepare(&*store, &data_dir).await?;
            let node = Node::start(settings, store).await?;
            let link = node
                .app
                .sign_in_link(seed::OWNER_EMAIL)
                .await
                .map_err(|error| node::store_failure(&error))?
                .ok_or_else(|| Failure::failed("the demo's owner is gone").hint("delete the folder to begin anew"))?;
            let console_url = format!("{base_url}/sign-in?token={link}");
            let ready = Ready {
                base_url: &base_url,
                console_url: &console_url,
                data_dir: &data_dir,
                credentials: &credentials,
            };
            let shutdown = node::stop_signal()?;
            ready.announce(out)?;
            node.serve(listener, shutdown).await
        })
    }
}

/// Seeds what is missing, and finds or makes the keys that are shown.
async fn prepare(store: &dyn Store, data_dir: &Path) -> Result<Credentials, Failure> {
    let seeded = seed::seed(store).await?;
    credentials::ensure(store, &seeded, data_dir).await
}

/// What the person typed to start this, so that the printed command works as it stands.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "yardarm".to_owned())
}

struct Ready<'a> {
    base_url: &'a str,
    console_url: &'a str,
    data_dir: &'a Path,
    credentials: &'a Credentials,
}

impl Ready<'_> {
    fn announce(&self, out: Output) -> Result<(), Failure> {
        let Self { base_url, console_url, data_dir, credentials } = self;
        let Credentials { token, server_key, client_key } = credentials;
        if out.json {
            return line(
                json!({
                    "url": base_url, "console_url": console_url, "token": token, "project": PROJECT,
                    "environment": ENVIRONMENT, "server_key": server_key, "client_key": client_key,
                })
                .to_string(),
            );
        }
        line(format!(
            "\
{BOLD}Yardarm is serving a shop.{OFF} Everything is in {folder}; delete it to begin anew.

  Console       {BOLD}{console_url}{OFF}
                {DIM}signs you in, once; the next start prints another link{OFF}
  Project       {PROJECT}, environment {ENVIRONMENT}
  Server key    {server_key}
  Client key    {client_key}
  Access token  {token}

Ask for a flag:

  curl -s {base_url}/ofrep/v1/evaluate/flags/new-checkout \\
    -H 'Authorization: Bearer {server_key}' -H 'Content-Type: application/json' \\
    -d '{{\"context\": {{\"targetingKey\": \"user-7\", \"country\": \"DE\"}}}}'

Turn it off, then ask again:

  export YARDARM_URL={base_url} YARDARM_TOKEN={token}
  {program} flags off new-checkout --environment {ENVIRONMENT}

Ctrl-C stops it.",
            folder = data_dir.display(),
            program = program(),
        ))
    }
}
