//! Bad input: a clear problem that names the place, and nothing is decided.

mod shop;

use serde_json::{Value, json};
use shop::{Project, put};
use yardarm_model::command::{Command, RefusalCode};

/// Pointer, code, and words of the message.
type Expected = (&'static str, &'static str, &'static str);

#[track_caller]
fn check(project: &Project, command: Command, code: RefusalCode, expected: &[(&str, &str, &str)]) {
    let shown = format!("{command:?}");
    let (found, problems) = project.refused(command);
    assert_eq!(found, code, "{shown}: {problems:?}");
    let places: Vec<_> = problems.iter().map(|p| (p.pointer.as_str(), p.code)).collect();
    let wanted: Vec<_> = expected.iter().map(|(pointer, code, _)| (*pointer, *code)).collect();
    assert_eq!(places, wanted, "{shown}: {problems:#?}");
    for (problem, (_, _, words)) in problems.iter().zip(expected) {
        assert!(problem.message.contains(words), "{:?} should say {words:?}", problem.message);
    }
}

fn create(body: Value) -> Command {
    Command::CreateFlag { body }
}

#[test]
fn flags() {
    let mut project = Project::shop();
    project.run(create(json!({"key": "old"})));
    project.run(Command::ArchiveFlag { key: "old".into() });
    let long = "k".repeat(129);
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let cases: Vec<(Value, RefusalCode, Vec<Expected>)> = vec![
        (json!([]), RefusalCode::Invalid, vec![("", "wrong_type", "an object, not a list")]),
        (json!({}), RefusalCode::Invalid, vec![("/key", "required", "")]),
        (json!({"key": ""}), RefusalCode::Invalid, vec![("/key", "key_invalid", "is empty")]),
        (json!({"key": long}), RefusalCode::Invalid, vec![("/key", "key_invalid", "129 characters")]),
        (json!({"key": "../x"}), RefusalCode::Invalid, vec![("/key", "key_invalid", "../x")]),
        (json!({"key": "🚀"}), RefusalCode::Invalid, vec![("/key", "key_invalid", "letters, digits")]),
        (
            json!({"key": "a\u{0}"}),
            RefusalCode::Invalid,
            vec![("/key", "nul_character", ""), ("/key", "key_invalid", "")],
        ),
        (json!({"key": 5}), RefusalCode::Invalid, vec![("/key", "wrong_type", "not a number")]),
        (json!({"key": "PAYMENTS"}), RefusalCode::Conflict, vec![("/key", "key_taken", "payments")]),
        (json!({"key": "Old"}), RefusalCode::Conflict, vec![("/key", "key_archived", "restore")]),
        (
            json!({"key": "a", "desciption": "x", "tag": [], "zzz": 1}),
            RefusalCode::Invalid,
            vec![
                ("/desciption", "unknown_field", "did you mean \"description\"?"),
                ("/tag", "unknown_field", "did you mean \"tags\"?"),
                ("/zzz", "unknown_field", "known here: key, name"),
            ],
        ),
        (json!({"key": "a", "type": "bool"}), RefusalCode::Invalid, vec![("/type", "out_of_range", "boolean")]),
        (json!({"key": "a", "type": "string"}), RefusalCode::Invalid, vec![("/variants", "required", "")]),
        (json!({"key": "a", "variants": []}), RefusalCode::Invalid, vec![("/variants", "empty", "")]),
        (
            json!({"key": "a", "type": "number", "variants": [
                {"key": "x", "value": 9_007_199_254_740_993_u64}, {"key": "X", "value": "1"}, {"key": "y"}, {"value": 1}]}),
            RefusalCode::Invalid,
            vec![
                ("/variants/0/value", "number_not_exact", "2^53"),
                ("/variants/1/key", "duplicate", ""),
                ("/variants/1/value", "value_type", "must be a number, the flag's type, not text"),
                ("/variants/2/value", "required", ""),
                ("/variants/3/key", "required", ""),
            ],
        ),
        (
            json!({"key": "a", "type": "json", "variants": [{"key": "x", "value": deep}, {"key": "y", "value": "z".repeat(70_000)}]}),
            RefusalCode::Invalid,
            vec![("/variants/0/value", "nesting_too_deep", "32"), ("/variants/1/value", "too_large", "65536")],
        ),
        (
            json!({"key": "a", "name": "n".repeat(201), "tags": ["x", "x", "", 4], "permanent": "yes", "owner": {}}),
            RefusalCode::Invalid,
            vec![
                ("/name", "too_long", "201 characters; at most 200"),
                ("/owner", "wrong_type", "text"),
                ("/tags/1", "duplicate", ""),
                ("/tags/2", "empty", ""),
                ("/tags/3", "wrong_type", ""),
                ("/permanent", "wrong_type", "true or false"),
            ],
        ),
    ];
    for (body, code, expected) in cases {
        check(&project, create(body), code, &expected);
    }
    let update = |patch: Value| Command::UpdateFlag { key: "payments".into(), patch };
    check(
        &project,
        update(json!({"type": "string", "salt": "x", "key": "y", "archived": true})),
        RefusalCode::Invalid,
        &[
            ("/key", "field_fixed", ""),
            ("/type", "field_fixed", ""),
            ("/salt", "field_fixed", ""),
            ("/archived", "field_fixed", ""),
            ("/variants/0/value", "value_type", ""),
            ("/variants/1/value", "value_type", ""),
        ],
    );
    check(&project, update(json!({"nmae": null})), RefusalCode::Invalid, &[("/nmae", "unknown_field", "\"name\"")]);
    check(
        &project,
        Command::UpdateFlag { key: "payment".into(), patch: json!({}) },
        RefusalCode::NotFound,
        &[("", "not_found", "did you mean \"payments\"?")],
    );
}

#[test]
fn problems_are_bounded() {
    let project = Project::shop();
    let tags: Vec<Value> = (0..30).map(Value::from).collect();
    let variants: Vec<Value> = (0..100).map(|_| json!({})).collect();
    let (_, problems) =
        project.refused(create(json!({"key": "a", "tags": tags, "type": "json", "variants": variants})));
    assert_eq!(problems.len(), 101);
    assert_eq!(problems[100].code, "too_many_problems");
    assert!(problems[100].message.starts_with("130 more"), "{}", problems[100].message);
}

#[expect(clippy::needless_pass_by_value, reason = "made for each case")]
fn serving(default: Value) -> Value {
    json!({"on": true, "default": default, "off_variant": "off"})
}

#[test]
fn what_is_served() {
    let project = Project::shop();
    let rollout = |percent: Value| json!({"rollout": {"variant": "on", "percent": percent}});
    let split = |a: f64, b: f64| json!({"split": {"shares": [{"variant": "on", "percent": a}, {"variant": "off", "percent": b}]}});
    let cases: Vec<(Value, Vec<Expected>)> = vec![
        (json!({}), vec![("/on", "required", ""), ("/default", "required", ""), ("/off_variant", "required", "")]),
        (serving(json!({})), vec![("/default", "serve_shape", "exactly one")]),
        (serving(json!({"variant": "on", "split": {}})), vec![("/default", "serve_shape", "")]),
        (serving(json!({"variant": "onn"})), vec![("/default/variant", "variant_missing", "did you mean \"on\"?")]),
        (serving(rollout(json!(101))), vec![("/default/rollout/percent", "percent_range", "101")]),
        (serving(rollout(json!(-1))), vec![("/default/rollout/percent", "percent_range", "")]),
        (serving(rollout(json!("10"))), vec![("/default/rollout/percent", "wrong_type", "")]),
        (serving(rollout(json!(0.0001))), vec![("/default/rollout/percent", "percent_precision", "three decimals")]),
        (
            serving(split(50.0, 49.5)),
            vec![("/default/split/shares", "percent_sum", "add up to 99.5, not 100: 0.5 missing")],
        ),
        (serving(split(60.0, 60.0)), vec![("/default/split/shares", "percent_sum", "120, not 100: 20 too much")]),
        (
            serving(json!({"split": {"shares": [{"variant": "on", "percent": 50}, {"variant": "on", "percent": 50}]}})),
            vec![("/default/split/shares/1/variant", "duplicate", "")],
        ),
        (
            serving(json!({"rollout": {"variant": "on", "percent": 10, "ranges": [[5, 3]], "bucket_by": "user..x"}})),
            vec![
                ("/default/rollout/ranges", "ranges_invalid", ""),
                ("/default/rollout/bucket_by", "attribute_invalid", ""),
            ],
        ),
        (
            json!({"on": true, "rules": [
                {"id": "r", "if": {"all": []}, "serve": {"rollout": {"variant": "on", "percent": 1, "otherwise": "off"}}},
                {"id": "r", "if": {"all": []}, "serve": {"variant": "on"}, "then": 1},
                {"serve": 5}], "default": {"variant": "on"}, "off_variant": "off"}),
            vec![
                ("/rules/0/serve/rollout/otherwise", "otherwise_in_rule", ""),
                ("/rules/1/then", "unknown_field", ""),
                ("/rules/1/id", "duplicate", ""),
                ("/rules/2/if", "required", ""),
                ("/rules/2/serve", "wrong_type", ""),
            ],
        ),
        (
            json!({"on": true, "targets": [{"variant": "on", "keys": ["a", "b"]}, {"variant": "off", "keys": ["b", ""]}, {"variant": "on", "keys": []}],
                "prerequisites": [{"flag": "payments", "variants": ["on"]}, {"flag": "checkut", "variants": ["on"]}, {"flag": "checkout", "variants": ["z"]}, {"flag": "checkout", "variants": []}],
                "default": {"variant": "on"}, "off_variant": "off"}),
            vec![
                ("/prerequisites/3/flag", "duplicate", ""),
                ("/prerequisites/3/variants", "empty", ""),
                ("/targets/1/keys/0", "duplicate", "\"b\" is targeted twice"),
                ("/targets/1/keys/1", "empty", ""),
                ("/targets/2", "duplicate", "already has targets"),
                ("/prerequisites/0/flag", "prerequisite_cycle", "needs itself"),
                ("/prerequisites/1/flag", "flag_missing", "did you mean \"checkout\"?"),
                ("/prerequisites/2/variants/0", "variant_missing", "it has a, b, c"),
            ],
        ),
    ];
    for (body, expected) in cases {
        check(&project, put("payments", "production", body), RefusalCode::Invalid, &expected);
    }
    check(&project, put("payments", "prod", serving(json!({}))), RefusalCode::NotFound, &[("", "not_found", "")]);
}

#[test]
fn conditions() {
    let project = Project::shop();
    let nested = (0..10).fold(json!({"segment": "beta"}), |inner, _| json!({"not": inner}));
    let test = |operator: &str, values: Value| json!({"attribute": "x", "operator": operator, "values": values});
    let cases: Vec<(Value, Vec<Expected>)> = vec![
        (json!({}), vec![("", "condition_shape", "exactly one of attribute")]),
        (json!({"segmnt": "beta"}), vec![("", "condition_shape", "did you mean \"segment\"?")]),
        (json!({"all": [], "any": []}), vec![("", "condition_shape", "not all and any together")]),
        (
            json!({"all": [{"segment": "bta"}, {"not": {}}]}),
            vec![
                ("/all/1/not", "condition_shape", ""),
                ("/all/0/segment", "segment_missing", "did you mean \"beta\"?"),
            ],
        ),
        (nested, vec![("/not/not/not/not/not/not/not/not/not/not", "nesting_too_deep", "10 levels")]),
        (test("starts-with", json!(["a"])), vec![("/operator", "operator_unknown", "did you mean \"starts_with\"?")]),
        (test("in", json!([])), vec![("/values", "operator_values", "at least one value")]),
        (
            test("in", json!([{}, null])),
            vec![("/values/0", "wrong_type", "an object"), ("/values/1", "wrong_type", "null")],
        ),
        (test("less_than", json!([1, 2])), vec![("/values", "operator_values", "exactly one value, here are 2")]),
        (test("less_than", json!(["1"])), vec![("/values/0", "wrong_type", "a number, not \"1\"")]),
        (
            test("matches", json!(["(", "(?=x)", "ok"])),
            vec![("/values/0", "regex_invalid", "unclosed group"), ("/values/1", "regex_invalid", "look-around")],
        ),
        (test("semver_at_least", json!(["1.x"])), vec![("/values/0", "version_invalid", "")]),
        (test("before", json!(["2026-01-01"])), vec![("/values/0", "date_invalid", "RFC 3339")]),
        (test("in_cidr", json!(["10.0.0.0/33", "::/8"])), vec![("/values/0", "cidr_invalid", "")]),
        (test("present", json!([1])), vec![("/values", "operator_values", "no values")]),
        (json!({"attribute": "", "operator": "present"}), vec![("/attribute", "attribute_invalid", "")]),
        (
            json!({"attribute": "user", "operator": "present"}),
            vec![("/attribute", "attribute_invalid", "user.country")],
        ),
        (
            json!({"attribute": "x", "operator": "less_than", "values": [1], "ignore_case": true, "negated": true}),
            vec![("/negated", "unknown_field", "\"negate\""), ("/ignore_case", "ignore_case_not_text", "")],
        ),
        (test("in", json!(["x".repeat(1_025)])), vec![("/values/0", "too_long", "1024")]),
        (
            test("in", json!((0..10_001).collect::<Vec<_>>())),
            vec![("/values", "too_many", "10001"), ("/values", "operator_values", "")],
        ),
    ];
    for (condition, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(p, c, w)| (format!("/rules/0/if{p}"), *c, *w)).collect();
        let expected: Vec<_> = expected.iter().map(|(p, c, w)| (p.as_str(), *c, *w)).collect();
        let rules = json!([{"if": condition, "serve": {"variant": "on"}}]);
        let body = json!({"on": true, "rules": rules, "default": {"variant": "on"}, "off_variant": "off"});
        check(&project, put("payments", "production", body), RefusalCode::Invalid, &expected);
    }
}

