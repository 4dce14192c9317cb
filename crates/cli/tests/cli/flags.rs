//! Commands that change a project.

use serde_json::{Value, json};

use crate::yardarm::{Demo, run};

#[test]
fn a_flag_is_made_switched_rolled_out_copied_and_archived() {
    let demo = Demo::start();
    let created = demo.json(&["flags", "create", "zebra", "--name", "Fresh", "--tag", "a", "--owner", "Ana"]);
    assert_eq!(
        (&created["key"], &created["type"], &created["tags"]),
        (&json!("zebra"), &json!("boolean"), &json!(["a"]))
    );
    assert_eq!(demo.value("zebra", "{}"), json!(false));

    let on = demo.json(&["flags", "on", "zebra", "-e", "production", "--reason", "Größe ist 100 % da"]);
    assert_eq!(on["on"], true);
    let change = &demo.json(&["history", "list", "--flag", "zebra"])["items"][0];
    assert_eq!(change["reason"], "Größe ist 100 % da");
    assert_eq!(change["actor_name"], "Robin Demo");

    let rolled = demo.json(&["flags", "rollout", "zebra", "-e", "production", "--percent", "40"]);
    assert_eq!(rolled["default"]["rollout"]["percent"], 40.0, "{rolled}");
    let grown = demo.json(&["flags", "rollout", "zebra", "-e", "production", "--percent", "60.5"]);
    assert_eq!(grown["default"]["rollout"]["variant"], "on");
    let first = |value: &Value| value["default"]["rollout"]["ranges"][0][0].clone();
    assert_eq!(first(&rolled), first(&grown), "who is in stays in");

    let copied = demo.json(&["flags", "copy", "zebra", "--from", "production", "--to", "staging"]);
    assert_eq!(copied["default"], grown["default"]);
    let text = demo.run(&["flags", "get", "zebra"]);
    assert!(text.text().contains("60.5"), "{}", text.stdout);

    let updated = demo.json(&["flags", "update", "zebra", "--description", "For tests", "--owner", "", "--tag", "b"]);
    assert_eq!(
        (&updated["description"], &updated["owner"], &updated["tags"]),
        (&json!("For tests"), &Value::Null, &json!(["b"]))
    );
    let patched = demo.json(&["flags", "update", "zebra", "-e", "staging", "--patch", "{\"on\": false}"]);
    assert_eq!(patched["on"], false);

    assert_eq!(demo.json(&["flags", "archive", "zebra"])["archived"], true);
    assert_eq!(demo.json(&["flags", "list", "zebra"])["total"], 0);
    assert_eq!(demo.json(&["flags", "list", "zebra", "--archived"])["total"], 1);
    assert_eq!(demo.json(&["flags", "restore", "zebra"])["archived"], false);
}

#[test]
fn exit_codes_tell_failures_apart() {
    let demo = Demo::start();
    let url = demo.text("url");
    demo.run(&["flags"]).fails(2);
    demo.run(&["flags", "on", "new-checkout"]).fails(2);
    demo.run(&["flags", "get", "no-such-flag"]).fails(3);
    demo.run(&["flags", "get", ".."]).fails(3);
    demo.run(&["flags", "list", "--project", "no-such-project"]).fails(3);
    demo.run(&["flags", "list", "--token", "yd_pat_wrong"]).fails(4);
    run(demo.folder.path(), &["flags", "list", "--url", url]).fails(4);
    demo.run(&["flags", "create", "new-checkout"]).fails(5);
    demo.run(&["flags", "archive", "payments-v2"]).fails(5);
    demo.run(&["flags", "list", "--url", "http://127.0.0.1:9"]).fails(7);
    run(demo.folder.path(), &["flags", "list"]).fails(2);

    let invalid =
        r#"{"default": {"variant": "purple"}, "rules": [{"if": {"segment": "nobody"}, "serve": {"variant": "on"}}]}"#;
    let ran = demo.run(&["flags", "update", "new-checkout", "-e", "staging", "--patch", invalid]);
    let said = ran.fails(6);
    assert!(said.contains("/default/variant") && said.contains("/rules/0/if/segment"), "all problems at once: {said}");
    let ran = demo.run(&["flags", "update", "new-checkout", "-e", "staging", "--patch", invalid, "--json"]);
    let document: Value = serde_json::from_str(ran.fails(6)).unwrap();
    assert_eq!(document["exit"], 6);
    assert!(document["errors"].as_array().unwrap().len() >= 2 && document["code"].is_string(), "{document}");
}

