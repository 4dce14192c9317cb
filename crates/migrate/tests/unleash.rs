//! Unleash: our own cases, the whole way from a file to an answer, and edits afterwards.

#![allow(clippy::allow_attributes, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::{Value, json};
use yardarm_migrate::verify::{Asked, Ground};
use yardarm_migrate::{Format, Imported, Options, Source, import, verify};
use yardarm_model::sentence;

fn source(value: &Value) -> Source {
    Source { name: "state.json".to_owned(), text: value.to_string() }
}

fn read(value: &Value) -> Imported {
    import(Format::Unleash, &[source(value)], &Options::default()).unwrap()
}

fn ground(value: &Value) -> Ground {
    Ground::new(&read(value), "production").unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn on(asked: &Asked) -> bool {
    asked.value.as_ref().is_some_and(|value| *value == json!(true) || value["feature_enabled"] == json!(true))
}

/// A feature with one strategy of these constraints.
fn constrained(constraints: &Value) -> Value {
    json!({"version": 2, "features": [{
        "name": "f", "enabled": true, "strategies": [{"name": "default", "constraints": constraints}],
    }]})
}

#[test]
fn constraints_are_two_valued() {
    let constraint = |name: &str, operator: &str, more: Value| {
        let mut constraint = json!({"contextName": name, "operator": operator});
        constraint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([constraint])
    };
    let context = json!({
        "targetingKey": "u1", "country": "DE", "age": "37", "app": "2.1.0", "at": "2026-01-02T00:00:00Z",
        "remoteAddress": "10.1.2.3", "mapped": "::ffff:10.1.2.3", "empty": "",
    });
    for (name, operator, more, expected) in [
        ("userId", "IN", json!({"values": ["u1", "u2"]}), true),
        ("country", "IN", json!({"values": []}), false),
        ("country", "NOT_IN", json!({"values": []}), true),
        ("gone", "IN", json!({"values": ["DE"]}), false),
        ("gone", "NOT_IN", json!({"values": ["DE"]}), true),
        ("gone", "STR_CONTAINS", json!({"values": ["D"], "inverted": true}), true),
        ("country", "STR_STARTS_WITH", json!({"values": ["d"]}), false),
        ("country", "STR_STARTS_WITH", json!({"values": ["d"], "caseInsensitive": true}), true),
        ("age", "NUM_GT", json!({"value": "9"}), true),
        ("country", "NUM_GT", json!({"value": "9"}), false),
        ("country", "NUM_GT", json!({"value": "9", "inverted": true}), true),
        ("age", "NUM_EQ", json!({"value": "not a number"}), false),
        ("at", "DATE_AFTER", json!({"value": "2026-01-01T00:00:00.000Z"}), true),
        ("at", "DATE_AFTER", json!({"value": "2026-01-02T00:00:00Z"}), false),
        ("currentTime", "DATE_AFTER", json!({"value": "2020-01-01T00:00:00Z"}), true),
        ("currentTime", "DATE_BEFORE", json!({"value": "2020-01-01T00:00:00Z"}), false),
        ("app", "SEMVER_GT", json!({"value": "2.0.9"}), true),
        ("app", "SEMVER_GT", json!({"value": "v2.0.9"}), false),
        ("app", "SEMVER_GT", json!({"value": "v2.0.9", "inverted": true}), false),
        ("country", "REGEX", json!({"value": "^D.$"}), true),
        ("country", "REGEX", json!({"value": "(?=D)"}), false),
        ("remoteAddress", "IN_CIDR", json!({"values": ["10.0.0.0/8", "nonsense"]}), true),
        ("mapped", "IN_CIDR", json!({"values": ["10.0.0.0/8"]}), false),
        ("mapped", "IN_CIDR", json!({"values": ["10.0.0.0/8"], "inverted": true}), true),
        ("mapped", "IN_CIDR", json!({"values": ["::ffff:10.0.0.0/104"]}), true),
        ("mapped", "IN_CIDR", json!({"values": ["10.0.0.0/8", "::/0"]}), true),
        ("mapped", "IN_CIDR", json!({"values": ["2001:db8::/32"]}), false),
        ("remoteAddress", "IN_CIDR", json!({"values": ["::ffff:10.0.0.0/104", "::/0"]}), false),
        ("remoteAddress", "IN_CIDR", json!({"values": ["::ffff:10.0.0.0/104"], "inverted": true}), true),
        ("country", "IS_NICE", json!({"values": ["DE"], "inverted": true}), false),
    ] {
        let state = constrained(&constraint(name, operator, more.clone()));
        let answer = ground(&state).ask("f", &context, 1_767_225_600_000);
        assert_eq!(on(&answer), expected, "{name} {operator} {more}");
    }
}

#[test]
fn people_keep_what_they_have() {
    let state = json!({"version": 2, "features": [
        {"name": "gate", "enabled": true, "strategies": [
            {"name": "flexibleRollout", "parameters": {"rollout": "10", "stickiness": "default", "groupId": "Feature.flexibleRollout.10"}},
        ]},
        {"name": "Feature.Variants.C", "enabled": true, "strategies": [], "variants": [
            {"name": "variant1", "weight": 33, "overrides": [{"contextName": "country", "values": ["AT"]}]},
            {"name": "variant2", "weight": 33, "payload": {"type": "string", "value": "x"}},
            {"name": "variant3", "weight": 33},
        ]},
    ]});
    let ground = ground(&state);
    // Published bucket numbers: 174 → 10, 499 → 32.
    for (user, expected) in [("174", true), ("499", false)] {
        assert_eq!(on(&ground.ask("gate", &json!({"targetingKey": user}), 0)), expected, "{user}");
    }
    let by_session = ground.ask("gate", &json!({"sessionId": "174"}), 0);
    assert!(on(&by_session), "the session counts where there is no user");
    // The group of variants is the feature's name. Published: 232 → 18 of 99, 607 → 58.
    let variant = |context: Value| ground.ask("Feature.Variants.C", &context, 0).value.unwrap()["name"].clone();
    assert_eq!(variant(json!({"targetingKey": "232", "country": "AT"})), "variant1", "an override goes first");
    for (user, name) in [("232", "variant1"), ("607", "variant2")] {
        assert_eq!(variant(json!({"targetingKey": user})), name, "{user}");
    }
    let names: Vec<Value> = (0..30).map(|n| variant(json!({"targetingKey": n.to_string()}))).collect();
    for name in ["variant1", "variant2", "variant3"] {
        assert!(names.iter().any(|found| found == name), "{name} is somebody's: {names:?}");
    }
}

/// An address is of the family that it is written in.
#[test]
fn a_mapped_address_is_no_address_of_ipv4() {
    let state = json!({"version": 2, "features": [{"name": "f", "enabled": true, "strategies": [
        {"name": "remoteAddress", "parameters": {"IPs": "10.0.0.0/8, 2001:db8::/32"}},
    ]}]});
    let ground = ground(&state);
    for (address, expected) in
        [("10.1.2.3", true), ("::ffff:10.1.2.3", false), ("2001:db8::1", true), ("::1", false), ("", false)]
    {
        assert_eq!(on(&ground.ask("f", &json!({"remoteAddress": address}), 0)), expected, "{address}");
    }
}

/// The first strategy that matches decides, with variants of its own or without.
#[test]
fn the_first_strategy_that_matches_decides() {
    let own = json!([{"name": "blue", "weight": 1000}]);
    let named = |variants: Value| json!({"name": "userWithId", "parameters": {"userIds": "ana"}, "variants": variants});
    for (strategies, expected) in [
        (json!([named(Value::Null), {"name": "default", "variants": own}]), "disabled"),
        (json!([named(json!([])), {"name": "default", "variants": own}]), "disabled"),
        (json!([named(own.clone()), {"name": "default"}]), "blue"),
    ] {
        let state = json!({"version": 2, "features": [{"name": "f", "enabled": true, "strategies": strategies}]});
        let asked = ground(&state).ask("f", &json!({"targetingKey": "ana"}), 0);
        assert_eq!(asked.value.unwrap()["name"], expected, "{strategies}");
    }
}

#[test]
fn parents_come_first() {
    let feature = |name: &str, enabled: bool, dependencies: Value| json!({"name": name, "enabled": enabled, "strategies": [], "dependencies": dependencies});
    let state = json!({"version": 2, "features": [
        feature("yes", true, json!([])),
        feature("no", false, json!([])),
        feature("middle", true, json!([{"feature": "yes"}])),
        feature("a", true, json!([{"feature": "yes"}])),
        feature("b", true, json!([{"feature": "no"}])),
        feature("c", true, json!([{"feature": "no", "enabled": false}])),
        feature("d", true, json!([{"feature": "yes", "enabled": false}])),
        feature("e", true, json!([{"feature": "absent"}])),
        feature("f", true, json!([{"feature": "middle"}])),
        feature("g", true, json!([{"feature": "yes", "variants": ["disabled"]}])),
        feature("h", true, json!([{"feature": "yes", "variants": ["red"]}])),
    ]});
    let ground = ground(&state);
    for (flag, expected) in
        [("a", true), ("b", false), ("c", true), ("d", false), ("e", false), ("f", false), ("g", true), ("h", false)]
    {
        assert_eq!(on(&ground.ask(flag, &json!({"targetingKey": "u"}), 0)), expected, "{flag}");
    }
}

#[test]
fn nothing_is_dropped_in_silence() {
    let state = json!({"version": 2, "features": [
        {"name": "Überflag", "enabled": true, "description": "why", "impressionData": true, "strategies": [
            {"name": "ourOwnStrategy", "parameters": {"x": "1"}},
            {"name": "applicationHostname", "parameters": {"hostNames": "web1, web2"}},
            {"name": "default", "segments": [7]},
            {"name": "default", "disabled": true},
        ]},
        {"name": "broken", "enabled": "perhaps"},
    ]});
    let imported = read(&state);
    let told = imported.report.to_string();
    for words in
        ["ourOwnStrategy", "hostname", "the segment 7", "disabled there", "impression data", "broken", "is called"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let flag = &imported.document["flags"][0];
    assert_eq!((flag["name"].as_str(), flag["description"].as_str()), (Some("Überflag"), Some("why")));
    let key = flag["key"].as_str().unwrap();
    let ground = Ground::new(&imported, "production").unwrap();
    assert!(on(&ground.ask(key, &json!({"hostname": "WEB2"}), 0)));
    assert!(!on(&ground.ask(key, &json!({"targetingKey": "u"}), 0)));
}

#[test]
fn they_read_as_sentences() {
    let state = json!({"version": 2, "segments": [{"id": 1, "name": "Germans", "constraints": [
        {"contextName": "country", "operator": "IN", "values": ["DE"]},
    ]}], "features": [{"name": "f", "enabled": true, "strategies": [
        {"name": "flexibleRollout", "segments": [1], "parameters": {"rollout": "25", "stickiness": "userId", "groupId": "g"}},
        {"name": "userWithId", "parameters": {"userIds": "ana, bo"}},
    ]}]});
    let ground = ground(&state);
    let configuration = ground.state().configuration("production", "f").unwrap();
    assert_eq!(
        sentence::configuration(&configuration)[1..3],
        [
            "If in segment Germans and among 25 % by user.key then serve on.",
            "If user.key is one of ana, bo then serve on.",
        ]
    );
}

#[test]
fn cases_are_counted() {
    let case = |name: &str, user: &str, expected: bool| json!({"description": name, "context": {"userId": user}, "toggleName": "f", "expectedResult": expected});
    let file = json!({"name": "own", "state": {"version": 1, "features": [
        {"name": "f", "enabled": true, "strategies": [{"name": "userWithId", "parameters": {"userIds": "ana"}}]},
    ]}, "tests": [case("in", "ana", true), case("out", "bo", false), case("wrong on purpose", "bo", true)]});
    let sections = verify(Format::Unleash, &[source(&file)]).unwrap();
    assert_eq!((sections[0].passed, sections[0].failed), (2, 1));
    assert_eq!(sections[0].failures[0].case, "wrong on purpose");
}

#[test]
fn one_bad_flag_costs_no_other() {
    let many: Vec<Value> = (0..300).map(|_| json!({"name": "default"})).collect();
    let state = json!({"version": 2, "features": [
        {"name": "bad", "enabled": true, "strategies": many},
        {"name": "good", "enabled": true, "strategies": []},
    ]});
    let imported = read(&state);
    assert!(imported.report.needs_attention.iter().any(|note| note.place == "flag bad"), "{}", imported.report);
    let ground = Ground::new(&imported, "production").unwrap();
    assert!(on(&ground.ask("good", &json!({}), 0)));
    assert!(!on(&ground.ask("bad", &json!({}), 0)));
}
