//! The program as a whole: completions, profile, settings, serving.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::yardarm::{Demo, command, run, run_with_input};

#[test]
fn completions_name_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(folder.path(), &["completions", shell]);
        for name in ["serve", "demo", "rollout", "completions"] {
            assert!(script.text().contains(name), "{shell}: {name}");
        }
    }
    run(folder.path(), &["completions", "abacus"]).fails(2);
}

#[test]
fn the_openapi_description_is_the_servers() {
    let folder = tempfile::tempdir().unwrap();
    let document = run(folder.path(), &["openapi"]).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["paths"].as_object().unwrap().len() > 20);
}

#[test]
fn a_profile_is_kept_privately_and_used() {
    let demo = Demo::start();
    let url = demo.text("url");
    let refused = run(demo.folder.path(), &["login", url, "--token", "yd_pat_wrong"]);
    refused.fails(4);
    let path = demo.folder.path().join(".config/yardarm/config.toml");
    assert!(!path.exists(), "a token that does not work is not kept");
    run_with_input(demo.folder.path(), &["login", url, "--token", "-", "--project", "shop"], demo.text("token")).text();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // No environment any more: the profile alone.
    assert_eq!(run(demo.folder.path(), &["flags", "list", "--json"]).json()["total"], 44);
    // The environment wins over it.
    let mut wrong = command(demo.folder.path());
    assert_eq!(
        wrong.args(["flags", "list"]).env("YARDARM_TOKEN", "yd_pat_wrong").output().unwrap().status.code(),
        Some(4)
    );
    std::fs::write(demo.folder.path().join("token"), format!("{}\n", demo.text("token"))).unwrap();
    let mut file = command(demo.folder.path());
    file.args(["flags", "list", "--profile", "none", "--url", url]).env("YARDARM_TOKEN_FILE", "token");
    assert_eq!(file.output().unwrap().status.code(), Some(0));
}

#[test]
fn tables_go_through_a_pipe_and_a_closed_pipe_is_no_failure() {
    let demo = Demo::start();
    let table = demo.run(&["flags", "list"]);
    assert!(!table.text().contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(table.text().lines().count(), 45, "one line for each flag, and the header");
    assert!(table.text().lines().next().unwrap().contains("PRODUCTION"));

    let mut child = demo.command(&["export"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn a_new_server_prints_its_setup_link_and_drains() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("yardarm.toml"), "listen = \"127.0.0.1:0\"\ndata_dir = \"here\"").unwrap();
    let mut child =
        command(folder.path()).args(["serve", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let url = ready["url"].as_str().unwrap();
    assert!(ready["setup_url"].as_str().unwrap().starts_with(&format!("{url}/setup?token=")), "{ready}");
    assert!(folder.path().join("here/yardarm.db").exists());
    // Twice at once, as a wrapper that passes it on to its group does: still one request to stop.
    let pid = child.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -TERM $0; kill -TERM $0", &pid]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let log = String::from_utf8(ended.stderr).unwrap();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(entry["level"].is_string() && entry["message"].is_string(), "{entry}");
    }
    assert!(log.contains("\"serving\""), "{log}");
    assert!(!log.contains("token="), "secrets stay out of the log");
}

#[test]
fn wrong_settings_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["serve", "--database-url", "mysql://root:secret@db/x"]).fails(2);
    run(folder.path(), &["serve", "--config", "missing.toml"]).fails(2);
    std::fs::write(folder.path().join("yardarm.toml"), "listn = \"x\"").unwrap();
    let said = run(folder.path(), &["serve"]).fails(2).to_owned();
    assert!(said.contains("listn") && said.contains("line 1"), "{said}");
}