#[test]
fn a_patch_says_each_problem_once() {
    let project = Project::shop();
    let patch = json!({"onn": true, "rules": [{"if": {"all": []}, "serve": {"variant": "onn"}}]});
    let update = Command::UpdateConfiguration { flag: "payments".into(), environment: "production".into(), patch };
    let expected =
        [("/onn", "unknown_field", "\"on\""), ("/rules/0/serve/variant", "variant_missing", "did you mean \"on\"")];
    check(&project, update, RefusalCode::Invalid, &expected);
}

#[test]
fn circles_and_needs() {
    let mut project = Project::shop();
    let needing = |flag: &str, variant: &str, default: &str| json!({"on": true, "prerequisites": [{"flag": flag, "variants": [variant]}], "default": {"variant": default}, "off_variant": default});
    project.run(create(json!({"key": "third"})));
    project.put("checkout", "production", needing("payments", "on", "a"));
    project.put("payments", "production", needing("third", "on", "off"));
    check(
        &project,
        put("third", "production", needing("checkout", "a", "on")),
        RefusalCode::Invalid,
        &[("/prerequisites", "prerequisite_cycle", "third → checkout → payments → third")],
    );
    project.put("third", "staging", needing("checkout", "a", "on"));
    check(
        &project,
        Command::ArchiveFlag { key: "payments".into() },
        RefusalCode::Conflict,
        &[("", "flag_needed", "\"checkout\" needs \"payments\" in production")],
    );
    let variants = json!([{"key": "b", "value": "B"}, {"key": "c", "value": "C"}]);
    check(
        &project,
        Command::UpdateFlag { key: "checkout".into(), patch: json!({"variants": variants}) },
        RefusalCode::Conflict,
        &[
            ("/variants", "variant_in_use", "\"a\" is still served in production"),
            ("/variants", "variant_in_use", "needed by the flag \"third\" in staging"),
        ],
    );
    // An archived flag does not hold what it needs.
    let patch = json!({"prerequisites": []});
    project.run(Command::UpdateConfiguration { flag: "payments".into(), environment: "production".into(), patch });
    for key in ["third", "checkout", "payments"] {
        project.run(Command::ArchiveFlag { key: key.into() });
    }
}

