//! The evaluator's own forms inside documents: read strictly, kept through everything, worded, and served.

#![allow(clippy::allow_attributes, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod shop;

use serde_json::{Value, json};
use shop::Project;
use yardarm_model::command::{Command, RefusalCode};
use yardarm_model::document::{Configuration, Kind};
use yardarm_model::{export, sentence, serves};

/// A configuration as an importer makes it: its own hash, a test where a missing attribute matches, no variant when off.
fn imported() -> Value {
    json!({
        "on": true,
        "rules": [
            {
                "id": "r1",
                "if": {"all": [
                    {"segment": "beta"},
                    {"exact": {"not": {"test": {
                        "attr": ["country"], "as": "string:scalar", "op": "in", "arg": ["DE", "AT"],
                        "missing": "false", "invalid": "false",
                    }}}},
                ]},
                "serve": {"variant": "b"},
            },
            {
                "id": "r2",
                "if": {"exact": {"flag": {"key": "payments", "variants": ["on"], "on": false}}},
                "serve": {"exact": {"split": {
                    "bucket": "legacy", "ranges": [[0, 25, "b"], [25, 100, "c"]], "rest": {"variant": "a"},
                }}},
                "reason": "SPLIT",
            },
        ],
        "default": {"variant": "a"},
        "off_variant": "a",
        "off": {"exact": "caller_default"},
        "buckets": {"legacy": {"hash": "murmur3_32", "prefix": "group:", "unit": ["targetingKey"], "mod": 100}},
    })
}

fn put(body: Value) -> Command {
    Command::PutConfiguration { flag: "checkout".into(), environment: "production".into(), body }
}

fn patch(patch: Value) -> Command {
    Command::UpdateConfiguration { flag: "checkout".into(), environment: "production".into(), patch }
}

fn shop() -> Project {
    let mut project = Project::shop();
    project.run(put(imported()));
    project
}

fn stored(project: &Project) -> Configuration {
    project.state.configuration("production", "checkout").unwrap()
}

#[test]
fn they_stay_as_they_are() {
    let mut project = shop();
    let before = stored(&project);
    project.run(patch(json!({"on": false})));
    project.run(patch(json!({"on": true})));
    assert_eq!(stored(&project), before, "an edit beside them leaves them alone");

    let mut copy = Project::empty();
    copy.run(Command::Import { body: export::export(&project.state), replace: false });
    assert_eq!(export::export(&copy.state), export::export(&project.state), "an export brings them all");

    project.run(Command::CopyConfiguration {
        flag: "checkout".into(),
        from: "production".into(),
        to: "staging".into(),
    });
    assert_eq!(project.state.configuration("staging", "checkout").unwrap(), before);

    // A default of another shape takes the place of an exact one, and the other way round.
    project.run(patch(json!({"default": {"exact": {"split": {"bucket": "legacy", "ranges": [[0, 50, "a"]]}}}})));
    project.run(patch(json!({"default": {"exact": {"variant": "c"}}})));
    assert_eq!(serde_json::to_value(stored(&project).default).unwrap(), json!({"exact": {"variant": "c"}}));
    project.run(patch(json!({"default": {"rollout": {"variant": "b", "percent": 10}}})));
    assert!(serde_json::to_value(stored(&project).default).unwrap()["rollout"]["ranges"].is_array());
}

#[test]
fn another_off_variant_takes_their_place() {
    for command in [patch(json!({"off_variant": "c"})), {
        let mut body = imported();
        body["off_variant"] = "c".into();
        put(body)
    }] {
        let mut project = shop();
        assert!(stored(&project).off.is_some());
        project.run(command);
        assert_eq!((stored(&project).off, stored(&project).off_variant), (None, "c".to_owned()));
    }
}

#[test]
fn they_read_as_sentences() {
    let project = shop();
    assert_eq!(
        sentence::configuration(&stored(&project)),
        [
            "On.",
            "If in segment beta and (country is not one of DE, AT or is missing) then serve b.",
            "If flag payments answers on then serve b to 25 %, c to 75 % by user.key.",
            "By default serve a.",
            "When off serve the caller's default.",
        ]
    );
    // Shown, the words stand beside the forms; what was shown can be written back and changes nothing.
    let mut shown = serde_json::to_value(stored(&project)).unwrap();
    sentence::word(Kind::Configuration, &mut shown);
    for (pointer, text) in [
        ("/rules/0/if/all/1/text", "country is not one of DE, AT or is missing"),
        ("/rules/1/if/text", "flag payments answers on"),
        ("/rules/1/serve/text", "b to 25 %, c to 75 % by user.key"),
        ("/off/text", "the caller's default"),
    ] {
        assert_eq!(shown.pointer(pointer), Some(&json!(text)), "{pointer}");
    }
    let mut written = shop();
    written.run(put(shown.clone()));
    assert_eq!(stored(&written), stored(&project));
    written.run(patch(json!({"rules": shown["rules"], "default": shown["rules"][1]["serve"]})));
    assert_eq!(stored(&written).rules, stored(&project).rules);
    let mut plain = imported();
    plain["default"]["text"] = json!("a");
    assert_eq!(project.refused(put(plain)).1[0].pointer, "/default/text", "only an exact form has words");

    let mut body = imported();
    body["rules"] = json!([]);
    body["default"] = imported()["rules"][1]["serve"].clone();
    let configuration: Configuration = serde_json::from_value(body).unwrap();
    assert_eq!(serves::serves(&configuration).text, "b to 25 %, c to 75 % by user.key");
}

