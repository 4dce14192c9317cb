//! Asking for a change, consenting to it, applying it, and the ways beside.

use serde_json::json;

use crate::yardarm::Demo;

const FULL: &str = r#"{"on": true, "default": {"variant": "on"}, "rules": []}"#;

#[test]
fn a_change_is_asked_for_approved_and_applied() {
    let demo = Demo::start();
    demo.json(&["flags", "create", "zebra"]);
    let rules = r#"{"environments": ["production"], "approvals": {"required": 1, "author_may_approve": true}}"#;
    demo.run(&["policies", "set", "careful", rules]).text();
    let change = ["flags", "update", "zebra", "-e", "production", "--patch", FULL];
    let with = |more: &[&'static str]| demo.run(&[&change[..], more].concat());

    let refused = with(&[]);
    let said = refused.fails(8);
    assert!(said.contains("0 of 1") && said.contains("--change-request new"), "{said}");
    let drafted = with(&["--change-request", "new", "--reason", "for all", "--json"]).json();
    let id = drafted["change_request"]["id"].as_str().unwrap().to_owned();
    let words = with(&["--change-request", "new", "--reason", "again"]);
    assert!(words.text().starts_with("nothing is changed yet: it waits in chr_"), "{}", words.stdout);
    assert_eq!(demo.json(&["changes", "list"])["total"], 2);
    // More of it goes into the same one: a whole list, in as many requests as it takes.
    let more = ["segments", "create", "asked", "--include", "u1"];
    let more = demo.run(&[&more[..], &["--change-request", &id]].concat());
    assert!(more.text().contains(&id), "{}", more.stdout);
    assert_eq!(demo.json(&["changes", "show", &id])["touches"].as_array().unwrap().len(), 2);

    demo.run(&["changes", "update", &id, "--title", "Zebra for all"]).text();
    demo.run(&["changes", "apply", &id]).fails(8);
    let submitted = demo.run(&["changes", "submit", &id]);
    assert!(submitted.text().contains("\"Zebra for all\" is open; hash "), "{}", submitted.stdout);
    let shown = demo.run(&["changes", "show", &id]);
    for expected in ["zebra in production", "0 of 1 approvals for production", "by Robin Demo"] {
        assert!(shown.text().contains(expected), "{expected} is not in {}", shown.stdout);
    }
    demo.run(&["changes", "approve", &id, "--hash", "0000"]).fails(5);
    let hash = demo.json(&["changes", "show", &id])["hash"].as_str().unwrap().to_owned();
    let approved = demo.run(&["changes", "approve", &id, "--hash", &hash, "--comment", "fine"]);
    assert!(approved.text().contains("is approved"), "{}", approved.stdout);
    demo.run(&["changes", "comment", &id, "now"]).text();
    let applied = demo.run(&["changes", "apply", &id]);
    assert!(applied.text().contains("is applied in revision "), "{}", applied.stdout);
    assert_eq!(demo.value("zebra", "{}"), json!(true));
    demo.run(&["changes", "apply", &id]).fails(5);
    demo.run(&["changes", "show", "chr_gone"]).fails(3);

    // The other one was made from what is no more.
    let left = demo.json(&["changes", "list"])["items"][0]["id"].as_str().unwrap().to_owned();
    assert_ne!(left, id);
    demo.run(&["changes", "reject", &left, "--comment", "no"]).fails(5);
    demo.run(&["changes", "withdraw", &left]).text();
    assert_eq!(demo.run(&["changes", "list"]).stderr.trim(), "no change requests");
    assert_eq!(demo.json(&["changes", "list", "--all"])["total"], 2);
}

#[test]
fn files_are_asked_for_and_emergencies_are_found() {
    let demo = Demo::start();
    demo.run(&["policies", "set", "careful", r#"{"environments": ["production"], "approvals": {"required": 1}}"#])
        .text();
    let file = r#"{"format": 1, "flags": [{"key": "filed", "environments": {"production": {"on": true, "default": {"variant": "on"}, "off_variant": "off"}}}]}"#;
    std::fs::write(demo.folder.path().join("flags.json"), file).unwrap();
    demo.run(&["apply", "flags.json", "--yes"]).fails(8);
    let drafted = demo.run(&["apply", "flags.json", "--yes", "--change-request", "new"]);
    assert!(drafted.text().contains("it waits in chr_"), "{}", drafted.stdout);
    let id = demo.json(&["changes", "list"])["items"][0]["id"].as_str().unwrap().to_owned();
    let scheduled = demo.run(&["changes", "schedule", &id, "--at", "2001-01-01T00:00", "--zone", "UTC"]);
    scheduled.fails(6);
    demo.run(&["apply", "flags.json", "--yes", "--bypass"]).fails(6);
    demo.run(&["apply", "flags.json", "--yes", "--bypass", "--change-request", "new"]).fails(2);
    demo.run(&["apply", "flags.json", "--yes", "--bypass", "--reason", "the shop is down"]).text();
    assert_eq!(demo.value("filed", "{}"), json!(true));
    let found = demo.run(&["audit", "search", "--action", "change_request.bypass"]);
    assert!(found.text().contains("the shop is down"), "{}", found.stdout);
}
