//! `yardarm flags …`

mod archive;
mod copy;
mod create;
mod get;
mod list;
mod rollout;
mod switch;
mod types;
mod update;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{Output, text};

/// `yardarm flags`
#[derive(Args, Debug)]
pub(crate) struct Flags {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List flags and what they serve in each environment
    List(list::List),
    /// Show a flag, or what it serves in one environment
    Get(get::Get),
    /// Create a flag; it is off in every environment
    Create(create::Create),
    /// Change a flag, or what it serves in one environment
    Update(update::Update),
    /// Turn a flag on in an environment
    On(switch::Switch),
    /// Turn a flag off in an environment: everyone gets the off variant
    Off(switch::Switch),
    /// Archive a flag: served nowhere, its key stays taken
    Archive(archive::Archive),
    /// Bring an archived flag back
    Restore(archive::Archive),
    /// Copy what a flag serves from one environment to another
    Copy(copy::Copy),
    /// Serve a variant to a percentage
    Rollout(rollout::Rollout),
    /// Write a typed client module: a method for each flag
    Types(types::Types),
}

impl Flags {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        match self.command {
            Command::List(command) => command.run(&api, &project, out).await,
            Command::Get(command) => command.run(&api, &project, out).await,
            Command::Create(command) => command.run(&api, &project, out).await,
            Command::Update(command) => command.run(&api, &project, out).await,
            Command::On(command) => command.run(&api, &project, out, true).await,
            Command::Off(command) => command.run(&api, &project, out, false).await,
            Command::Archive(command) => command.run(&api, &project, out, "archive").await,
            Command::Restore(command) => command.run(&api, &project, out, "restore").await,
            Command::Copy(command) => command.run(&api, &project, out).await,
            Command::Rollout(command) => command.run(&api, &project, out).await,
            Command::Types(command) => command.run(&api, &project).await,
        }
    }
}

/// `new-checkout is on in production: 10 % · country in DE`
fn serves(flag: &str, environment: &str, configuration: &Value) -> String {
    let on = if configuration["on"] == true { "on" } else { "off" };
    let serves = text(&configuration["serves"]["text"]);
    if serves.is_empty() || serves == on {
        format!("{flag} is {on} in {environment}")
    } else {
        format!("{flag} is {on} in {environment}: {serves}")
    }
}
