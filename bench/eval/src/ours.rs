//! Yardarm.

use serde_json::{Value, json};
use yardarm_eval::ruleset::Ruleset;
use yardarm_eval::{Context, Snapshot};

use crate::scenario::{COUNTRIES, Shape, members};

pub fn flag(shape: Shape) -> Value {
    let test = |attr: &str, reader: &str, op: &str, arg: Value| json!({"test": {"attr": [attr], "as": reader, "op": op, "arg": arg}});
    let rule = |id: &str, condition: Value| json!({"id": id, "if": condition, "serve": {"variant": "on"}});
    let half =
        json!({"split": {"bucket": "main", "ranges": [[0, 2_147_483_648_u64, "on"]], "rest": {"variant": "off"}}});
    let (rules, default) = match shape {
        Shape::On | Shape::Off => (json!([]), json!({"variant": "on"})),
        Shape::Rollout => (json!([]), half),
        Shape::Segment => (json!([rule("r1", json!({"segment": "beta"}))]), json!({"variant": "off"})),
        Shape::Rules => (
            json!([
                rule("r1", test("country", "string", "in", json!(["SE", "DE", "FR"]))),
                rule("r2", test("plan", "string", "in", json!(["team", "enterprise"]))),
                rule("r3", test("appVersion", "version:loose", "lt", json!("2.0.0"))),
                rule("r4", test("age", "number", "gt", json!(65))),
                rule(
                    "r5",
                    json!({"all": [
                        test("country", "string", "in", json!(COUNTRIES)),
                        test("appVersion", "version:loose", "gt", json!("5.0.0")),
                        test("age", "number", "gte", json!(18)),
                    ]})
                ),
            ]),
            json!({"variant": "off"}),
        ),
    };
    json!({"on": shape != Shape::Off, "type": "boolean", "variants": {"on": true, "off": false}, "rules": rules,
        "off": {"serve": {"variant": "off"}, "reason": "DISABLED"}, "default": {"serve": default},
        "buckets": {"main": {"hash": "murmur3_32", "prefix": "b3f1c2d4:", "unit": ["targetingKey"]}}})
}

/// As it comes over the wire.
pub fn wire(flags: impl Iterator<Item = (String, Shape)>) -> String {
    let flags: serde_json::Map<String, Value> = flags.map(|(key, shape)| (key, flag(shape))).collect();
    json!({"format": 1, "project": "bench", "environment": "production", "version": {"epoch": "e", "rev": 1}, "flags": flags,
        "segments": {"beta": {"if": {"list": {"attr": ["targetingKey"], "lists": ["beta/included/0001"]}}}},
        "lists": {"beta/included/0001": members().collect::<Vec<_>>()}})
    .to_string()
}

pub fn load(wire: &str) -> Snapshot {
    let ruleset: Ruleset = serde_json::from_str(wire).expect("our own ruleset");
    Snapshot::compile(&ruleset)
}

pub fn context() -> Context<'static> {
    Context::builder()
        .targeting_key("user-4242")
        .set("email", "user-4242@example.com")
        .set("country", "NO")
        .set("plan", "pro")
        .set("appVersion", "5.4.2")
        .set("age", 37)
        .build()
}
