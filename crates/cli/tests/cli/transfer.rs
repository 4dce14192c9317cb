//! `yardarm export` and `yardarm import`

use serde_json::Value;

use crate::yardarm::{Demo, run};

/// What an environment of an export serves, version and project left out.
fn answers(demo: &Demo, file: &str, environment: &str) -> String {
    let contexts: Vec<_> = (0..50)
        .map(|n| format!("{{\"targetingKey\":\"user-{n}\",\"country\":\"DE\",\"account\":{{\"key\":\"acct-{n}\"}}}}\n"))
        .collect();
    std::fs::write(demo.folder.path().join("contexts.jsonl"), contexts.concat()).unwrap();
    let arguments = ["eval", "--all", "--ruleset", file, "-e", environment, "--context-file", "contexts.jsonl"];
    run(demo.folder.path(), &arguments).text().to_owned()
}

#[test]
fn an_export_brought_into_a_new_project_serves_the_same() {
    let demo = Demo::start();
    demo.run(&["export", "--output", "shop.yaml"]).text();
    demo.run(&["projects", "create", "copy", "--name", "Harbour & Co shop"]).text();
    let dry = demo.json(&["import", "shop.yaml", "--project", "copy", "--dry-run"]);
    assert!(dry["changed"].as_array().unwrap().len() > 46, "{dry}");
    assert_eq!(demo.json(&["flags", "list", "--project", "copy"])["total"], 0);
    demo.run(&["import", "shop.yaml", "--project", "copy"]).text();
    demo.run(&["export", "--output", "copy.json", "--project", "copy"]).text();

    for environment in ["development", "staging", "production"] {
        let (shop, copy) = (answers(&demo, "shop.yaml", environment), answers(&demo, "copy.json", environment));
        assert!(shop.lines().count() > 2_000);
        assert_eq!(shop, copy, "{environment}");
    }
    // Salts and ranges too: growing a rollout in the copy moves the same people.
    let read = |file: &str| -> Value {
        let text = std::fs::read_to_string(demo.folder.path().join(file)).unwrap();
        serde_norway::from_str(&text).unwrap()
    };
    let (shop, copy) = (read("shop.yaml"), read("copy.json"));
    for (a, b) in shop["flags"].as_array().unwrap().iter().zip(copy["flags"].as_array().unwrap()) {
        assert_eq!((&a["key"], &a["salt"], &a["environments"]), (&b["key"], &b["salt"], &b["environments"]));
    }

    let again = demo.json(&["import", "shop.yaml", "--project", "copy"]);
    assert_eq!(again["changed"].as_array().unwrap().len(), 0, "{again}");
    // Two projects now: one must be named.
    assert!(demo.run(&["flags", "list"]).fails(2).contains("copy, shop"));
}

#[test]
fn an_export_makes_its_project_when_asked() {
    let demo = Demo::start();
    demo.run(&["export", "-o", "shop.json"]).text();
    demo.run(&["import", "shop.json", "--project", "made"]).fails(3);
    demo.run(&["import", "shop.json", "--project", "made", "--create"]).text();
    assert_eq!(demo.json(&["environments", "list", "--project", "made"])["total"], 3);
    std::fs::write(demo.folder.path().join("bad.yaml"), "flags: [{key: '../x'}]").unwrap();
    demo.run(&["import", "bad.yaml", "--project", "made"]).fails(6);
}

#[test]
fn a_folder_of_cases_stands_for_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("cases/deeper");
    std::fs::create_dir_all(&cases).unwrap();
    let case = |expected: bool| {
        serde_json::json!({"name": "ours", "state": {"version": 1, "features": [
            {"name": "on", "enabled": true, "strategies": [{"name": "default", "parameters": {}}]}]},
            "tests": [{"description": "it is on", "context": {}, "toggleName": "on", "expectedResult": expected}]})
    };
    std::fs::write(cases.join("one.json"), case(true).to_string()).unwrap();
    std::fs::write(cases.join("LICENSE.txt"), "whoever likes it").unwrap();
    std::fs::write(cases.join(".hidden.json"), "{").unwrap();
    assert!(run(folder.path(), &["import", "verify", "unleash", "cases"]).text().contains("1 of 1 pass"));
    std::fs::write(folder.path().join("cases/two.json"), case(false).to_string()).unwrap();
    let said = run(folder.path(), &["import", "verify", "unleash", "cases"]);
    assert!(said.fails(1).contains("1 of 2 cases of unleash answer otherwise"));
    std::fs::create_dir(folder.path().join("none")).unwrap();
    assert!(run(folder.path(), &["import", "verify", "unleash", "none"]).fails(2).contains("there is no .json"));
}
