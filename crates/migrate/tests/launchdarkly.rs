//! LaunchDarkly's flags, the whole way: files → documents → decisions → ruleset → answers.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "tables are written with json!")]

use serde_json::{Value, json};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Imported, Options, Source, import, verify};

fn imported(files: &[Value], sdk: Option<&str>) -> Imported {
    let sources: Vec<Source> = files
        .iter()
        .enumerate()
        .map(|(index, file)| Source { name: format!("{index}.json"), text: file.to_string() })
        .collect();
    let options = Options { sdk: sdk.map(str::to_owned), ..Options::default() };
    import(Format::LaunchDarkly, &sources, &options).unwrap()
}

/// Runs cases of one set of flags in the form of the SDK test harness: flag, context, expected detail.
fn check(data: &Value, cases: &[(&str, Value, Value)]) {
    let cases: Vec<Value> = cases
        .iter()
        .map(|(flag, context, expect)| {
            json!({"name": format!("{flag} {context}"), "sdkData": data, "flagKey": flag, "context": context,
                   "default": "default", "expect": expect})
        })
        .collect();
    let source = Source { name: "own.json".to_owned(), text: Value::from(cases).to_string() };
    let sections = verify(Format::LaunchDarkly, &[source]).unwrap();
    for section in sections {
        assert!(section.failures.is_empty(), "{:#?}", section.failures);
        assert!(section.passed > 0);
    }
}

fn user(key: &str) -> Value {
    json!({"kind": "user", "key": key})
}

fn answer(index: usize, reason: Value) -> Value {
    let value = ["a", "b", "c"][index];
    json!({"value": value, "variationIndex": index, "reason": reason})
}

fn fallthrough(index: usize) -> Value {
    answer(index, json!({"kind": "FALLTHROUGH"}))
}

fn malformed() -> Value {
    json!({"value": "default", "reason": {"kind": "ERROR", "errorKind": "MALFORMED_FLAG"}})
}

/// The places of the units are constants of LaunchDarkly's consistency tests: 0.42157587 and, by seed 61, 0.09801207.
#[test]
fn rollouts_put_everybody_where_launchdarkly_does() {
    let flag = |rollout: Value| json!({"on": true, "salt": "saltyA", "variations": ["a", "b", "c"], "fallthrough": {"rollout": rollout}});
    let parts = |first: u32, second: u32| {
        json!([{"variation": 0, "weight": first}, {"variation": 1, "weight": second},
               {"variation": 2, "weight": 100_000 - first - second}])
    };
    let experiment = json!({"kind": "experiment", "seed": 61, "bucketBy": "team", "variations": parts(9_801, 10)});
    let table = [
        (flag(json!({"variations": parts(42_157, 1)})), user("userKeyA"), fallthrough(1)),
        (flag(json!({"variations": parts(42_158, 1)})), user("userKeyA"), fallthrough(0)),
        (flag(json!({"variations": parts(0, 42_157)})), user("userKeyA"), fallthrough(2)),
        (flag(json!({"seed": 61, "variations": parts(9_801, 1)})), user("userKeyA"), fallthrough(1)),
        // An experiment ignores bucketBy, and says so in the reason.
        (
            flag(experiment.clone()),
            json!({"kind": "user", "key": "userKeyA", "team": "other"}),
            answer(1, json!({"kind": "FALLTHROUGH", "inExperiment": true})),
        ),
        // Nobody to ask about: the first bucket, and no experiment.
        (flag(experiment), json!({"kind": "org", "key": "o"}), fallthrough(0)),
        // Integers are units in decimal, fractions and other types are not.
        (
            flag(json!({"bucketBy": "id", "variations": parts(42_157, 57_843)})),
            json!({"kind": "user", "key": "u", "id": 33.5}),
            fallthrough(0),
        ),
        (
            flag(json!({"bucketBy": "id", "variations": parts(42_157, 57_843)})),
            json!({"kind": "user", "key": "u", "id": "userKeyA"}),
            fallthrough(1),
        ),
        // Weights that do not fill the whole leave the rest to the last.
        (
            flag(json!({"variations": [{"variation": 0, "weight": 1}, {"variation": 1, "weight": 2}]})),
            user("userKeyA"),
            fallthrough(1),
        ),
        (
            flag(json!({"variations": [{"variation": 0, "weight": 1}, {"variation": 7, "weight": 99_999}]})),
            user("userKeyA"),
            malformed(),
        ),
    ];
    for (flag, context, expected) in table {
        check(&json!({"flags": {"hashKey": flag}}), &[("hashKey", context, expected)]);
    }
}

