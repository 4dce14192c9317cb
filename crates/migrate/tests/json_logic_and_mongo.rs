//! flagd, GrowthBook and Flagsmith: small files of our own, imported, compiled and evaluated.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use yardarm_eval::ruleset::Reason;
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Imported, Options, Source, import};

fn imported(format: Format, file: &Value) -> (Imported, Ground) {
    let file = Source { name: "file.json".to_owned(), text: file.to_string() };
    let imported = import(format, &[file], &Options::default()).unwrap();
    let ground = Ground::new(&imported, "production").unwrap_or_else(|refusal| panic!("{refusal}"));
    (imported, ground)
}

#[test]
fn flagd_chains_are_rules_and_fall_through_like_json_logic() {
    let targeting = json!({"if": [
        {"in": ["@staff.example", {"var": "email"}]}, "gold",
        {"!": [{"var": "email"}]}, null,
        {"<": [{"var": "age"}, 18]}, "grey",
        {"var": "odd"}, "missing-variant",
        {"fractional": [["gold", 1], ["grey", 3]]},
    ]});
    let file = json!({"flags": {"colour": {
        "state": "ENABLED", "variants": {"gold": "g", "grey": "y", "plain": "p"}, "defaultVariant": "plain", "targeting": targeting,
    }}});
    let (imported, ground) = imported(Format::Flagd, &file);
    assert!(imported.report.needs_attention.is_empty(), "{}", imported.report);
    for (context, value, reason) in [
        (json!({"email": "a@staff.example"}), json!("g"), Reason::TargetingMatch),
        (json!({"age": 3}), json!("p"), Reason::Default),
        (json!({"email": "a@b", "age": "17"}), json!("y"), Reason::TargetingMatch),
        // null < 18
        (json!({"email": "a@b"}), json!("y"), Reason::TargetingMatch),
        (json!({"email": "a@b", "age": 20, "odd": 1}), Value::Null, Reason::Error),
        // murmur3_32("coloursomebody") * 4 >> 32 decides; without a key it is the default.
        (json!({"email": "a@b", "age": 20}), json!("p"), Reason::Default),
    ] {
        let asked = ground.ask("colour", &context, 0);
        assert_eq!((asked.value.unwrap_or_default(), asked.reason), (value, reason), "{context}");
    }
}

#[test]
fn flagd_takes_flags_as_a_list() {
    let flag = |key: &str, value: &str| json!({"key": key, "state": "ENABLED", "variants": {"a": value}, "defaultVariant": "a"});
    let file = json!({"flags": [flag("x", "first"), flag("y", "other"), flag("x", "last"), {"state": "ENABLED"}]});
    let (imported, ground) = imported(Format::Flagd, &file);
    for (key, value) in [("x", "last"), ("y", "other")] {
        assert_eq!(ground.ask(key, &json!({}), 0).value, Some(json!(value)), "{key}");
    }
    let told = imported.report.to_string();
    for line in ["/flags/3: it has no `key`", "flag x: another definition"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!told.contains("`key`: it is not known"), "{told}");
}

#[test]
fn flagd_splits_nobody_by_what_is_no_text() {
    let file = json!({"flags": {"f": {"state": "ENABLED", "variants": {"a": "a", "plain": "p"}, "defaultVariant": "plain",
        "targeting": {"if": [{"==": [{"var": "x"}, true]}, "plain", {"fractional": [{"var": "team"}, ["a", 1]]}]}}}});
    let (_, ground) = imported(Format::Flagd, &file);
    for (team, value, reason) in [
        (json!("red"), "a", Reason::TargetingMatch),
        (Value::Null, "a", Reason::TargetingMatch),
        (json!(7), "p", Reason::Default),
        (json!(true), "p", Reason::Default),
        (json!({"name": "red"}), "p", Reason::Default),
    ] {
        let asked = ground.ask("f", &json!({"targetingKey": "u", "team": team}), 0);
        assert_eq!((asked.value, asked.reason), (Some(json!(value)), reason), "{team}");
    }
}

/// Of overrides of one priority the first in the file counts, whatever the segments are called.
#[test]
fn flagsmith_ties_go_to_the_first_in_the_file() {
    let everybody = json!([{"type": "ALL", "conditions": [{"operator": "IS_SET", "property": "age"}]}]);
    let segment = |key: &str| {
        let over = json!({"key": "9", "name": "f", "enabled": true, "value": key, "priority": 1});
        json!({"key": key, "name": key, "rules": everybody, "overrides": [over]}).to_string()
    };
    let context = format!(
        r#"{{"environment": {{"key": "k", "name": "P"}}, "segments": {{"9": {}, "10": {}}}, "features":
            {{"f": {{"key": "1", "name": "f", "enabled": true, "value": "plain"}}}}}}"#,
        segment("9"),
        segment("10"),
    );
    let state = |value: &str| {
        json!({"django_id": 1, "enabled": true, "feature_state_value": value, "feature": {"id": 7, "name": "f"},
               "feature_segment": {"priority": 1}})
    };
    let old = |id: u32| {
        let rule = json!({"type": "ALL", "rules": [], "conditions": [{"operator": "IS_SET", "property_": "age"}]});
        json!({"id": id, "name": "s", "rules": [rule], "feature_states": [state(&id.to_string())]})
    };
    let document = json!({"api_key": "k", "name": "P", "feature_states": [state("plain")],
                          "project": {"segments": [old(9), old(10)]}});
    for text in [context, document.to_string()] {
        let file = Source { name: "file.json".to_owned(), text };
        let ground =
            Ground::new(&import(Format::Flagsmith, &[file], &Options::default()).unwrap(), "production").unwrap();
        let asked = ground.ask("f", &json!({"targetingKey": "u", "age": 3}), 0);
        assert_eq!(asked.value, Some(json!({"enabled": true, "value": "9"})));
    }
}

