//! Split's flags, the whole way: definitions → documents → decisions → ruleset → answers.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "tables are written with json!")]

use serde_json::{Value, json};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Options, Source, import};

fn ground(file: &Value) -> Ground {
    let source = Source { name: "splits.json".to_owned(), text: file.to_string() };
    let imported = import(Format::Split, &[source], &Options::default()).unwrap();
    Ground::new(&imported, "production").unwrap()
}

fn flag(name: &str, conditions: Value) -> Value {
    json!({"name": name, "seed": 467_569_525, "algo": 2, "defaultTreatment": "off", "conditions": conditions})
}

fn when(matcher: Value) -> Value {
    json!({"conditionType": "ROLLOUT", "matcherGroup": {"combiner": "AND", "matchers": [matcher]},
           "partitions": [{"treatment": "on", "size": 100}]})
}

fn ask(ground: &Ground, flag: &str, context: &Value) -> Value {
    ground.ask(flag, context, 0).value.unwrap_or_default()
}

#[test]
fn matchers_are_two_valued() {
    let list = |kind: &str, values: Value| json!({"matcherType": kind, "whitelistMatcherData": {"whitelist": values}});
    let number = |kind: &str, of: &str, value: i64| json!({"matcherType": kind, "unaryNumericMatcherData": {"dataType": of, "value": value}});
    // Matcher, attribute, answer; its negation is always the opposite.
    let table = [
        (list("WHITELIST", json!(["a", "5"])), json!(5), true),
        (list("WHITELIST", json!(["a"])), Value::Null, false),
        (list("STARTS_WITH", json!(["x", "ab"])), json!("abc"), true),
        (list("ENDS_WITH", json!(["ab"])), json!("abc"), false),
        (list("CONTAINS_STRING", json!(["b"])), json!("abc"), true),
        (list("CONTAINS_ALL_OF_SET", json!(["a", "b"])), json!(["b", "c", "a"]), true),
        (list("CONTAINS_ANY_OF_SET", json!(["a", "b"])), json!(["c"]), false),
        (list("EQUAL_TO_SET", json!(["a", "b"])), json!(["b", "a"]), true),
        (list("EQUAL_TO_SET", json!(["a", "b"])), json!(["b", "a", "c"]), false),
        (list("PART_OF_SET", json!(["a", "b"])), json!(["b"]), true),
        (list("PART_OF_SET", json!(["a", "b"])), json!([]), false),
        (list("IN_LIST_SEMVER", json!(["1.0.0", "2.0.0+x"])), json!("2.0.0"), false),
        (list("IN_LIST_SEMVER", json!(["1.0.0", "2.0.0+x"])), json!("2.0.0+x"), true),
        (json!({"matcherType": "MATCHES_STRING", "stringMatcherData": "^a.c$"}), json!("abc"), true),
        (json!({"matcherType": "EQUAL_TO_BOOLEAN", "booleanMatcherData": true}), json!("True"), true),
        (json!({"matcherType": "GREATER_THAN_OR_EQUAL_TO_SEMVER", "stringMatcherData": "1.2"}), json!("9.0.0"), false),
        (number("EQUAL_TO", "NUMBER", 5), json!(5), true),
        (number("GREATER_THAN_OR_EQUAL_TO", "NUMBER", 5), json!(4), false),
        (number("EQUAL_TO", "DATETIME", 86_400_000), json!(172_799_999), true),
        (number("EQUAL_TO", "DATETIME", 86_400_000), json!(172_800_000), false),
        (number("LESS_THAN_OR_EQUAL_TO", "DATETIME", 120_001), json!(179_999), true),
        (number("GREATER_THAN_OR_EQUAL_TO", "DATETIME", 120_001), json!(120_000), true),
    ];
    for (mut matcher, value, expected) in table {
        matcher["keySelector"] = json!({"trafficType": "user", "attribute": "x"});
        for negate in [false, true] {
            matcher["negate"] = negate.into();
            let ground = ground(&json!({"splits": [flag("f", json!([when(matcher.clone())]))]}));
            let expected = if expected == negate { "off" } else { "on" };
            assert_eq!(
                ask(&ground, "f", &json!({"targetingKey": "u", "x": value})),
                json!(expected),
                "{matcher} {value}"
            );
        }
    }
}

/// The key is in bucket 52 of 100 (first row of Split's table of 100000).
#[test]
fn shares_and_traffic_end_where_splits_do() {
    let shares = |first: u64| {
        json!({"conditionType": "ROLLOUT", "matcherGroup": {"combiner": "AND", "matchers": [{"matcherType": "ALL_KEYS"}]},
               "partitions": [{"treatment": "on", "size": first}, {"treatment": "other", "size": 100 - first}]})
    };
    let key = json!({"targetingKey": "aUfEsdPN1twuEjff9Sl"});
    let bucketing = json!({"targetingKey": "someone", "bucketingKey": "aUfEsdPN1twuEjff9Sl"});
    for (first, expected) in [(51, "other"), (52, "on")] {
        let ground = ground(&json!({"splits": [flag("f", json!([shares(first)]))]}));
        assert_eq!(ask(&ground, "f", &key), json!(expected));
        assert_eq!(ask(&ground, "f", &bucketing), json!(expected));
    }
    for (allocation, expected) in [(51, "off"), (52, "other"), (100, "other")] {
        let mut split = flag("f", json!([shares(0)]));
        split["trafficAllocation"] = allocation.into();
        split["trafficAllocationSeed"] = 467_569_525.into();
        assert_eq!(ask(&ground(&json!({"splits": [split]})), "f", &key), json!(expected), "{allocation}");
    }
}

#[test]
fn flags_need_flags_and_segments_need_keys() {
    let needs = |split: &str, treatments: Value| {
        when(
            json!({"matcherType": "IN_SPLIT_TREATMENT", "dependencyMatcherData": {"split": split, "treatments": treatments}}),
        )
    };
    let in_segment =
        |name: &str| when(json!({"matcherType": "IN_SEGMENT", "userDefinedSegmentMatcherData": {"segmentName": name}}));
    let mut killed = flag("killed", json!([when(json!({"matcherType": "ALL_KEYS"}))]));
    killed["killed"] = true.into();
    let mut gated = flag("gated", json!([when(json!({"matcherType": "ALL_KEYS"}))]));
    gated["prerequisites"] = json!([{"n": "killed", "ts": ["on"]}]);
    let file = json!({
        "splits": [
            killed,
            gated,
            flag("needs-killed", json!([needs("killed", json!(["off"]))])),
            flag("needs-gone", json!([needs("gone", json!(["control"]))])),
            flag("circle", json!([needs("circle", json!(["on"]))])),
            flag("friends", json!([in_segment("friends")])),
            flag("strangers", json!([in_segment("unknown")])),
            flag("new", json!([when(json!({"matcherType": "NOT_YET_INVENTED"}))])),
        ],
        "segments": [{"name": "friends", "added": ["u1"]}],
    });
    let ground = ground(&file);
    for (name, key, expected) in [
        ("killed", "u1", json!("off")),
        ("gated", "u1", json!("off")),
        ("needs-killed", "u1", json!("on")),
        ("needs-gone", "u1", json!("on")),
        ("circle", "u1", json!("off")),
        ("friends", "u1", json!("on")),
        ("friends", "u2", json!("off")),
        ("strangers", "u1", json!("off")),
        ("new", "u1", Value::Null),
    ] {
        assert_eq!(ask(&ground, name, &json!({"targetingKey": key})), expected, "{name} for {key}");
    }
}
