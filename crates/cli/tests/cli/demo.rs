//! `yardarm demo`

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::yardarm::{Demo, run};

#[test]
fn one_line_says_everything_and_a_warm_start_keeps_what_was_changed() {
    let demo = Demo::start();
    let url = demo.text("url").to_owned();
    assert!(url.starts_with("http://localhost:") && !url.ends_with(":0"), "{url}");
    assert!(demo.text("console_url").starts_with(&format!("{url}/sign-in?token=")));
    assert_eq!((demo.text("project"), demo.text("environment")), ("shop", "production"));
    for (member, prefix) in [("token", "yd_pat_"), ("server_key", "yd_srv_"), ("client_key", "yd_cli_")] {
        assert!(demo.text(member).starts_with(prefix), "{member}");
    }
    assert_eq!(demo.value("new-checkout", r#"{"targetingKey":"user-7"}"#), json!(true));
    let mode = std::fs::metadata(demo.folder.path().join("data/demo-keys.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let flags = demo.json(&["flags", "list", "--archived", "all"]);
    assert_eq!(flags["total"], 46);
    assert_eq!(demo.json(&["segments", "list"])["total"], 5);
    let history = demo.json(&["history", "list"]);
    let before = history["items"][0]["rev"].as_u64().unwrap();
    assert!(before > 120, "{before}");
    demo.run(&["flags", "off", "new-checkout", "--environment", "production"]).text();

    let kept = ["token", "server_key", "client_key"].map(|member| demo.text(member).to_owned());
    let folder = demo.stop();
    let demo = Demo::start_in(folder);
    assert_eq!(kept, ["token", "server_key", "client_key"].map(|member| demo.text(member).to_owned()));
    assert_eq!(demo.json(&["history", "list"])["items"][0]["rev"], before + 1);
    assert_eq!(demo.value("new-checkout", r#"{"targetingKey":"user-7"}"#), json!(false));
}

#[test]
fn a_taken_port_says_what_to_do() {
    let demo = Demo::start();
    let taken = demo.text("url").replace("http://localhost", "127.0.0.1");
    let said = run(demo.folder.path(), &["demo", "--listen", &taken, "--data-dir", "other"]).fails(1).to_owned();
    assert!(said.contains(&taken) && said.contains("--listen"), "{said}");
}

#[test]
fn a_sign_in_link_is_made_on_the_database() {
    let demo = Demo::start();
    let link =
        |email: &str| demo.run(&["users", "link", email, "--data-dir", "data", "--base-url", "http://here", "--json"]);
    assert!(link("Ana@Harbour.example").json()["url"].as_str().unwrap().starts_with("http://here/sign-in?token="));
    link("nobody@harbour.example").fails(3);
    demo.run(&["users", "link", "ana@harbour.example", "--data-dir", "elsewhere"]).fails(3);
    assert!(!demo.folder.path().join("elsewhere").exists(), "a look-up makes no database");
    let people = demo.json(&["users", "list"]);
    assert!(people["items"].as_array().unwrap().iter().any(|member| member["user"]["name"] == "Chloé Martin"));
}
