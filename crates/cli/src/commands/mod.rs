//! The commands, one file each.

mod apply;
mod audit;
mod changes;
mod completions;
mod drift;
mod environments;
mod eval;
mod export;
mod flags;
mod groups;
mod history;
mod import;
mod input;
mod invitations;
mod keys;
mod login;
mod openapi;
mod plan;
mod policies;
mod projects;
mod quotas;
#[cfg(test)]
mod reference;
mod roles;
mod schema;
mod scim;
mod segments;
mod serve;
mod service_accounts;
mod sso;
mod tokens;
mod users;
mod webhooks;

use clap::{Parser, Subcommand};

use std::process::ExitCode;

use crate::failure::{Ending, Exit, Failure};
use crate::output::Output;

/// Feature flags: targeting, rollouts and history in one program.
#[derive(Parser, Debug)]
#[command(name = "yardarm", version, max_term_width = 100, after_help = AFTER_HELP)]
#[command(propagate_version = true, infer_subcommands = false)]
pub(crate) struct Cli {
    /// Print JSON on stdout (and errors as JSON on stderr)
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong usage (plan, drift, environments diff: something differs) · 3 not found · 4 not allowed · 5 conflict or stale · \
6 refused input · 7 server unreachable · 8 needs approval, or a policy forbids it

New here? `yardarm demo` starts a server with a seeded shop and says what to try.";

/// Commands without a line here say it on their own type.
#[derive(Subcommand, Debug)]
enum Command {
    Serve(serve::Serve),
    Demo(crate::demo::Demo),
    Eval(eval::Eval),
    /// Flags: list, change, turn on and off
    Flags(flags::Flags),
    /// Segments: reusable sets of contexts
    Segments(segments::Segments),
    /// Policies: what changes must keep to
    Policies(policies::Policies),
    /// Environments of a project
    Environments(environments::Environments),
    /// Projects of the tenant
    Projects(projects::Projects),
    /// SDK keys
    Keys(keys::Keys),
    /// Access tokens for this program and the management API
    Tokens(tokens::Tokens),
    Quotas(quotas::Quotas),
    /// Change requests: changes that wait for others' consent or for their time
    Changes(changes::Changes),
    /// Who changed what, and undo
    History(history::History),
    /// The audit log as evidence: search, export, verify
    Audit(audit::Audit),
    Export(export::Export),
    Import(import::Import),
    Plan(plan::Plan),
    Apply(apply::Apply),
    Drift(drift::Drift),
    Schema(schema::Schema),
    /// People of the tenant, and one-time sign-in links
    Users(users::Users),
    /// Invitations to the tenant
    Invitations(invitations::Invitations),
    /// Groups: people who hold the same roles
    Groups(groups::Groups),
    /// Roles: built in, and your own made of permissions
    Roles(roles::Roles),
    /// Service accounts: programs that hold roles
    ServiceAccounts(service_accounts::ServiceAccounts),
    /// Sign-in by the tenant's identity provider
    Sso(sso::Sso),
    /// Directories that keep people and groups (SCIM)
    Scim(scim::Scim),
    /// Webhooks: who is told what happens
    Webhooks(webhooks::Webhooks),
    Login(login::Login),
    Openapi(openapi::Openapi),
    Completions(completions::Completions),
}

impl Cli {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let out = Output { json: self.json };
        let done = match self.command {
            Command::Plan(command) => return client(command.run(out)),
            Command::Drift(command) => return client(command.run(out)),
            Command::Environments(command) => return client(command.run(out)),
            Command::Serve(command) => command.run(out),
            Command::Demo(command) => command.run(out),
            Command::Eval(command) => command.run(out),
            Command::Openapi(command) => command.run(),
            Command::Schema(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Flags(command) => client(command.run(out)),
            Command::Segments(command) => client(command.run(out)),
            Command::Policies(command) => client(command.run(out)),
            Command::Projects(command) => client(command.run(out)),
            Command::Keys(command) => client(command.run(out)),
            Command::Tokens(command) => client(command.run(out)),
            Command::Quotas(command) => client(command.run(out)),
            Command::Changes(command) => client(command.run(out)),
            Command::History(command) => client(command.run(out)),
            Command::Audit(command) => client(command.run(out)),
            Command::Export(command) => client(command.run(out)),
            Command::Import(command) => client(command.run(out)),
            Command::Apply(command) => client(command.run(out)),
            Command::Users(command) => client(command.run(out)),
            Command::Invitations(command) => client(command.run(out)),
            Command::Groups(command) => client(command.run(out)),
            Command::Roles(command) => client(command.run(out)),
            Command::ServiceAccounts(command) => client(command.run(out)),
            Command::Sso(command) => client(command.run(out)),
            Command::Scim(command) => client(command.run(out)),
            Command::Webhooks(command) => client(command.run(out)),
            Command::Login(command) => client(command.run(out)),
        };
        done.map(|()| Ending::Done)
    }

    /// The exit code of a wrong command line.
    pub(crate) fn usage_code(&self) -> Exit {
        match &self.command {
            Command::Plan(_) | Command::Drift(_) => Exit::Failed,
            Command::Environments(command) if command.compares() => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}

/// Tells what clap has to say: help, the version, or what is wrong with the command line.
pub(crate) fn told(said: &clap::Error) -> ExitCode {
    // Nobody is left to hear it when stdout is gone.
    let _ = said.print();
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).take(2).collect();
    let compares = matches!(
        words.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ["plan" | "drift", ..] | ["environments", "diff"]
    );
    match said.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if compares => ExitCode::from(Exit::Failed as u8),
        _ => ExitCode::from(Exit::Usage as u8),
    }
}

/// Runs a command that talks to a server: one thread is enough.
fn client<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}