#[test]
fn growthbook_null_compares_like_javascript() {
    let of = |condition: Value| json!({"features": {"f": {"defaultValue": false, "rules": [{"force": true, "condition": condition}]}}});
    for (condition, attributes, expected) in [
        (json!({"n": 0}), json!({}), true),
        (json!({"n": {"$lt": 1}}), json!({}), true),
        (json!({"n": {"$lt": "1"}}), json!({"n": "05"}), true),
        (json!({"n": {"$lt": "1"}}), json!({"n": 5}), false),
        (json!({"n": {"$nin": [1, 2]}}), json!({}), true),
        (json!({"n": {"$in": [null]}}), json!({}), true),
        (json!({"v": {"$vlt": "1.0.0"}}), json!({}), true),
        (json!({"t": {"$elemMatch": {"$lt": 1}}}), json!({"t": [0]}), false),
        (json!({"t": {"$all": ["a", {"$regex": "^b"}]}}), json!({"t": ["bb", "a"]}), true),
        (json!({"$nor": []}), json!({}), false),
        (json!({"a": {"$not": {"$exists": true}}}), json!({"a": 1}), false),
    ] {
        let (_, ground) = imported(Format::GrowthBook, &of(condition.clone()));
        let value = ground.ask("f", &attributes, 0).value;
        assert_eq!(value, Some(json!(expected)), "{condition} on {attributes}");
    }
}

/// Who comes to a cycle gets null there; who is decided before does not.
#[test]
fn growthbook_answers_null_where_a_cycle_is_reached() {
    let needs =
        |id: &str| json!({"force": "by parent", "parentConditions": [{"id": id, "condition": {"value": null}}]});
    let feature = |rules: Value| json!({"defaultValue": "default", "rules": rules});
    let file = json!({"features": {
        "a": feature(json!([needs("b")])),
        "b": feature(json!([needs("a")])),
        "leads": feature(json!([{"force": "early", "condition": {"early": true}}, needs("a")])),
        "first": feature(json!([needs("a")])),
        "second": feature(json!([needs("first")])),
        "skips": feature(json!([{"force": "x", "parentConditions": [
            {"id": "plain", "condition": {"value": "other"}}, {"id": "a", "condition": {}}]}])),
        "third": feature(json!([needs("leads")])),
        "plain": feature(json!([])),
    }});
    let (imported, ground) = imported(Format::GrowthBook, &file);
    for (flag, context, value) in [
        ("a", json!({}), Value::Null),
        ("leads", json!({"early": true}), json!("early")),
        ("leads", json!({}), Value::Null),
        ("first", json!({}), Value::Null),
        ("second", json!({}), Value::Null),
        ("skips", json!({}), json!("default")),
        ("third", json!({"early": true}), json!("default")),
    ] {
        let asked = ground.ask(flag, &context, 0);
        assert_eq!(asked.value.unwrap_or_default(), value, "{flag} {context}");
        if value.is_null() {
            assert_eq!(asked.reason, Reason::PrerequisiteFailed, "{flag} {context}");
        }
    }
    let told = imported.report.to_string();
    for line in ["flag first, rule 1: the parent \"a\"", "flag third, rule 1: the parent \"leads\""] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[test]
fn growthbook_sdks_hash_letters_outside_of_ascii_differently() {
    let file = json!({"features": {"f": {"defaultValue": "out", "rules": [
        {"force": "in", "filters": [{"seed": "exp", "hashVersion": 1, "ranges": [[0.638, 0.639]]}]},
    ]}}});
    for (sdk, value) in [("go", "in"), ("javascript", "out")] {
        let file = Source { name: "file.json".to_owned(), text: file.to_string() };
        let options = Options { sdk: Some(sdk.to_owned()), ..Options::default() };
        let ground = Ground::new(&import(Format::GrowthBook, &[file], &options).unwrap(), "production").unwrap();
        assert_eq!(ground.ask("f", &json!({"id": "josé"}), 0).value, Some(json!(value)), "{sdk}");
    }
}

#[test]
fn flagsmith_environments_keep_overrides_in_their_order() {
    let state = |id: u32, enabled: bool, value: Value| json!({"django_id": id, "enabled": enabled, "feature_state_value": value, "feature": {"id": 7, "name": "banner"}});
    let mut by_segment = state(2, true, json!("for old"));
    by_segment["feature_segment"] = json!({"priority": 0});
    let rule = json!({"type": "ALL", "rules": [], "conditions": [{"operator": "GREATER_THAN", "property_": "age", "value": "64"}]});
    let file = json!({
        "api_key": "env", "name": "Production", "feature_states": [state(1, false, json!("plain"))],
        "project": {"segments": [{"id": 9, "name": "old", "rules": [rule], "feature_states": [by_segment]}]},
        "identity_overrides": [{"identifier": "ada", "identity_features": [state(3, true, json!("for ada"))]}],
    });
    let (_, ground) = imported(Format::Flagsmith, &file);
    for (context, enabled, value) in [
        (json!({}), false, "plain"),
        (json!({"targetingKey": "bob", "age": "65"}), true, "for old"),
        (json!({"targetingKey": "bob", "age": true}), false, "plain"),
        (json!({"targetingKey": "ada", "age": 70}), true, "for ada"),
    ] {
        let asked = ground.ask("banner", &context, 0);
        assert_eq!(asked.value, Some(json!({"enabled": enabled, "value": value})), "{context}");
    }
}