#[test]
fn chains_are_bounded() {
    let mut project = Project::shop();
    let names: Vec<String> = (0..17).map(|n| format!("link-{n}")).collect();
    for name in &names {
        project.run(create(json!({"key": name})));
        project.run(Command::CreateSegment { body: json!({"key": name}) });
    }
    let needing = |flag: &str| json!({"on": true, "prerequisites": [{"flag": flag, "variants": ["on"]}], "default": {"variant": "on"}, "off_variant": "off"});
    let containing = |key: &str, inner: &str| Command::UpdateSegment {
        key: key.into(),
        patch: json!({"rules": [{"segment": inner}]}),
    };
    // Two chains of 8 and 7 make 15; any longer one is refused wherever it is joined.
    for pair in names[..8].windows(2).chain(names[9..16].windows(2)) {
        project.put(&pair[0], "staging", needing(&pair[1]));
        project.run(containing(&pair[0], &pair[1]));
    }
    project.put("link-7", "staging", needing("link-9"));
    project.run(containing("link-7", "link-9"));
    for (from, to) in [("link-15", "link-16"), ("link-16", "link-0")] {
        let words = "16 flags would need each other in a row; at most 15";
        check(
            &project,
            put(from, "staging", needing(to)),
            RefusalCode::Invalid,
            &[("/prerequisites", "chain_too_long", words)],
        );
        check(&project, containing(from, to), RefusalCode::Invalid, &[("/rules", "chain_too_long", "16 segments")]);
    }
    project.put("link-16", "staging", needing("link-1"));
}

