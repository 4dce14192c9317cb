//! LaunchDarkly: the evaluation engine of its Rust SDK, over a store as its SDK has one.

use std::collections::HashMap;

use launchdarkly_server_sdk_evaluation::{Context, ContextBuilder, Flag, Segment, Store, evaluate};
use serde_json::{Value, json};

use crate::scenario::{COUNTRIES, Shape, members};

pub struct Flags {
    flags: HashMap<String, Flag>,
    segments: HashMap<String, Segment>,
}

impl Store for Flags {
    fn flag(&self, key: &str) -> Option<Flag> {
        self.flags.get(key).cloned()
    }
    fn segment(&self, key: &str) -> Option<Segment> {
        self.segments.get(key).cloned()
    }
}

impl Flags {
    /// The flag is found without a copy, which is kinder than the store of the SDK.
    pub fn is_on(&self, key: &str, context: &Context) -> bool {
        let Some(flag) = self.flags.get(key) else { return false };
        evaluate(self, flag, context, None).value.and_then(|value| value.as_bool()).unwrap_or_default()
    }

    /// The flag is cloned out of the store, as its trait asks for.
    pub fn is_on_from_store(&self, key: &str, context: &Context) -> bool {
        let Some(flag) = self.flag(key) else { return false };
        evaluate(self, &flag, context, None).value.and_then(|value| value.as_bool()).unwrap_or_default()
    }

    pub fn replace(&mut self, key: &str, wire: &str) {
        self.flags.insert(key.to_owned(), serde_json::from_str(wire).expect("a flag"));
    }
}

pub fn flag(key: &str, shape: Shape) -> Value {
    let clause = |attribute: &str, op: &str, values: Value| json!({"attribute": attribute, "op": op, "values": values, "negate": false});
    let rule = |clauses: Value| json!({"id": "r", "clauses": clauses, "variation": 0, "trackEvents": false});
    let half =
        json!({"rollout": {"variations": [{"variation": 0, "weight": 50_000}, {"variation": 1, "weight": 50_000}]}});
    let (rules, fallthrough) = match shape {
        Shape::On | Shape::Off => (json!([]), json!({"variation": 0})),
        Shape::Rollout => (json!([]), half),
        Shape::Segment => {
            (json!([rule(json!([clause("", "segmentMatch", json!(["beta"]))]))]), json!({"variation": 1}))
        }
        Shape::Rules => (
            json!([
                rule(json!([clause("country", "in", json!(["SE", "DE", "FR"]))])),
                rule(json!([clause("plan", "in", json!(["team", "enterprise"]))])),
                rule(json!([clause("appVersion", "semVerLessThan", json!(["2.0.0"]))])),
                rule(json!([clause("age", "greaterThan", json!([65]))])),
                rule(json!([
                    clause("country", "in", json!(COUNTRIES)),
                    clause("appVersion", "semVerGreaterThan", json!(["5.0.0"])),
                    clause("age", "greaterThanOrEqual", json!([18])),
                ])),
            ]),
            json!({"variation": 1}),
        ),
    };
    json!({"key": key, "version": 1, "on": shape != Shape::Off, "targets": [], "rules": rules, "prerequisites": [],
        "fallthrough": fallthrough, "offVariation": 1, "variations": [true, false], "salt": "b3f1c2d4", "clientSide": false})
}

pub fn wire(flags: impl Iterator<Item = (String, Shape)>) -> String {
    let flags: serde_json::Map<String, Value> = flags.map(|(key, shape)| (key.clone(), flag(&key, shape))).collect();
    let segment = json!({"key": "beta", "version": 1, "included": members().collect::<Vec<_>>(), "excluded": [], "rules": [], "salt": "s"});
    json!({"flags": flags, "segments": {"beta": segment}}).to_string()
}

pub fn load(wire: &str) -> Flags {
    #[derive(serde::Deserialize)]
    struct Wire {
        flags: HashMap<String, Flag>,
        segments: HashMap<String, Segment>,
    }
    let Wire { flags, segments } = serde_json::from_str(wire).expect("flags");
    Flags { flags, segments }
}

pub fn context() -> Context {
    ContextBuilder::new("user-4242")
        .set_string("email", "user-4242@example.com")
        .set_string("country", "NO")
        .set_string("plan", "pro")
        .set_string("appVersion", "5.4.2")
        .set_value("age", 37.0_f64.into())
        .build()
        .expect("a context")
}
