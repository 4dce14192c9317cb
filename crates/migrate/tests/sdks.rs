//! Where a system's own SDKs disagree, `--sdk` says whose answers are kept.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Options, Source, import};

fn ground(format: Format, sdk: &str, file: &Value) -> Ground {
    let source = Source { name: "file.json".to_owned(), text: file.to_string() };
    let options = Options { sdk: Some(sdk.to_owned()), ..Options::default() };
    Ground::new(&import(format, &[source], &options).unwrap(), "production").unwrap()
}

/// The first of many keys for which two SDKs of flagd disagreed, and what each says, computed from their formulas by hand:
/// murmur3("f" || key) as a signed and as an unsigned number.
#[test]
fn flagd_before_2026_had_an_arithmetic_for_each_language() {
    let file = json!({"flags": {"f": {"state": "ENABLED", "variants": {"a": "a", "b": "b"}, "defaultVariant": "a",
        "targeting": {"fractional": [["a", 50], ["b", 50]]}}}});
    // "fractional-flag-shorthandjon@company.com" hashes to 618039204: 14 % of all 32 bits, 29 % of 31.
    let known = json!({"flags": {"fractional-flag-shorthand": {"state": "ENABLED", "variants": {"a": "a", "b": "b"},
        "defaultVariant": "a", "targeting": {"fractional": [["a", 20], ["b", 80]]}}}});
    let jon = json!({"targetingKey": "jon@company.com"});
    for (sdk, expected) in
        [("flagd", "a"), ("rust-v1", "a"), ("go-v1", "b"), ("python-v1", "b"), ("java-v1", "b"), ("javascript-v1", "b")]
    {
        let asked = ground(Format::Flagd, sdk, &known).ask("fractional-flag-shorthand", &jon, 0);
        assert_eq!(asked.value, Some(json!(expected)), "{sdk}");
    }
    let halves = |sdk: &str| -> Vec<Value> {
        let ground = ground(Format::Flagd, sdk, &file);
        (0..200).filter_map(|n| ground.ask("f", &json!({"targetingKey": n.to_string()}), 0).value).collect()
    };
    assert_eq!(halves("go-v1"), halves("javascript-v1"));
    assert_ne!(halves("flagd"), halves("go-v1"));
}

#[test]
fn instants_of_split_are_milliseconds_or_seconds() {
    // 2020-01-01T10:20:30.400Z
    const AT: i64 = 1_577_874_030_400;
    let matcher = |kind: &str, data: Value| {
        let mut matcher =
            json!({"matcherType": kind, "negate": false, "keySelector": {"trafficType": "user", "attribute": "at"}});
        matcher.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        json!({"splits": [{"name": "f", "seed": 1, "algo": 2, "status": "ACTIVE", "defaultTreatment": "off", "conditions": [
            {"conditionType": "ROLLOUT", "matcherGroup": {"combiner": "AND", "matchers": [matcher]},
             "partitions": [{"treatment": "on", "size": 100}]}]}]})
    };
    let unary = |kind: &str| matcher(kind, json!({"unaryNumericMatcherData": {"dataType": "DATETIME", "value": AT}}));
    let (minute, day) = (60_000, 86_400_000);
    let (in_minute, in_day) = (AT - AT % minute, AT - AT % day);
    for (file, inside, outside) in [
        (unary("EQUAL_TO"), vec![in_day, in_day + day - 1_000], vec![in_day - 1_000, in_day + day]),
        (unary("GREATER_THAN_OR_EQUAL_TO"), vec![in_minute, AT + day], vec![in_minute - 1_000]),
        (unary("LESS_THAN_OR_EQUAL_TO"), vec![in_minute + minute - 1_000, 0], vec![in_minute + minute]),
        (
            matcher(
                "BETWEEN",
                json!({"betweenMatcherData": {"dataType": "DATETIME", "start": AT, "end": AT + minute}}),
            ),
            vec![in_minute, in_minute + 2 * minute - 1_000],
            vec![in_minute - 1_000, in_minute + 2 * minute],
        ),
    ] {
        for (sdk, unit) in [("javascript", 1), ("java", 1), ("python", 1_000), ("go", 1_000)] {
            let ground = ground(Format::Split, sdk, &file);
            let ask = |at: Value| ground.ask("f", &json!({"targetingKey": "u", "at": at}), 0).value.unwrap();
            for (instants, expected) in [(&inside, "on"), (&outside, "off")] {
                for instant in instants {
                    assert_eq!(ask(json!(instant / unit)), json!(expected), "{sdk} {instant} {file}");
                }
            }
            assert_eq!(ask(json!("2020-01-01T10:20:30Z")), json!("off"), "{sdk}: a text that is no number");
        }
    }
}

#[test]
fn sets_of_split_compare_texts() {
    let file = |kind: &str, members: &[&str]| {
        json!({"splits": [{"name": "f", "seed": 1, "algo": 2, "status": "ACTIVE", "defaultTreatment": "off", "conditions": [
            {"conditionType": "ROLLOUT", "partitions": [{"treatment": "on", "size": 100}], "matcherGroup": {"combiner": "AND",
             "matchers": [{"matcherType": kind, "keySelector": {"attribute": "list"}, "whitelistMatcherData": {"whitelist": members}}]}}]}]})
    };
    for (kind, members, list, expected) in [
        ("CONTAINS_ALL_OF_SET", &["1", "a"][..], json!([1, "a", true]), "on"),
        ("CONTAINS_ALL_OF_SET", &["1", "a"], json!(["1"]), "off"),
        ("CONTAINS_ALL_OF_SET", &[], json!(["1"]), "off"),
        ("CONTAINS_ANY_OF_SET", &["true", "2"], json!([true]), "on"),
        ("CONTAINS_ANY_OF_SET", &["2"], json!(["02"]), "off"),
        ("EQUAL_TO_SET", &["1", "a"], json!(["a", 1]), "on"),
        ("EQUAL_TO_SET", &["1", "a"], json!(["a", 1, 2]), "off"),
        ("EQUAL_TO_SET", &["1", "a"], json!(["a"]), "off"),
        ("PART_OF_SET", &["1", "a"], json!([1]), "on"),
        ("PART_OF_SET", &["1", "a"], json!([]), "off"),
    ] {
        let ground = ground(Format::Split, "javascript", &file(kind, members));
        let asked = ground.ask("f", &json!({"targetingKey": "u", "list": list}), 0);
        assert_eq!(asked.value, Some(json!(expected)), "{kind} {members:?} {list}");
    }
}

/// Node looks at the remote address where there is neither user nor session, for variants only.
#[test]
fn unleash_for_node_spreads_variants_by_address() {
    let file = json!({"features": [{"name": "f", "enabled": true, "strategies": [], "variants": [
        {"name": "a", "weight": 500}, {"name": "b", "weight": 500}]}]});
    let names = |sdk: &str, ask: &dyn Fn(usize) -> Value| -> Vec<Value> {
        let ground = ground(Format::Unleash, sdk, &file);
        (0..40).map(|n| ground.ask("f", &ask(n), 0).value.unwrap()["name"].clone()).collect()
    };
    let by_user = names("node", &|n| json!({"targetingKey": format!("10.0.0.{n}")}));
    let by_address = names("node", &|n| json!({"remoteAddress": format!("10.0.0.{n}")}));
    assert_eq!(by_user, by_address);
    let chance = names("yggdrasil", &|n| json!({"remoteAddress": format!("10.0.0.{n}"), "$random": 0.0}));
    assert_ne!(chance, by_address);
}
