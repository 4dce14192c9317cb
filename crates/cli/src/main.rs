//! The binary `yardarm`: the server, the demo, and the commands that talk to a server.

mod api;
mod clock;
mod commands;
mod declared;
mod demo;
mod failure;
mod folders;
mod node;
mod offline;
mod output;
mod planned;
mod profile;
mod provenance;
mod secret_key;
mod settings;
mod time_span;

use std::process::ExitCode;

use clap::Parser as _;
use failure::Ending;

fn main() -> ExitCode {
    let cli = match commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => return commands::told(&wrong),
    };
    let as_json = cli.json;
    let usage = cli.usage_code();
    match cli.run() {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Pending) => ExitCode::from(failure::PENDING),
        Err(failure) if failure.broken_pipe => ExitCode::SUCCESS,
        Err(mut failure) => {
            if failure.exit == failure::Exit::Usage {
                failure.exit = usage;
            }
            failure.print(as_json);
            ExitCode::from(failure.exit as u8)
        }
    }
}