#[test]
fn clauses_are_unknown_where_nothing_is_and_false_where_nothing_fits() {
    let clause = |body: Value| {
        json!({"flags": {"f": {"on": true, "variations": ["a", "b", "c"], "fallthrough": {"variation": 1},
                               "rules": [{"id": "r", "variation": 0, "clauses": [body]}]}}})
    };
    let with = |value: Value| json!({"kind": "user", "key": "u", "x": value});
    let table = [
        // (operator, values, attribute, matches, matches when negated)
        ("in", json!(["1"]), json!(1), false, true),
        ("in", json!([1.0]), json!([5, 1]), true, false),
        ("in", json!([]), json!("x"), false, true),
        ("in", json!(["x"]), Value::Null, false, false),
        ("startsWith", json!([1, "ab"]), json!("abc"), true, false),
        ("matches", json!(["("]), json!("("), false, true),
        ("matches", json!(["(?=a)", "b$"]), json!("ab"), true, false),
        ("lessThan", json!(["5"]), json!(1), false, true),
        ("greaterThanOrEqual", json!([7, 3]), json!(3), true, false),
        ("before", json!(["2026-01-01T00:00:00.001Z"]), json!(1_767_225_600_000_u64), true, false),
        ("after", json!(["2026-01-01"]), json!("2027-01-01T00:00:00Z"), false, true),
        ("semVerEqual", json!(["2"]), json!("2.0.0+build"), true, false),
        ("semVerEqual", json!(["2.0.0"]), json!("v2.0.0"), false, true),
        ("semVerEqual", json!(["v2.0.0"]), json!("2.0.0"), false, true),
        ("semVerLessThan", json!(["2.0.0"]), json!("2.0.0-rc.1"), true, false),
        ("semVerGreaterThan", json!(["2.0.0"]), json!(["1.0", "v3", "2.1"]), true, false),
        ("semVerGreaterThan", json!(["2.0.0"]), json!(["1.0", "v3"]), false, true),
        ("semVerGreaterThan", json!(["2.0.0"]), json!("02.0.1"), false, true),
        ("semVerGreaterThan", json!(["2.0.0"]), Value::Null, false, false),
        ("noSuchOperator", json!(["x"]), json!("x"), false, true),
    ];
    for (op, values, value, plain, negated) in table {
        for (negate, matches) in [(false, plain), (true, negated)] {
            let data = clause(json!({"attribute": "x", "op": op, "values": values, "negate": negate}));
            let rule = json!({"kind": "RULE_MATCH", "ruleIndex": 0, "ruleId": "r"});
            let expected = if matches { answer(0, rule) } else { fallthrough(1) };
            check(&data, &[("f", with(value.clone()), expected)]);
        }
    }
}

