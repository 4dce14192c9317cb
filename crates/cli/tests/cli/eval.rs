//! `yardarm eval` without a server.

use serde_json::{Value, json};

use crate::yardarm::{run, run_with_input};

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/shop.yaml");

fn ruleset() -> Value {
    json!({
        "format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": 1},
        "flags": {"f": {
            "on": true, "type": "boolean", "variants": {"on": true, "off": false},
            "off": {"serve": {"variant": "off"}}, "default": {"serve": {"variant": "on"}},
        }},
    })
}

#[test]
fn one_flag_for_people_and_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("r.json"), ruleset().to_string()).unwrap();
    let text = run(folder.path(), &["eval", "f", "--ruleset", "r.json"]);
    assert_eq!(text.text(), "true\nvariant on, STATIC\n");
    let json = run(folder.path(), &["eval", "f", "--ruleset", "r.json", "--json"]).json();
    let expected =
        json!({"flag": "f", "type": "boolean", "value": true, "variant": "on", "reason": "STATIC", "rule": null});
    assert_eq!(json, expected);
    let stdin = run_with_input(folder.path(), &["eval", "--all", "--ruleset", "-"], &ruleset().to_string());
    assert!(stdin.text().contains("STATIC"));
}

#[test]
fn many_contexts_give_a_line_for_each_flag() {
    let folder = tempfile::tempdir().unwrap();
    let contexts: Vec<_> = (1..=300).map(|n| format!("{{\"targetingKey\":\"user-{n}\"}}\n")).collect();
    let arguments = ["eval", "--all", "--ruleset", SHOP, "-e", "production", "--context-file", "-"];
    let ran = run_with_input(folder.path(), &arguments, &contexts.concat());
    let rows: Vec<Value> = ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Archived flags are served nowhere.
    assert_eq!(rows.len(), 300 * 44);
    assert_eq!((&rows[0]["context"], &rows[0]["targetingKey"]), (&json!(0), &json!("user-1")));
    let single = [
        "eval",
        "search-engine",
        "--ruleset",
        SHOP,
        "-e",
        "production",
        "--context",
        "{targetingKey: user-300}",
        "--json",
    ];
    let single = run(folder.path(), &single).json();
    let row = rows.iter().rfind(|row| row["flag"] == "search-engine").unwrap();
    assert_eq!((&row["value"], &row["reason"]), (&single["value"], &single["reason"]));
}

#[test]
fn why_is_told_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let context = r#"{"targetingKey":"user-8","country":"DE"}"#;
    let arguments = ["eval", "new-checkout", "--explain", "--ruleset", SHOP, "-e", "production", "--context", context];
    let text = run(folder.path(), &arguments);
    assert!(text.text().contains("dach") && text.text().contains("\"DE\""), "{}", text.stdout);
    let json = run(folder.path(), &[&arguments[..], &["--json"]].concat()).json();
    assert!(json["steps"].as_array().is_some_and(|steps| !steps.is_empty()));
}

#[test]
fn mistakes_have_exit_codes_and_help() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("r.json"), ruleset().to_string()).unwrap();
    std::fs::write(folder.path().join("contexts"), "{}\n{\"targetingKey\":1,}\n").unwrap();
    for (arguments, code, said) in [
        (vec!["eval", "g", "--ruleset", "r.json"], 3, "its flags: f"),
        (vec!["eval", "f"], 2, "--ruleset"),
        (vec!["eval", "--ruleset", "r.json"], 2, "FLAG"),
        (vec!["eval", "f", "--ruleset", "missing.json"], 2, "missing.json"),
        (vec!["eval", "f", "--ruleset", SHOP], 6, "--environment"),
        (vec!["eval", "f", "--ruleset", SHOP, "-e", "moon"], 3, "production"),
        (vec!["eval", "f", "--ruleset", "r.json", "--context", "{"], 6, "not JSON"),
        (vec!["eval", "f", "--ruleset", "r.json", "--context", "[]"], 6, "object"),
        (vec!["eval", "f", "--ruleset", "r.json", "--context-file", "contexts"], 6, "line 2"),
        (vec!["eval", "f", "--sdk-key", "yd_srv_x", "--url", "http://127.0.0.1:9"], 7, "127.0.0.1:9"),
    ] {
        let ran = run(folder.path(), &arguments);
        assert!(ran.fails(code).contains(said), "{arguments:?}: {}", ran.stderr);
    }
}
