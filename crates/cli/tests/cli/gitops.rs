//! `yardarm plan`, `apply`, `drift`, `environments diff` and `promote`

use std::path::Path;

use serde_json::{Value, json};

use crate::yardarm::{Demo, Ran, run_with_input};

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A plan with something in it, as JSON.
#[track_caller]
fn pending(ran: &Ran) -> Value {
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

const FLAG: &str = "\
format: 1
project: {key: shop}
flags:
  - key: quick-buy
    name: Quick buy
    environments:
      production:
        on: true
        default: {rollout: {variant: 'on', percent: 10}}
        off_variant: 'off'
";

#[test]
fn files_are_planned_applied_and_watched() {
    let demo = Demo::start();
    let folder = demo.folder.path();
    demo.run(&["export", "--output", "all.yaml"]).text();
    let nothing = demo.run(&["plan", "all.yaml", "--prune"]);
    assert!(nothing.text().contains("nothing to do: shop is as the files say"), "{}", nothing.stdout);

    write(folder, "flags/quick-buy.yaml", FLAG);
    write(folder, "flags/README.md", "not a file of flags");
    let plan = demo.run(&["plan", "flags", "--out", "plan.json"]);
    assert_eq!(plan.code, 2, "{}", plan.stderr);
    for words in
        ["+ flag quick-buy", "+ quick-buy in production (production)", "By default serve on to 10 %", "2 to create"]
    {
        assert!(plan.stdout.contains(words), "{words}: {}", plan.stdout);
    }
    assert!(plan.stdout.contains("Not in the files, and left alone: flags "), "{}", plan.stdout);
    assert!(demo.run(&["apply", "flags"]).fails(2).contains("--yes"), "nobody is there to say yes");
    let done = demo.json(&["apply", "--plan", "plan.json", "--commit", "1f2e3d"]);
    assert_eq!(done["changed"].as_array().unwrap().len(), 2, "{done}");
    let history = demo.json(&["history", "list", "--flag", "quick-buy"]);
    assert_eq!(history["items"][0]["reason"], "Commit: 1f2e3d");
    assert_eq!(demo.value("quick-buy", r#"{"targetingKey": "user-1"}"#).as_bool().map(|_| ()), Some(()));

    // Applied again in either way: nothing.
    assert_eq!(demo.json(&["apply", "--plan", "plan.json"])["revision"], Value::Null);
    assert_eq!(demo.json(&["apply", "flags", "--yes"])["revision"], Value::Null);
    assert!(demo.run(&["drift", "flags"]).text().contains("no drift"));

    // Somebody changes it by hand.
    demo.run(&["flags", "rollout", "quick-buy", "-e", "production", "--percent", "50"]).text();
    let drift = demo.run(&["drift", "flags"]);
    assert_eq!(drift.code, 2, "{}", drift.stderr);
    for words in [
        "quick-buy in production (production) is another on the server",
        "- By default serve on to 10 %",
        "+ By default serve on to 50 %",
        "revision",
    ] {
        assert!(drift.stdout.contains(words), "{words}: {}", drift.stdout);
    }
    let drift = pending(&demo.run(&["drift", "flags", "--json"]));
    assert_eq!(drift["entries"][0]["last_change"]["action"], "configuration.update");
    let plan = demo.run(&["plan", "flags"]);
    assert!(plan.stdout.contains("! 40 % (by user.key) change from on to off."), "{}", plan.stdout);

    // A plan that moved is refused, with the plan as it is now.
    demo.run(&["plan", "flags", "--out", "old.json"]).fails(2);
    demo.run(&["flags", "rollout", "quick-buy", "-e", "production", "--percent", "60"]).text();
    let moved = demo.run(&["apply", "--plan", "old.json"]);
    assert!(moved.fails(5).contains("The plan as it is now:"), "{}", moved.stderr);
    assert!(moved.stdout.contains("- By default serve on to 60 %"), "{}", moved.stdout);
    demo.run(&["apply", "flags", "--yes"]).text();

    // Taken out of the files and pruned: only what files name kinds of.
    write(folder, "flags/quick-buy.yaml", "format: 1\nproject: {key: shop}\nflags: []\n");
    assert_eq!(demo.run(&["plan", "flags"]).code, 0);
    let pruned = pending(&demo.run(&["plan", "flags", "--prune", "--json"]));
    assert!(
        pruned["counts"]["archive"].as_u64().unwrap() > 40 && pruned["counts"]["remove"].is_null(),
        "{}",
        pruned["counts"]
    );
}

#[test]
fn what_cannot_be_read_is_named_with_file_and_line() {
    let demo = Demo::start();
    let folder = demo.folder.path();
    write(folder, "f/a.yaml", "flags:\n  - key: one\n  - key: two\n    naem: x\n");
    write(folder, "f/b.yaml", "flags:\n  - key: three\n    environments:\n      prodction: {on: true}\n");
    let refused = demo.run(&["plan", "f"]);
    let said = refused.fails(6);
    assert!(said.contains("f/a.yaml:4 /flags/1/naem: unknown field \"naem\"; did you mean \"name\"?"), "{said}");
    assert!(said.contains("f/b.yaml:4 /flags/2/environments/prodction"), "{said}");
    let json: Value = serde_json::from_str(demo.run(&["plan", "f", "--json"]).fails(6)).unwrap();
    assert!(json["errors"][0]["line"].is_u64() && json["errors"][0]["file"].is_string(), "{json}");
    assert!(demo.run(&["apply", "f", "--yes"]).fails(6).contains("f/a.yaml:4"));

    write(folder, "twice.yaml", "flags: []\nflags: []\n");
    assert!(demo.run(&["plan", "twice.yaml"]).fails(6).contains("twice.yaml:2: \"flags\" is there twice"));
    write(folder, "other.yaml", "format: 1\nproject: {key: other}\n");
    demo.run(&["plan", "other.yaml"]).fails(3);
    let said = demo.run(&["plan", "other.yaml", "--project", "shop"]);
    assert!(said.fails(5).contains("other.yaml:2 /project/key"), "{}", said.stderr);
    // Where 2 means that something differs, a wrong command line is 1.
    demo.run(&["plan"]).fails(1);
    demo.run(&["plan", "missing.yaml"]).fails(1);
    demo.run(&["drift", "--prun"]).fails(1);
    demo.run(&["environments", "diff", "staging"]).fails(1);
    demo.run(&["apply"]).fails(2);
    write(folder, "plan.json", "{\"kind\": \"other\"}");
    assert!(demo.run(&["apply", "--plan", "plan.json"]).fails(6).contains("is not a plan"));
    let stdin = run_with_input(folder, &["plan", "-", "--url", demo.text("url"), "--token", demo.text("token")], FLAG);
    assert_eq!(stdin.code, 2, "{}", stdin.stderr);
}

#[test]
fn environments_are_compared_and_promoted() {
    let demo = Demo::start();
    demo.run(&["flags", "create", "night-mode"]).text();
    demo.run(&["flags", "rollout", "night-mode", "-e", "staging", "--percent", "30"]).text();
    demo.run(&["flags", "on", "night-mode", "-e", "staging"]).text();
    let both = ["environments", "diff", "staging", "production", "--flags", "night-mode"];
    let diff = demo.run(&both);
    assert_eq!(diff.code, 2, "{}", diff.stderr);
    assert!(diff.stdout.contains("night-mode in production") && diff.stdout.contains("+ On."), "{}", diff.stdout);
    let promote = ["environments", "promote", "staging", "production", "--flags", "night-mode"];
    assert!(demo.run(&promote).fails(2).contains("--yes"));
    let done = demo.json(&[&promote[..], &["--yes"]].concat());
    assert_eq!(done["changed"], json!([{"kind": "configuration", "key": "production/night-mode", "action": "create"}]));
    let there = demo.json(&["flags", "get", "night-mode", "-e", "production"]);
    assert_eq!(there["on"], false, "{there}");
    assert_eq!(demo.json(&[&promote[..], &["--yes"]].concat())["revision"], Value::Null);
    demo.run(&[&promote[..], &["--with-state", "--yes"]].concat()).text();
    assert!(demo.run(&both).text().contains("staging and production serve the same"));
    demo.run(&["environments", "promote", "staging", "nowhere", "--yes"]).fails(3);
}
