//! Properties: nothing panics, patches lead to the same place as a fresh start, rollouts only grow.

use proptest::prelude::*;
use serde_json::{Value, json};
use yardarm_eval::ruleset::{Patch, Ruleset, diff};
use yardarm_eval::{Context, Snapshot};

/// Any JSON, with the words of rulesets and contexts mixed in.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "on",
            "type",
            "boolean",
            "variants",
            "off",
            "rules",
            "default",
            "buckets",
            "if",
            "serve",
            "variant",
            "split",
            "all",
            "any",
            "not",
            "test",
            "attr",
            "op",
            "in",
            "arg",
            "user",
            "key",
            "targetingKey",
            "murmur3_32",
            "flag",
            "segment",
            "a",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(word.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const FLAGS: [&str; 5] = ["a", "b", "c", "d", "e"];
const SEGMENTS: [&str; 3] = ["s", "t", "u"];
const LISTS: [&str; 2] = ["s/included/0001", "t/included/0001"];

fn condition() -> impl Strategy<Value = Value> {
    let range = (0..=4_294_967_296_u64, 0..=4_294_967_296_u64).prop_map(|(a, b)| json!([a.min(b), a.max(b)]));
    let leaf = prop_oneof![
        4 => any::<bool>().prop_map(|value| json!({"const": value})),
        4 => prop::sample::select(vec!["DE", "NO", "SE"])
            .prop_map(|country| json!({"test": {"attr": ["country"], "op": "in", "arg": [country]}})),
        4 => (-2..12_i32).prop_map(|age| json!({"test": {"attr": ["age"], "as": "number", "op": "gte", "arg": age}})),
        4 => prop::sample::select(&SEGMENTS[..]).prop_map(|key| json!({"segment": key})),
        4 => (prop::sample::select(&FLAGS[..]), any::<bool>())
            .prop_map(|(key, on)| json!({"flag": {"key": key, "variants": ["on"], "on": on}})),
        4 => range.prop_map(|range| json!({"bucket": {"bucket": "main", "ranges": [range], "missing": "unknown"}})),
        4 => prop::sample::subsequence(LISTS.to_vec(), 0..=2)
            .prop_map(|lists| json!({"list": {"attr": ["targetingKey"], "lists": lists}})),
        1 => Just(json!({"most": []})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

fn buckets() -> Value {
    json!({"main": {"hash": "murmur3_32", "prefix": "salt:", "unit": ["targetingKey"]}})
}

fn flag() -> impl Strategy<Value = Value> {
    let serve = prop_oneof![
        3 => Just(json!({"variant": "on"})),
        1 => Just(json!("next")),
        1 => prop::sample::select(&FLAGS[..]).prop_map(|key| json!({"flag": key})),
        1 => (0..4_294_967_296_u64)
            .prop_map(|end| json!({"split": {"bucket": "main", "ranges": [[0, end, "on"]], "rest": {"variant": "off"}}})),
    ];
    let rules = prop::collection::vec((condition(), serve), 0..3);
    (any::<bool>(), rules).prop_map(|(on, rules)| {
        let rules: Vec<Value> =
            rules.into_iter().zip(0..).map(|((condition, serve), n)| json!({"id": n.to_string(), "if": condition, "serve": serve})).collect();
        json!({"on": on, "type": "boolean", "variants": {"on": true, "off": false}, "off": {"serve": {"variant": "off"}},
            "rules": rules, "default": {"serve": {"variant": "off"}}, "buckets": buckets()})
    })
}

fn ruleset() -> impl Strategy<Value = Value> {
    let flags = prop::collection::btree_map(prop::sample::select(&FLAGS[..]), flag(), 0..=5);
    let segments = prop::collection::btree_map(
        prop::sample::select(&SEGMENTS[..]),
        condition().prop_map(|condition| json!({"if": condition, "buckets": buckets()})),
        0..=3,
    );
    let list = prop::sample::subsequence(vec!["u1", "u2", "u3"], 0..=3);
    let lists = prop::collection::btree_map(prop::sample::select(&LISTS[..]), list, 0..=2);
    (flags, segments, lists).prop_map(|(flags, segments, lists)| {
        json!({"format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": 1},
            "flags": flags, "segments": segments, "lists": lists})
    })
}

fn read(json: &Value) -> Ruleset {
    serde_json::from_str(&json.to_string()).expect("a ruleset")
}

/// Puts another value somewhere below the flags.
fn with_spoilt(mut json: Value, path: &[usize], spoilt: Value) -> Value {
    let mut pointer = "/flags".to_owned();
    for step in path {
        let below = match json.pointer(&pointer) {
            Some(Value::Array(parts)) if !parts.is_empty() => (step % parts.len()).to_string(),
            Some(Value::Object(parts)) if !parts.is_empty() => {
                parts.keys().nth(step % parts.len()).cloned().unwrap_or_default()
            }
            _ => break,
        };
        pointer = format!("{pointer}/{}", below.replace('~', "~0").replace('/', "~1"));
    }
    if let Some(place) = json.pointer_mut(&pointer) {
        *place = spoilt;
    }
    json
}

fn contexts() -> Vec<Value> {
    let mut contexts = vec![json!({})];
    for key in ["u1", "u2", "u7"] {
        for country in ["DE", "NO"] {
            contexts.push(json!({"targetingKey": key, "country": country, "age": key.len() + country.len()}));
        }
    }
    contexts
}

/// Everything that can be seen of a snapshot from outside, but for the positions.
fn seen(snapshot: &Snapshot) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for key in FLAGS.into_iter().chain(["nobody"]) {
        seen.push(format!(
            "{key}: {:?} {}",
            snapshot.flag(key).map(|flag| flag.value_type),
            snapshot.compile_error(key).is_some()
        ));
    }
    for key in SEGMENTS {
        seen.push(format!("{key}: {}", snapshot.segment_error(key).is_some()));
    }
    for json in contexts() {
        let context = Context::from_json(&json).expect("a context");
        snapshot.evaluate_all(&context, 0, |flag, answer| seen.push(format!("{} {json}: {answer:?}", flag.key)));
        for key in FLAGS {
            seen.push(format!("{:?}", snapshot.evaluate(key, &context, 0)));
        }
    }
    seen.push(format!("{:?} {:?}", snapshot.keys().collect::<Vec<_>>(), snapshot.version()));
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_survived(flags in prop::collection::vec(any_json(), 0..4), segment in any_json(), context in any_json()) {
        let flags: serde_json::Map<String, Value> = FLAGS.iter().map(|key| (*key).to_owned()).zip(flags).collect();
        let ruleset = read(&json!({"format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": 1},
            "flags": flags, "segments": {"s": segment}}));
        let snapshot = Snapshot::compile(&ruleset);
        if let Ok(context) = Context::from_json(&context) {
            for key in FLAGS {
                snapshot.evaluate(key, &context, 0);
                snapshot.explain(key, &context, 0);
            }
        }
        // The whole may be anything, too.
        drop(serde_json::from_str::<Ruleset>(&context.to_string()).map(|ruleset| Snapshot::compile(&ruleset)));
    }

    #[test]
    fn a_value_spoilt_anywhere_is_survived(ruleset in ruleset(), path in prop::collection::vec(0..4_usize, 1..12), spoilt in any_json()) {
        let json = with_spoilt(ruleset, &path, spoilt);
        if let Ok(ruleset) = serde_json::from_str::<Ruleset>(&json.to_string()) {
            seen(&Snapshot::compile(&ruleset));
        }
    }

    /// A member that no type has is ignored, and sends a flag the long way, through serde.
    #[test]
    fn both_ways_to_read_a_flag_agree(ruleset in ruleset(), path in prop::collection::vec(0..4_usize, 1..12), spoilt in prop::option::of(any_json())) {
        let json = match spoilt {
            Some(spoilt) => with_spoilt(ruleset, &path, spoilt),
            None => ruleset,
        };
        let mut long = json.clone();
        for flag in long["flags"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            if let Some(flag) = flag.as_object_mut() {
                flag.insert("unheard of".to_owned(), Value::Null);
            }
        }
        let [short, long] = [json, long].map(|json| serde_json::from_str::<Ruleset>(&json.to_string()));
        if let (Ok(short), Ok(long)) = (short, long) {
            prop_assert_eq!(seen(&Snapshot::compile(&short)), seen(&Snapshot::compile(&long)));
        }
    }

    /// Also where the text is no JSON.
    #[test]
    fn reading_and_compiling_at_once_is_the_same(
        ruleset in ruleset(),
        path in prop::collection::vec(0..4_usize, 1..12),
        spoilt in prop::option::of(any_json()),
        cut in prop::option::of((any::<prop::sample::Index>(), 0..3_usize, prop::sample::select(vec!["", "{", "}", "[", "]", "\"", ",", ":", "\\", "\u{1}", "0", " "]))),
    ) {
        let json = match spoilt {
            Some(spoilt) => with_spoilt(ruleset, &path, spoilt),
            None => ruleset,
        };
        let mut text = json.to_string();
        if let Some((at, taken, put)) = cut {
            let from = text.floor_char_boundary(at.index(text.len()));
            let to = text.ceil_char_boundary((from + taken).min(text.len()));
            text.replace_range(from..to, put);
        }
        let seen_or_why = |snapshot: Result<Snapshot, serde_json::Error>| {
            snapshot.map(|snapshot| seen(&snapshot)).map_err(|error| error.to_string())
        };
        let one_by_one = serde_json::from_str::<Ruleset>(&text).map(|ruleset| Snapshot::compile(&ruleset));
        prop_assert_eq!(seen_or_why(Snapshot::from_json(&text)), seen_or_why(one_by_one), "{}", text);
    }

    #[test]
    fn a_bad_flag_is_nobody_elses_affair(ruleset in ruleset(), bad in any_json()) {
        let mut json = ruleset;
        for part in ["flags", "segments"] {
            if let Some(members) = json[part].as_object_mut() {
                // Neither it nor what speaks of it.
                members.retain(|key, body| key != "a" && !body.to_string().contains("\"a\""));
            }
        }
        let without = Snapshot::compile(&read(&json));
        json["flags"]["a"] = bad;
        let with = Snapshot::compile(&read(&json));
        let others = |snapshot: &Snapshot| -> Vec<String> {
            let answers = contexts().into_iter().flat_map(|json| {
                FLAGS[1..].iter().map(move |key| (key, json.clone()))
            });
            answers.map(|(key, json)| {
                let context = Context::from_json(&json).expect("a context");
                format!("{key} {json}: {:?} {:?}", snapshot.evaluate(key, &context, 0), snapshot.compile_error(key))
            }).collect()
        };
        prop_assert_eq!(others(&with), others(&without));
    }

    #[test]
    fn patches_lead_to_the_same_place(rulesets in prop::collection::vec(ruleset(), 2..6)) {
        let mut rulesets: Vec<Ruleset> = rulesets.iter().map(read).collect();
        for (ruleset, rev) in rulesets.iter_mut().zip(1..) {
            ruleset.version.rev = rev;
        }
        let mut snapshot = Snapshot::compile(&rulesets[0]);
        let mut wire = rulesets[0].clone();
        for pair in rulesets.windows(2) {
            let patch = diff(&pair[0], &pair[1]);
            let patch: Patch = serde_json::from_str(&serde_json::to_string(&patch).expect("serialisable")).expect("readable");
            snapshot = snapshot.apply(&patch).expect("it starts from this version");
            prop_assert_eq!(seen(&snapshot), seen(&Snapshot::compile(&pair[1])));
            prop_assert!(snapshot.positions() <= 5);
            prop_assert!(snapshot.apply(&patch).is_none(), "a patch applies once");
            prop_assert!(wire.patched(&patch));
            prop_assert!(!wire.patched(&patch));
            prop_assert_eq!(serde_json::to_string(&wire).expect("serialisable"), serde_json::to_string(&pair[1]).expect("serialisable"));
        }
    }

    #[test]
    fn numbers_are_read_exactly(number in any::<f64>()) {
        prop_assert_eq!(serde_json::from_str::<f64>(&format!("{number:e}")).expect("a number").to_bits(), number.to_bits());
    }

    #[test]
    fn an_explanation_answers_the_same(ruleset in ruleset()) {
        let snapshot = Snapshot::compile(&read(&ruleset));
        for json in contexts() {
            let context = Context::from_json(&json).expect("a context");
            for key in FLAGS {
                let answer = snapshot.evaluate(key, &context, 0);
                let explained = snapshot.explain(key, &context, 0);
                prop_assert_eq!(answer.value, explained.value.as_ref());
                prop_assert_eq!(answer.reason, explained.reason);
                prop_assert_eq!(answer.rule, explained.rule.as_deref());
            }
        }
    }

    #[test]
    fn a_growing_rollout_moves_nobody_who_is_in(ends in prop::collection::vec(0..=4_294_967_296_u64, 2..6), units in prop::collection::vec(any::<String>(), 1..50)) {
        let mut ends = ends;
        ends.sort_unstable();
        let rollout = |end: u64| {
            let flag = json!({"on": true, "type": "boolean", "variants": {"on": true, "off": false}, "off": {"serve": {"variant": "off"}},
                "default": {"serve": {"split": {"bucket": "main", "ranges": [[0, end, "on"]], "rest": {"variant": "off"}}}}, "buckets": buckets()});
            Snapshot::compile(&read(&json!({"format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": 1}, "flags": {"f": flag}})))
        };
        let snapshots: Vec<Snapshot> = ends.into_iter().map(rollout).collect();
        for unit in &units {
            let context = Context::builder().targeting_key(unit).build();
            let inside: Vec<bool> = snapshots.iter().map(|snapshot| snapshot.evaluate("f", &context, 0).variant == Some("on")).collect();
            prop_assert!(inside.is_sorted(), "{unit}: {inside:?}");
        }
    }
}