#[test]
fn archived_flags() {
    let mut project = Project::shop();
    let needing = json!({"on": true, "prerequisites": [{"flag": "payments", "variants": ["on"]}], "rules": [{"if": {"segment": "beta"}, "serve": {"variant": "b"}}], "default": {"variant": "a"}, "off_variant": "a"});
    project.put("checkout", "production", needing.clone());
    project.run(Command::ArchiveFlag { key: "checkout".into() });
    project.run(Command::ArchiveFlag { key: "payments".into() });
    project.run(Command::DeleteSegment { key: "beta".into() });
    assert!(project.snapshot("production").keys().next().is_none());
    check(
        &project,
        Command::RestoreFlag { key: "checkout".into() },
        RefusalCode::Conflict,
        &[
            ("/environments/production/prerequisites/0/flag", "flag_archived", "payments"),
            ("/environments/production/rules/0/if/segment", "segment_missing", "beta"),
        ],
    );
    let patch = Command::UpdateConfiguration {
        flag: "checkout".into(),
        environment: "production".into(),
        patch: json!({"on": false}),
    };
    let (code, problems) = project.refused(patch);
    assert_eq!((code, problems[0].code), (RefusalCode::Conflict, "flag_archived"));
}

#[test]
fn segments() {
    let mut project = Project::shop();
    let create = |body: Value| Command::CreateSegment { body };
    check(&project, create(json!({"key": "BETA"})), RefusalCode::Conflict, &[("/key", "key_taken", "beta")]);
    check(
        &project,
        create(
            json!({"key": "s", "included": [1, "", "x".repeat(600)], "rules": [{"segment": "s"}, {"segment": "gone"}]}),
        ),
        RefusalCode::Invalid,
        &[
            ("/included/0", "wrong_type", ""),
            ("/included/1", "empty", ""),
            ("/included/2", "too_long", "512"),
            ("/rules/1/segment", "segment_missing", ""),
            ("/rules", "segment_cycle", "s → s"),
        ],
    );
    project.run(create(json!({"key": "inner", "rules": [{"segment": "beta"}]})));
    check(
        &project,
        Command::UpdateSegment { key: "beta".into(), patch: json!({"rules": [{"segment": "inner"}]}) },
        RefusalCode::Invalid,
        &[("/rules", "segment_cycle", "beta → inner → beta")],
    );
    check(
        &project,
        Command::UpdateSegment { key: "beta".into(), patch: json!({"context_kind": "account"}) },
        RefusalCode::Invalid,
        &[("/context_kind", "field_fixed", "")],
    );
    let rules = json!([{"if": {"not": {"segment": "inner"}}, "serve": {"variant": "on"}}]);
    project.put(
        "payments",
        "staging",
        json!({"on": true, "rules": rules, "default": {"variant": "on"}, "off_variant": "off"}),
    );
    check(
        &project,
        Command::DeleteSegment { key: "inner".into() },
        RefusalCode::Conflict,
        &[("", "segment_in_use", "flag payments in staging")],
    );
    check(
        &project,
        Command::DeleteSegment { key: "beta".into() },
        RefusalCode::Conflict,
        &[("", "segment_in_use", "segment inner")],
    );
    check(
        &project,
        Command::EditSegmentLists {
            key: "beta".into(),
            body: json!({"included": {"add": ["x"], "remove": ["x"], "ad": []}}),
        },
        RefusalCode::Invalid,
        &[("/included/ad", "unknown_field", "\"add\""), ("/included", "duplicate", "\"x\"")],
    );
}