#[test]
fn prerequisites_come_first_and_circles_are_errors() {
    let flag = |on: bool, needs: Value| {
        json!({"on": on, "variations": ["a", "b", "c"], "offVariation": 2, "fallthrough": {"variation": 0},
               "targets": [{"values": ["t"], "variation": 1}], "prerequisites": needs})
    };
    let data = json!({"flags": {
        "base": flag(true, json!([])),
        "off": flag(false, json!([])),
        "met": flag(true, json!([{"key": "base", "variation": 0}])),
        "unmet": flag(true, json!([{"key": "base", "variation": 1}])),
        "needs-off": flag(true, json!([{"key": "off", "variation": 2}])),
        "needs-nothing": flag(true, json!([{"key": "base", "variation": 0}, {"key": "gone", "variation": 0}])),
        "circle-1": flag(true, json!([{"key": "circle-2", "variation": 0}])),
        "circle-2": flag(true, json!([{"key": "circle-1", "variation": 0}])),
        "needs-circle": flag(true, json!([{"key": "circle-1", "variation": 0}])),
    }});
    let failed = |key: &str| answer(2, json!({"kind": "PREREQUISITE_FAILED", "prerequisiteKey": key}));
    check(
        &data,
        &[
            ("met", user("u"), fallthrough(0)),
            ("met", user("t"), failed("base")),
            ("unmet", user("u"), failed("base")),
            ("unmet", user("t"), answer(1, json!({"kind": "TARGET_MATCH"}))),
            ("needs-off", user("u"), failed("off")),
            ("needs-nothing", user("u"), failed("gone")),
            ("needs-nothing", user("t"), failed("base")),
            ("circle-1", user("u"), malformed()),
            ("needs-circle", user("u"), malformed()),
            ("off", user("u"), answer(2, json!({"kind": "OFF"}))),
        ],
    );
}

#[test]
fn lists_of_the_api_bring_every_environment_and_all_words() {
    let setting = |on: bool, segment: &str| {
        json!({"on": on, "salt": "s", "offVariation": 1, "fallthrough": {"variation": 0}, "version": 3,
               "rules": [{"_id": "5c8f", "description": "Friends", "variation": 1,
                          "clauses": [{"attribute": "segmentMatch", "op": "segmentMatch", "values": [segment]}]}]})
    };
    let flags = json!({"items": [{
        "key": "checkout", "name": "New checkout", "description": "Why", "kind": "multivariate", "temporary": false,
        "tags": ["shop"], "variations": [{"value": "x", "name": "The new one"}, {"value": "y", "description": "Old"}],
        "unheardOf": 1,
        "environments": {"production": setting(true, "friends"), "test": setting(false, "friends")},
    }]});
    let segments = |environment: &str, key: &str| {
        json!({"items": [{"key": "friends", "name": "Friends", "included": [key], "excluded": [], "rules": [],
                          "_links": {"self": {"href": format!("/api/v2/segments/p/{environment}/friends")}}}]})
    };
    let imported = imported(&[flags, segments("production", "u1"), segments("test", "u2")], None);
    let flag = &imported.document["flags"][0];
    assert_eq!((&flag["name"], &flag["description"]), (&json!("New checkout"), &json!("Why")));
    assert_eq!((&flag["permanent"], &flag["tags"]), (&json!(true), &json!(["shop"])));
    assert_eq!(flag["environments"]["test"]["on"], json!(false));
    assert_eq!(flag["environments"]["production"]["rules"][0]["description"], json!("Friends"));
    let ground = Ground::new(&imported, "production").unwrap();
    for (key, value) in [("u1", "y"), ("u2", "x")] {
        assert_eq!(ground.ask("checkout", &json!({"targetingKey": key}), 0).value, Some(json!(value)));
    }
    let unheard = imported.report.needs_attention.iter().filter(|one| one.what.contains("unheardOf")).count();
    assert_eq!(unheard, 1, "{}", imported.report);
    assert!(imported.report.mapped.iter().any(|one| one.what.contains("version")), "{}", imported.report);
}

#[test]
fn lists_of_several_kinds_keep_their_order() {
    let flag = json!({"on": true, "variations": ["a", "b", "c"], "fallthrough": {"variation": 1}, "rules": [
        {"id": "r", "variation": 0, "clauses": [{"op": "segmentMatch", "values": ["nowhere", "s"]}]}]});
    let segment = json!({
        "key": "s", "salt": "x", "included": ["u-in"], "excluded": ["u-out"],
        "includedContexts": [{"contextKind": "org", "values": ["o-in"]}],
        "excludedContexts": [{"contextKind": "org", "values": ["o-out"]}],
        "rules": [{"clauses": [{"attribute": "x", "op": "in", "values": [1]}]}],
    });
    let data = json!({"flags": {"f": flag}, "segments": {"s": segment}});
    let both = |user: &str, org: &str| json!({"kind": "multi", "user": {"key": user, "x": 1}, "org": {"key": org}});
    let inside = || answer(0, json!({"kind": "RULE_MATCH", "ruleIndex": 0, "ruleId": "r"}));
    check(
        &data,
        &[
            ("f", both("u-out", "o-in"), inside()),
            ("f", both("u-in", "o-out"), inside()),
            ("f", both("u-out", "o"), fallthrough(1)),
            ("f", both("u", "o-out"), fallthrough(1)),
            ("f", both("u", "o"), inside()),
            ("f", user("u"), fallthrough(1)),
        ],
    );
}