#[test]
fn a_change_is_undone_from_the_history() {
    let demo = Demo::start();
    demo.run(&["flags", "off", "gift-wrapping", "-e", "production"]).text();
    let change = demo.json(&["history", "list", "--flag", "gift-wrapping"])["items"][0].clone();
    let revision = change["rev"].to_string();
    let shown = demo.run(&["history", "show", &revision]);
    assert!(shown.text().contains("- On.\n") && shown.text().contains("+ Off.\n"), "{}", shown.stdout);
    demo.run(&["flags", "rollout", "gift-wrapping", "-e", "production", "--percent", "5"]).text();
    let refused = demo.run(&["history", "undo", &revision]);
    assert!(refused.fails(5).contains("--force"), "{}", refused.stderr);
    demo.run(&["history", "undo", &revision, "--force"]).text();
    assert_eq!(demo.json(&["flags", "get", "gift-wrapping", "-e", "production"])["on"], true);
}

#[test]
fn segments_environments_keys_and_tokens() {
    let demo = Demo::start();
    let list = demo.folder.path().join("keys.txt");
    std::fs::write(&list, (0..12_000).map(|n| format!("k-{n}\n")).collect::<Vec<_>>().concat()).unwrap();
    let segment = demo.json(&[
        "segments",
        "create",
        "pilots",
        "--rule",
        "{attribute: country, operator: in, values: [DE]}",
        "--include-file",
        "keys.txt",
    ]);
    assert_eq!(segment["included_count"], 12_000);
    let segment = demo.json(&["segments", "update", "pilots", "--remove", "k-1", "--add", "new", "--add", "newer"]);
    assert_eq!(segment["included_count"], 12_001);
    demo.run(&["segments", "delete", "pilots"]).text();
    demo.run(&["segments", "delete", "employees"]).fails(5);

    demo.run(&["environments", "create", "preview", "--color", "3"]).text();
    assert_eq!(demo.json(&["environments", "update", "preview", "--name", "Preview"])["name"], "Preview");
    demo.run(&["environments", "delete", "preview"]).text();
    demo.run(&["environments", "delete", "production"]).fails(2);

    let key = demo.json(&["keys", "create", "Backend", "--environment", "staging", "--audience", "server"]);
    let secret = key["key"].as_str().unwrap();
    let asked = |secret: &str| demo.run(&["eval", "payments-v2", "--url", demo.text("url"), "--sdk-key", secret]);
    assert!(asked(secret).text().starts_with("true\n"));
    demo.run(&["keys", "revoke", key["id"].as_str().unwrap()]).text();
    asked(secret).fails(4);
    asked(demo.text("client_key")).fails(4);

    let create = ["keys", "create", "Web", "--environment", "staging", "--audience"];
    let key = demo.json(&[&create[..], &["client", "--attested"]].concat());
    assert_eq!(key["attested"], true);
    let id = key["id"].as_str().unwrap();
    demo.run(&[&create[..], &["server", "--attested"]].concat()).fails(6);
    let changed = demo.json(&["keys", "update", id, "--name", "Shop", "--attested", "false"]);
    assert_eq!((&changed["name"], &changed["attested"]), (&"Shop".into(), &false.into()));
    demo.run(&["keys", "update", id, "--attested", "true"]).text();
    demo.run(&["keys", "update", id]).fails(2);
    assert!(demo.run(&["keys", "list"]).text().lines().any(|line| line.contains("Shop") && line.contains("yes")));

    let token = demo.json(&["tokens", "create", "Reader", "--role", "viewer", "--expires-in", "1d"]);
    let secret = token["token"].as_str().unwrap();
    demo.run(&["flags", "list", "--token", secret]).text();
    demo.run(&["flags", "off", "new-checkout", "-e", "staging", "--token", secret]).fails(4);
    demo.run(&["tokens", "revoke", token["id"].as_str().unwrap()]).text();
    demo.run(&["flags", "list", "--token", secret]).fails(4);
}