#[test]
fn environments_and_keys() {
    let project = Project::shop();
    check(
        &project,
        Command::CreateEnvironment { body: json!({"key": "Staging", "color": 7, "position": -1}) },
        RefusalCode::Invalid,
        &[
            ("/key", "key_taken", "staging"),
            ("/position", "out_of_range", ""),
            ("/color", "out_of_range", "between 1 and 6"),
        ],
    );
    check(
        &project,
        Command::UpdateEnvironment { key: "staging".into(), patch: json!({"key": "x"}) },
        RefusalCode::Invalid,
        &[("/key", "field_fixed", "")],
    );
    let key =
        |body: Value| Command::CreateSdkKey { id: "key_1".into(), body, hash: String::new(), hint: String::new() };
    check(
        &project,
        key(json!({"environment": "stagin", "audience": "web"})),
        RefusalCode::Invalid,
        &[("/environment", "environment_missing", "\"staging\""), ("/audience", "out_of_range", "client")],
    );
    check(
        &project,
        key(json!({"environment": "staging", "audience": "server", "attested": true})),
        RefusalCode::Invalid,
        &[("/attested", "out_of_range", "only a client key")],
    );
    check(
        &project,
        key(json!({"environment": "staging", "audience": "client", "attested": "yes"})),
        RefusalCode::Invalid,
        &[("/attested", "wrong_type", "")],
    );
    check(&project, Command::RevokeSdkKey { id: "key_9".into() }, RefusalCode::NotFound, &[("", "not_found", "")]);
    let update = |id: &str, patch: Value| Command::UpdateSdkKey { id: id.into(), patch };
    check(&project, update("key_9", json!({})), RefusalCode::NotFound, &[("", "not_found", "")]);
    let mut project = project;
    project.run(key(json!({"environment": "staging", "audience": "server"})));
    check(
        &project,
        update("key_1", json!({"environment": "production", "audience": "client", "attested": true, "hash": "00"})),
        RefusalCode::Invalid,
        &[
            ("/hash", "unknown_field", ""),
            ("/environment", "field_fixed", "never changes"),
            ("/audience", "field_fixed", "never changes"),
            ("/attested", "out_of_range", "only a client key"),
        ],
    );
}

#[test]
fn imports() {
    let project = Project::shop();
    let import = |body: Value| Command::Import { body, replace: false };
    check(
        &project,
        import(json!({"format": 2, "flag": []})),
        RefusalCode::Invalid,
        &[("/flag", "unknown_field", "\"flags\""), ("/format", "format_unknown", "format 1")],
    );
    let flags = json!([
        {"key": "new", "environments": {"prod": {}, "staging": {"on": true, "default": {"variant": "x"}, "off_variant": "off"}}},
        {"key": "NEW"},
        {"key": "checkout"},
    ]);
    check(
        &project,
        import(json!({"format": 1, "flags": flags, "segments": [{"key": "s", "rules": [{"segment": "t"}]}]})),
        RefusalCode::Invalid,
        &[
            ("/segments/0/rules/0/segment", "segment_missing", ""),
            ("/flags/1/key", "duplicate", ""),
            ("/flags/2/type", "field_fixed", "another type"),
            ("/flags/0/environments/prod", "environment_missing", ""),
            ("/flags/0/environments/staging/default/variant", "variant_missing", ""),
        ],
    );
}