/// Without a store of big segments LaunchDarkly answers that nobody is in one, whatever it lists and whatever its rules say.
#[test]
fn nobody_is_in_a_big_segment() {
    let segment = |unbounded: bool| {
        json!({"key": "s", "salt": "x", "included": ["in"], "unbounded": unbounded, "generation": 1,
               "rules": [{"clauses": [{"attribute": "x", "op": "in", "values": [1]}]}]})
    };
    let flag = json!({"on": true, "variations": ["a", "b"], "fallthrough": {"variation": 1}, "rules": [
        {"id": "r", "variation": 0, "clauses": [{"op": "segmentMatch", "values": ["s"]}]}]});
    let inside = || answer(0, json!({"kind": "RULE_MATCH", "ruleIndex": 0, "ruleId": "r"}));
    let by_rule = || json!({"kind": "user", "key": "u", "x": 1});
    let data = |unbounded: bool| json!({"flags": {"f": flag}, "segments": {"s": segment(unbounded)}});
    check(&data(false), &[("f", user("in"), inside()), ("f", by_rule(), inside())]);
    check(&data(true), &[("f", user("in"), fallthrough(1)), ("f", by_rule(), fallthrough(1))]);
    let report = imported(&[data(true)], None).report;
    assert!(report.needs_attention.iter().any(|one| one.what == "a big segment"), "{report}");
}

#[test]
fn damaged_files_are_refused_in_words() {
    for text in ["", "[]{", "{}", "{\"items\": 3}", "{\"flags\": {\"f\": 3}}", "{\"items\": [{\"variations\": []}]}"] {
        let file = Source { name: "damaged.json".to_owned(), text: text.to_owned() };
        let refusal = import(Format::LaunchDarkly, &[file], &Options::default()).unwrap_err();
        assert_eq!(refusal.file, "damaged.json", "{text}");
    }
}

#[test]
fn lists_and_objects_are_equal_as_a_whole() {
    let rule = |negate: bool| {
        json!({"id": "r", "variation": 0, "clauses": [
        {"attribute": "x", "op": "in", "values": [{"a": 1}, [1, 2], 3, null, true], "negate": negate}]})
    };
    let flag = |negate: bool| {
        json!({"on": true, "variations": ["a", "b"], "offVariation": 1, "fallthrough": {"variation": 1},
        "rules": [rule(negate)]})
    };
    let data = json!({"flags": {"f": flag(false), "g": flag(true)}});
    let inside = || answer(0, json!({"kind": "RULE_MATCH", "ruleIndex": 0, "ruleId": "r"}));
    let with = |x: Value| json!({"kind": "user", "key": "u", "x": x});
    for (x, matches) in [
        (json!({"a": 1}), true),
        (json!({"a": 2}), false),
        (json!([1, 2]), false),
        (json!([[1, 2]]), true),
        (json!([{"a": 1}]), true),
        (json!([5, 3]), true),
        (json!(3), true),
        (json!(true), true),
        (json!("3"), false),
    ] {
        let (plain, negated) = if matches { (inside(), fallthrough(1)) } else { (fallthrough(1), inside()) };
        check(&data, &[("f", with(x.clone()), plain), ("g", with(x), negated)]);
    }
    for missing in [user("u"), with(Value::Null)] {
        check(&data, &[("f", missing.clone(), fallthrough(1)), ("g", missing, fallthrough(1))]);
    }
}