#[test]
fn what_is_wrong_with_them_is_told_with_its_place() {
    let project = Project::shop();
    let with = |pointer: &str, value: Value| {
        let mut body = imported();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let deep = (0..60).fold(json!({"const": true}), |inner, _| json!({"not": inner}));
    for (body, pointer, code) in [
        (with("/rules/1/if/exact", json!({"flags": {}})), "/rules/1/if/exact", "exact_invalid"),
        (with("/rules/1/if/exact", deep), "/rules/1/if/exact", "nesting_too_deep"),
        (
            with("/rules/1/if/exact", json!({"list": {"attr": ["x"], "lists": ["beta/included/-"]}})),
            "/rules/1/if/exact",
            "exact_invalid",
        ),
        (
            with("/rules/1/if/exact/flag", json!({"key": "payments", "variants": [], "oh": true})),
            "/rules/1/if/exact/flag/oh",
            "unknown_field",
        ),
        (
            with("/rules/1/serve/exact/split/ranges/0/2", json!("z")),
            "/rules/1/serve/exact/split/ranges/0/2",
            "variant_missing",
        ),
        (with("/rules/1/serve/exact/split/bucket", json!("other")), "", "not_compiled"),
        (with("/rules/1/reason", json!("BECAUSE")), "/rules/1/reason", "out_of_range"),
        (with("/buckets/legacy/hash", json!("rot13")), "/buckets/legacy", "exact_invalid"),
        (with("/buckets/legacy/mod", json!(0)), "", "not_compiled"),
        (with("/off", json!({"exact": {"variant": "z"}})), "/off/exact/variant", "variant_missing"),
    ] {
        let (kind, problems) = project.refused(put(body));
        assert_eq!(kind, RefusalCode::Invalid);
        let found: Vec<_> = problems.iter().map(|problem| (problem.pointer.as_str(), problem.code)).collect();
        assert_eq!(found, [(pointer, code)], "{problems:?}");
    }
}

#[test]
fn what_they_name_is_protected() {
    let mut project = shop();
    let code = |project: &Project, command| project.refused(command).1[0].code;
    assert_eq!(code(&project, Command::ArchiveFlag { key: "payments".into() }), "flag_needed");
    assert_eq!(code(&project, Command::DeleteSegment { key: "beta".into() }), "segment_in_use");
    let fewer = json!({"variants": [{"key": "a", "value": "A"}, {"key": "b", "value": "B"}]});
    assert_eq!(code(&project, Command::UpdateFlag { key: "checkout".into(), patch: fewer }), "variant_in_use");
    let fewer = json!({"variants": [{"key": "off", "value": false}]});
    assert_eq!(code(&project, Command::UpdateFlag { key: "payments".into(), patch: fewer }), "variant_in_use");
    // What is not there at all may be named: the evaluator says what that means.
    let absent = json!([{"if": {"exact": {"flag": {"key": "gone", "variants": ["on"]}}}, "serve": {"variant": "b"}}]);
    project.run(patch(json!({"rules": absent})));
    assert_eq!(yardarm_model::uses::needs(&project.state, "checkout"), ["gone"]);
}

#[test]
fn circles_have_an_answer() {
    let mut project = shop();
    let asks = |flag: &str| json!([{"if": {"exact": {"flag": {"key": flag, "variants": ["on"]}}}, "serve": {"variant": "on"}}]);
    project.run(Command::CreateFlag { body: json!({"key": "loop"}) });
    for (flag, other) in [("loop", "payments"), ("payments", "loop")] {
        let body = json!({
            "on": true, "rules": asks(other), "default": {"variant": "on"}, "off_variant": "off",
            "cycle": {"exact": {"variant": "off"}},
        });
        project.run(Command::PutConfiguration { flag: flag.into(), environment: "production".into(), body });
    }
    assert_eq!(
        sentence::configuration(&project.state.configuration("production", "loop").unwrap())[3],
        "When flags ask each other in a circle serve off."
    );
}
