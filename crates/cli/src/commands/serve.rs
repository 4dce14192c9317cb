//! `yardarm serve`

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::node::{self, Node};
use crate::output::{BOLD, OFF, Output, line};
use crate::settings::{LogLevel, ServerArgs};

/// The usual data folder.
const DATA_DIR: &str = "yardarm-data";

/// Start the server: the management API, the console and the delivery of flags
///
/// Settings come from `yardarm.toml`, overridden by `YARDARM_*`, overridden by flags. While nobody can sign in, it
/// prints a one-time link that makes the first owner. SIGTERM drains: open requests end, streams are told to reconnect.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    server: ServerArgs,
}

impl Serve {
    pub(crate) fn run(self, out: Output) -> Result<(), Failure> {
        let mut resolved = self.server.resolve(Path::new(DATA_DIR), LogLevel::Info)?;
        node::start_log(resolved.log_format, resolved.log);
        node::raise_file_limit();
        node::runtime()?.block_on(async {
            let _kept = node::survive_file_size_limit()?;
            let listener = node::listen(&mut resolved).await?;
            let (listen, base_url) = (resolved.server.listen, resolved.server.base_url.clone());
            let store = node::open_store(&resolved.server).await?;
            let node = Node::start(resolved.server, store).await?;
            // A database that is away now is no reason not to serve what the snapshot holds.
            let setup = match node.app.setup_link().await {
                Ok(secret) => secret.map(|secret| format!("{base_url}/setup?token={secret}")),
                Err(error) => {
                    tracing::warn!(%error, "cannot tell whether an owner is needed");
                    None
                }
            };
            tracing::info!(%listen, base_url, "serving");
            let shutdown = node::stop_signal()?;
            announce(&base_url, setup.as_deref(), out)?;
            node.serve(listener, shutdown).await
        })
    }
}

fn announce(base_url: &str, setup: Option<&str>, out: Output) -> Result<(), Failure> {
    if out.json {
        return line(json!({"url": base_url, "setup_url": setup}).to_string());
    }
    line(format!("Yardarm is at {BOLD}{base_url}{OFF}"))?;
    match setup {
        Some(link) => line(format!("Nobody can sign in yet. Make the first owner (works once):\n  {BOLD}{link}{OFF}")),
        None => Ok(()),
    }
}
