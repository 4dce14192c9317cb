//! Merging documents that moved apart.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use yardarm_model::control::merge;

fn configuration() -> Value {
    json!({
        "on": true,
        "prerequisites": [{"flag": "payments", "variants": ["a", "b"]}],
        "targets": [{"variant": "on", "context_kind": "user", "keys": ["u1", "u2"]}],
        "rules": [
            {"id": "r1", "if": {"segment": "beta"}, "serve": {"variant": "on"}},
            {"id": "r2", "if": {"all": []}, "serve": {"rollout": {"variant": "on", "percent": 10}}},
        ],
        "default": {"variant": "off"},
        "off_variant": "off",
    })
}

fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

#[test]
fn what_each_side_changed_is_kept() {
    let base = configuration();
    let rule = |id: &str| json!({"id": id, "if": {"segment": "staff"}, "serve": {"variant": "off"}});
    let mut theirs = with(base.clone(), "/targets/0/keys", json!(["u1", "u2", "u3"]));
    theirs["rules"].as_array_mut().unwrap().insert(0, rule("r0"));
    theirs["default"] = json!({"variant": "on"});
    let mut ours = with(base.clone(), "/targets/0/keys", json!(["u2"]));
    ours["rules"][1]["serve"] = json!({"variant": "on"});
    ours["rules"].as_array_mut().unwrap().push(rule("r3"));
    ours["rules"].as_array_mut().unwrap().remove(0);
    ours["on"] = json!(false);
    let merged = merge(&base, &theirs, &ours).unwrap();
    assert_eq!(merged["targets"][0]["keys"], json!(["u2", "u3"]));
    let ids: Vec<&str> = merged["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["r0", "r2", "r3"]);
    assert_eq!(merged["rules"][1]["serve"], json!({"variant": "on"}));
    assert_eq!((&merged["on"], &merged["default"]), (&json!(false), &json!({"variant": "on"})));
}

#[test]
fn what_both_changed_is_a_conflict_with_its_place() {
    let base = configuration();
    let two = json!({"id": "new", "if": {"all": []}, "serve": {"variant": "on"}});
    let other = json!({"id": "new", "if": {"all": []}, "serve": {"variant": "off"}});
    let added = |rule: &Value| {
        let mut document = configuration();
        document["rules"].as_array_mut().unwrap().push(rule.clone());
        document
    };
    let swapped = |order: [usize; 2]| {
        let rules = base["rules"].as_array().unwrap();
        let more = json!({"id": "x", "if": {"all": []}, "serve": {"variant": "on"}});
        with(
            base.clone(),
            "/rules",
            Value::from(order.map(|index| rules[index].clone()).into_iter().chain([more]).collect::<Vec<_>>()),
        )
    };
    let three = swapped([0, 1]);
    let order = |ids: [&str; 3]| {
        let rules = three["rules"].as_array().unwrap();
        let find = |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap().clone();
        with(three.clone(), "/rules", Value::from(ids.map(find).to_vec()))
    };
    let mut removed = base.clone();
    removed["rules"].as_array_mut().unwrap().remove(0);
    for (base, theirs, ours, pointers) in [
        (
            &base,
            with(base.clone(), "/default", json!({"variant": "on"})),
            with(base.clone(), "/default", json!({"variant": "x"})),
            vec!["/default"],
        ),
        // Half of one serve and half of another is what nobody meant.
        (
            &base,
            with(base.clone(), "/rules/1/serve/rollout/percent", json!(20)),
            with(base.clone(), "/rules/1/serve/rollout/variant", json!("off")),
            vec!["/rules/r2/serve"],
        ),
        (&base, removed, with(base.clone(), "/rules/0/serve", json!({"variant": "x"})), vec!["/rules/r1"]),
        (&base, added(&two), added(&other), vec!["/rules/new"]),
        (&three, order(["x", "r1", "r2"]), order(["r2", "r1", "x"]), vec!["/rules"]),
    ] {
        let conflicts = merge(base, &theirs, &ours).unwrap_err();
        assert_eq!(conflicts.iter().map(|conflict| conflict.pointer.as_str()).collect::<Vec<_>>(), pointers);
    }
}

#[test]
fn lists_of_texts_are_sets_and_keep_their_order() {
    let flag = |tags: Value| json!({"tags": tags, "variants": [{"key": "on", "value": {"list": [1, 2]}}, {"key": "off", "value": 0}]});
    let merged = merge(&flag(json!(["b", "d"])), &flag(json!(["a", "b", "d"])), &flag(json!(["b", "c"]))).unwrap();
    assert_eq!(merged["tags"], json!(["a", "b", "c"]));
    // What people write in a value is theirs: it is taken whole.
    let base = flag(json!([]));
    let theirs = with(base.clone(), "/variants/0/value/list", json!([1, 2, 3]));
    let ours = with(base.clone(), "/variants/0/value/list", json!([0, 1, 2]));
    assert_eq!(merge(&base, &theirs, &ours).unwrap_err()[0].pointer, "/variants/on/value");
}

/// One edit of a document; those of different numbers meet nowhere.
fn edit(document: &mut Value, number: usize) {
    let rules = |document: &mut Value| document["rules"].as_array_mut().unwrap().clone();
    match number {
        0 => document["on"] = json!(false),
        1 => document["default"] = json!({"variant": "x"}),
        2 => document["targets"][0]["keys"].as_array_mut().unwrap().push(json!("u9")),
        3 => document["targets"]
            .as_array_mut()
            .unwrap()
            .push(json!({"variant": "z", "context_kind": "user", "keys": ["u8"]})),
        4 => {
            let mut all = rules(document);
            all.iter_mut().filter(|rule| rule["id"] == "r1").for_each(|rule| rule["description"] = json!("first"));
            document["rules"] = all.into();
        }
        5 => {
            let mut all = rules(document);
            all.iter_mut().filter(|rule| rule["id"] == "r2").for_each(|rule| rule["serve"] = json!({"variant": "x"}));
            document["rules"] = all.into();
        }
        6 => {
            let mut all = rules(document);
            all.push(json!({"id": "last", "if": {"all": []}, "serve": {"variant": "on"}}));
            document["rules"] = all.into();
        }
        7 => document["prerequisites"] = json!([]),
        _ => document["off_variant"] = json!("x"),
    }
}

const EDITS: usize = 9;

fn edited(numbers: &[usize]) -> Value {
    let mut document = configuration();
    for number in numbers {
        edit(&mut document, *number);
    }
    document
}

/// Any document of a few members.
fn document() -> impl Strategy<Value = Value> {
    let rule = |id: &'static str| {
        (select(&["DE", "AT"][..]), select(&["on", "off"][..])).prop_map(move |(country, variant)| {
            json!({"id": id, "if": {"attribute": "country", "operator": "in", "values": [country]}, "serve": {"variant": variant}})
        })
    };
    let rules = (rule("r1"), rule("r2"), rule("r3"))
        .prop_flat_map(|(a, b, c)| subsequence(vec![a, b, c], 0..=3).prop_shuffle());
    let tags = subsequence(vec!["a", "b", "c", "d"], 0..=4);
    let keys = subsequence(vec!["u1", "u2", "u3"], 0..=3);
    (any::<bool>(), rules, tags, keys, proptest::option::of(select(&["x", "y"][..]))).prop_map(
        |(on, rules, tags, keys, name)| {
            let mut document =
                json!({"on": on, "rules": rules, "tags": tags, "targets": [{"variant": "on", "keys": keys}]});
            if let Some(name) = name {
                document["name"] = json!(name);
            }
            document
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_side_alone_is_taken_as_it_is(base in document(), other in document()) {
        prop_assert_eq!(&merge(&base, &base, &other).unwrap(), &other);
        prop_assert_eq!(&merge(&base, &other, &base).unwrap(), &other);
        prop_assert_eq!(&merge(&base, &other, &other).unwrap(), &other);
    }

    #[test]
    fn conflicts_are_the_same_from_both_sides(base in document(), theirs in document(), ours in document()) {
        match (merge(&base, &theirs, &ours), merge(&base, &ours, &theirs)) {
            (Ok(_), Ok(_)) => {}
            (Err(here), Err(there)) => {
                let turned = |conflicts: &[yardarm_model::control::Conflict]| -> Vec<_> {
                    conflicts.iter().map(|c| (c.pointer.clone(), c.base.clone(), c.ours.clone(), c.theirs.clone())).collect()
                };
                let told: Vec<_> = here.iter().map(|c| (c.pointer.clone(), c.base.clone(), c.theirs.clone(), c.ours.clone())).collect();
                prop_assert_eq!(told, turned(&there));
            }
            (here, there) => prop_assert!(false, "{:?} and {:?}", here, there),
        }
    }

    /// What neither side touched stays, and what one side did is done.
    #[test]
    fn nothing_is_lost_and_nothing_comes_from_nowhere(base in document(), theirs in document(), ours in document()) {
        if let Ok(merged) = merge(&base, &theirs, &ours) {
            let tags = |document: &Value| -> BTreeSet<String> {
                document["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
            };
            let (was, a, b) = (tags(&base), tags(&theirs), tags(&ours));
            let expected: BTreeSet<String> = was.union(&a).chain(&b).filter(|tag| if was.contains(*tag) { a.contains(*tag) && b.contains(*tag) } else { true }).cloned().collect();
            prop_assert_eq!(tags(&merged), expected);
        }
    }

    #[test]
    fn edits_that_do_not_meet_are_both_kept(split in proptest::collection::vec(0..3_u8, EDITS)) {
        let side = |of: u8| -> Vec<usize> { (0..EDITS).filter(|number| split[*number] == of).collect() };
        let (theirs, ours) = (side(1), side(2));
        let mut both = theirs.clone();
        both.extend(&ours);
        both.sort_unstable();
        prop_assert_eq!(merge(&configuration(), &edited(&theirs), &edited(&ours)).unwrap(), edited(&both));
    }
}
