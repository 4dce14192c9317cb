//! Whatever is in a file, an importer gives a document that a project takes, with a report, or says what is wrong in which file.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Options, Source, import};

/// A small file of each system that has a bit of everything.
fn whole(format: Format) -> Value {
    match format {
        Format::Unleash => json!({
            "features": [{"name": "f", "enabled": true, "type": "release", "description": "d", "dependencies": [{"feature": "g"}],
                "strategies": [{"name": "flexibleRollout", "parameters": {"rollout": "50", "groupId": "f", "stickiness": "default"},
                    "constraints": [{"contextName": "a", "operator": "NUM_GT", "value": "5", "inverted": true}],
                    "segments": [1], "variants": [{"name": "v", "weight": 100, "payload": {"type": "json", "value": "{}"}}]}],
                "variants": [{"name": "x", "weight": 5, "overrides": [{"contextName": "a", "values": ["1"]}]}]}],
            "segments": [{"id": 1, "name": "s", "constraints": [{"contextName": "b", "operator": "IN", "values": ["x"]}]}],
            "featureStrategies": [{"featureName": "f", "name": "userWithId", "parameters": {"userIds": "a"}, "id": "1"}],
            "featureEnvironments": [{"featureName": "f", "environment": "production", "enabled": true, "variants": []}],
        }),
        Format::LaunchDarkly => json!({
            "flags": {"f": {"on": true, "variations": ["a", "b"], "offVariation": 0, "salt": "s",
                "prerequisites": [{"key": "g", "variation": 0}], "targets": [{"values": ["u"], "variation": 1}],
                "contextTargets": [{"contextKind": "org", "values": ["o"], "variation": 0}],
                "rules": [{"id": "r", "clauses": [{"contextKind": "user", "attribute": "/a/b", "op": "matches", "values": ["^x"]},
                    {"op": "segmentMatch", "values": ["s"], "negate": true}], "variation": 1}],
                "fallthrough": {"rollout": {"bucketBy": "a", "seed": 3, "variations": [{"variation": 0, "weight": 100_000}]}}}},
            "segments": {"s": {"included": ["u"], "salt": "x", "rules": [{"clauses": [], "weight": 5000}]}},
            "flagValues": {"v": 1},
        }),
        Format::GrowthBook => json!({
            "features": {"f": {"defaultValue": "a", "rules": [
                {"condition": {"a": {"$in": [1]}, "$or": [{"b": {"$elemMatch": {"$gt": 1}}}]}, "force": "b", "coverage": 0.5},
                {"variations": ["a", "b"], "weights": [0.5, 0.5], "namespace": ["n", 0, 1], "key": "k", "hashVersion": 2,
                 "parentConditions": [{"id": "g", "condition": {"value": true}, "gate": true}],
                 "filters": [{"seed": "s", "ranges": [[0, 0.5]], "attribute": "id"}], "meta": [{"key": "0"}]}]}},
            "savedGroups": {"s": ["a"]},
        }),
        Format::Flagsmith => json!({
            "environment": {"key": "k", "name": "P"},
            "features": {"f": {"key": "1", "name": "f", "enabled": true, "value": "x",
                "variants": [{"value": "y", "weight": 30, "priority": 1, "key": "v"}], "metadata": {"id": 1}}},
            "segments": {"1": {"key": "1", "name": "s", "rules": [{"type": "ALL", "conditions": [
                {"operator": "PERCENTAGE_SPLIT", "property": "$.identity.key", "value": "20"},
                {"operator": "MODULO", "property": "a", "value": "2|0"}], "rules": [{"type": "NONE", "conditions": []}]}],
                "overrides": [{"key": "2", "name": "f", "enabled": false, "value": 1, "priority": 1}]}},
        }),
        Format::Flagd => json!({
            "flags": {"f": {"state": "ENABLED", "variants": {"a": 1, "b": 2}, "defaultVariant": "a", "metadata": {"x": 1},
                "targeting": {"if": [{"in": ["x", {"var": "a"}]}, "a", {"$ref": "e"}, "b",
                                     {"fractional": [{"var": "b"}, ["a", 1], ["b", 2]]}]}}},
            "$evaluators": {"e": {"sem_ver": [{"var": "v"}, ">=", "1.0.0"]}},
        }),
        Format::ConfigCat => json!({
            "p": {"s": "salt"},
            "s": [{"n": "s", "r": [{"a": "Email", "c": 2, "l": ["x"]}]}],
            "f": {"f": {"t": 1, "a": "Country", "v": {"s": "a"}, "i": "1", "p": [{"p": 100, "v": {"s": "b"}}],
                "r": [{"c": [{"u": {"a": "v", "c": 6, "s": "1.0.0"}}, {"s": {"s": 0, "c": 1}}, {"p": {"f": "g", "c": 0, "v": {"b": true}}}],
                       "s": {"v": {"s": "c"}}}]},
                "g": {"t": 0, "v": {"b": true}}},
        }),
        Format::Split => json!({
            "splits": [{"name": "f", "seed": 5, "algo": 2, "defaultTreatment": "off", "trafficAllocation": 50, "killed": false,
                "prerequisites": [{"n": "g", "ts": ["on"]}], "configurations": {"on": "{}"},
                "conditions": [{"conditionType": "ROLLOUT", "label": "l", "partitions": [{"treatment": "on", "size": 100}],
                    "matcherGroup": {"combiner": "AND", "matchers": [
                        {"matcherType": "BETWEEN", "keySelector": {"attribute": "a"}, "negate": true,
                         "betweenMatcherData": {"dataType": "DATETIME", "start": 0, "end": 9}},
                        {"matcherType": "IN_SEGMENT", "userDefinedSegmentMatcherData": {"segmentName": "s"}}]}}]}],
            "segments": [{"name": "s", "added": ["a"], "excluded": {"keys": ["b"], "segments": []}}],
        }),
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0), Just(-1), Just(100), Just(i64::MAX), Just(i64::MIN), any::<i64>()].prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![
            "\\PC{0,8}",
            Just("$".to_owned()),
            Just("(".to_owned()),
            Just("a.b".to_owned()),
            Just("/".to_owned()),
            Just("$.identity.traits".to_owned()),
            Just("x".repeat(3_000)),
        ]
        .prop_map(Value::from),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        let names =
            prop_oneof!["[a-z$]{1,3}", Just("features".to_owned()), Just("flags".to_owned()), Just("f".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// Number of values in a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum::<usize>(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// Puts another value in the place of one, counted from the top.
fn replaced(value: &mut Value, at: &mut usize, by: &Value) {
    if *at == 0 {
        *value = by.clone();
    }
    let Some(rest) = at.checked_sub(1) else {
        *at = usize::MAX;
        return;
    };
    *at = rest;
    let parts: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for part in parts {
        if *at != usize::MAX {
            replaced(part, at, by);
        }
    }
}

/// Imports it for every SDK; what comes of it fits into a project, and every flag that was brought in can be asked.
fn survives(format: Format, file: &Value) {
    let source = Source { name: "file.json".to_owned(), text: file.to_string() };
    let sdks = if format.sdks().is_empty() {
        vec![None]
    } else {
        format.sdks().iter().map(|sdk| Some((*sdk).to_owned())).collect()
    };
    for sdk in sdks {
        match import(format, std::slice::from_ref(&source), &Options { sdk, ..Options::default() }) {
            Err(why) => assert!(why.file == "file.json" && !why.why.is_empty(), "{why}"),
            Ok(imported) => {
                let ground = Ground::new(&imported, "production");
                let ground =
                    ground.unwrap_or_else(|refusal| panic!("{format}: {refusal}\n{file}\n{}", imported.document));
                for flag in imported.document["flags"].as_array().unwrap() {
                    let key = flag["key"].as_str().unwrap();
                    ground.ask(key, &json!({"targetingKey": "u", "a": 1, "b": ["x"]}), 0);
                    assert_eq!(ground.compile_error(key), None, "{format}: {key}\n{file}");
                }
                assert!(!imported.report.to_string().is_empty());
            }
        }
    }
}

#[test]
fn whole_files_are_imported() {
    for format in Format::ALL {
        let source = Source { name: "file.json".to_owned(), text: whole(format).to_string() };
        let imported = import(format, &[source], &Options::default()).unwrap();
        assert!(!imported.document["flags"].as_array().unwrap().is_empty(), "{format}");
        survives(format, &whole(format));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_at_all_is_survived(file in anything()) {
        for format in Format::ALL {
            survives(format, &file);
        }
    }

    #[test]
    fn a_change_anywhere_is_survived(at in any::<prop::sample::Index>(), by in anything(), again in any::<prop::sample::Index>(), also in scalar()) {
        for format in Format::ALL {
            let mut file = whole(format);
            let mut place = at.index(size(&file));
            replaced(&mut file, &mut place, &by);
            survives(format, &file);
            let mut place = again.index(size(&file));
            replaced(&mut file, &mut place, &also);
            survives(format, &file);
        }
    }
}
