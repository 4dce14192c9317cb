//! `docs/reference/cli.md` is written from the commands themselves; this test keeps it so.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");

const INTRODUCTION: &str = "\
# The `yardarm` command

<!-- Written from the program: `YARDARM_UPDATE=1 cargo test -p yardarm-cli reference`. -->

One program: the server (`serve`, `demo`), the evaluator without a server (`eval`), and everything that talks to a
server.

**Which server, as whom.** Options win over `YARDARM_URL`, `YARDARM_TOKEN` (or `YARDARM_TOKEN_FILE`) and
`YARDARM_PROJECT`; these win over the profile that `yardarm login` keeps in `~/.config/yardarm/config.toml`
(`YARDARM_CONFIG` names another file, `--profile` another profile in it). With one project in the tenant, none has to be
named. Settings of the server are in [configuration.md](configuration.md).

**For programs.** `--json` prints what the API answered; lists are `{\"items\": […], \"next\": null, \"total\": n}` with
all pages in one. Results are on stdout; remarks, progress and errors on stderr. Errors with `--json` are one line, the
server's `application/problem+json` with the members `exit` and `hint` added. `NO_COLOR` is respected.

| Exit code | Means |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | the command line or the settings are wrong; of `plan`, `drift` and `environments diff`: something differs (a wrong command line is 1 there) |
| 3 | no such object |
| 4 | not signed in, or not allowed |
| 5 | the object's state forbids it, or somebody else was faster |
| 6 | the input was refused; each problem is named with its JSON pointer |
| 7 | the server cannot be reached |

Options of every command: `--json`, `--help`. Options of every command that talks to a server: `--url URL`,
`--token TOKEN`, `--project KEY` (`-p`), `--profile NAME`, and `--reason TEXT`, which is kept with a change in the
history.
";

/// Every command that does something, with its full name.
fn leaves(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
    let children: Vec<_> = command.get_subcommands().filter(|child| child.get_name() != "help").collect();
    if children.is_empty() {
        found.push((path.to_owned(), command.clone()));
    }
    for child in children {
        leaves(child, &format!("{path} {}", child.get_name()), found);
    }
}

fn commands() -> Vec<(String, Command)> {
    let mut root = super::Cli::command().term_width(100);
    root.build();
    let mut found = Vec::new();
    leaves(&root, "yardarm", &mut found);
    found
}

fn render() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (name, mut command) in commands() {
        command = command.mut_args(|argument| {
            let everywhere = argument.is_global_set() || ["help", "version"].contains(&argument.get_id().as_str());
            // Values of the environment where this runs must not end up in the page.
            argument.hide_env_values(true).hide(everywhere)
        });
        let help = command.render_long_help().to_string();
        let help: Vec<_> = help.lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    }
    page
}

#[test]
fn the_reference_page_says_what_the_program_says() {
    let page = render();
    if std::env::var_os("YARDARM_UPDATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(PATH).parent().unwrap()).unwrap();
        std::fs::write(PATH, &page).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference/cli.md is not current: YARDARM_UPDATE=1 cargo test -p yardarm-cli reference"
    );
}

#[test]
fn every_command_and_option_says_what_it_does() {
    super::Cli::command().debug_assert();
    for (name, command) in commands() {
        assert!(command.get_about().is_some_and(|about| !about.to_string().is_empty()), "{name}");
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{name}: {}", argument.get_id());
        }
    }
}
