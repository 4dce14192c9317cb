//! Line 1: a condition or a computation. The rest: contexts.
//!
//! It is put into a flag as both, so that the fuzzer spends its time inside readers, operators, hashes and JSONLogic.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value, json};
use yardarm_eval::Snapshot;
use yardarm_fuzz::{ask_everything, contexts_of, mutate};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let Some(Ok(expression)) = lines.next().map(serde_json::from_str::<Value>) else { return };
    let contexts = contexts_of(lines);
    let flag = |rules: Value, default: Value| {
        json!({"on": true, "type": "json", "variants": {"on": true, "off": false}, "off": {"serve": {"variant": "off"}},
            "rules": rules, "default": {"serve": default},
            "buckets": {"main": {"hash": "murmur3_32", "prefix": "salt:", "unit": ["targetingKey"]}}})
    };
    let rule = json!([{"id": "r", "if": expression, "serve": {"variant": "on"}}]);
    let mut bucket = flag(
        json!([{"id": "r", "if": {"bucket": {"bucket": "main", "ranges": [[0, 4_294_967_296_u64]]}},
        "serve": {"variant": "on"}}]),
        json!({"variant": "off"}),
    );
    bucket["buckets"]["main"] = expression.clone();
    let ruleset = json!({"format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": 1},
        "flags": {
            "condition": flag(rule, json!({"variant": "off"})),
            "compute": flag(json!([]), json!({"compute": expression})),
            "serve": flag(json!([]), expression),
            "bucket": bucket,
        },
        "segments": {"s": {"if": {"list": {"attr": ["targetingKey"], "lists": ["l"]}}}},
        "lists": {"l": ["user-1"]}});
    let Ok(ruleset) = serde_json::from_str::<yardarm_eval::ruleset::Ruleset>(&ruleset.to_string()) else { return };
    ask_everything(&Snapshot::compile(&ruleset), &contexts);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });
