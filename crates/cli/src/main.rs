//! The binary `yardarm`: the server, the demo, and the commands that talk to a server.

mod api;
mod clock;
mod commands;
mod demo;
mod failure;
mod node;
mod offline;
mod output;
mod profile;
mod secret_key;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    let as_json = cli.json;
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.broken_pipe => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(as_json);
            ExitCode::from(failure.exit as u8)
        }
    }
}
