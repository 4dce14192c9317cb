//! LaunchDarkly: the evaluation engine of its Rust SDK, over a store as its SDK has one.

use std::collections::HashMap;

use launchdarkly_server_sdk_evaluation::{Context, ContextBuilder, Flag, Segment, Store, evaluate};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

#[derive(Deserialize)]
pub struct Data {
    flags: HashMap<String, Flag>,
    segments: HashMap<String, Segment>,
}

/// A `patch` event of the stream. Its SDK (launchdarkly-server-sdk 2.x, `data_source.rs` and `stores/store_types.rs`) tells
/// by trying what is in one: a flag or a segment, each there or a version under which it was deleted.
#[derive(Deserialize)]
struct Event {
    path: String,
    data: Changed,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, clippy::large_enum_variant, reason = "only flags are changed here")]
enum Changed {
    Flag(Item<Flag>),
    Segment(Item<Segment>),
    Other(Value),
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "nothing is deleted here")]
enum Item<T> {
    There(T),
    Deleted(u64),
}

impl Store for Data {
    fn flag(&self, key: &str) -> Option<Flag> {
        self.flags.get(key).cloned()
    }
    fn segment(&self, key: &str) -> Option<Segment> {
        self.segments.get(key).cloned()
    }
}

impl Data {
    fn answer(&self, flag: &Flag, context: &Context) -> bool {
        evaluate(self, flag, context, None).value.and_then(|value| value.as_bool()).unwrap_or_default()
    }
}

fn flag(key: &str, shape: Shape) -> Value {
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

/// One changed flag without what is around it.
pub fn flag_alone(key: &str, shape: Shape) -> String {
    flag(key, shape).to_string()
}

impl Data {
    /// The least that could be done with a changed flag.
    pub fn insert(&mut self, key: &str, wire: &str) {
        self.flags.insert(key.to_owned(), serde_json::from_str(wire).expect("a flag"));
    }
}

impl Peer for Data {
    const CRATE: (&'static str, &'static str) = ("launchdarkly-server-sdk-evaluation", "2.2.1");
    const AS_SDK: Option<&'static str> = Some("flag cloned from the store");
    const CHANGE: &'static str = "a patch event, put into its map";

    type Context = Context;

    fn wire(flags: Flags<'_>) -> String {
        let flags: serde_json::Map<String, Value> =
            flags.map(|(key, shape)| (key.clone(), flag(&key, shape))).collect();
        let segment = json!({"key": "beta", "version": 1, "included": members().collect::<Vec<_>>(), "excluded": [],
            "rules": [], "salt": "s"});
        json!({"flags": flags, "segments": {"beta": segment}}).to_string()
    }

    fn load(wire: &str) -> Self {
        serde_json::from_str(wire).expect("flags")
    }

    fn context(&self, who: Who<'_>) -> Context {
        ContextBuilder::new(who.user)
            .set_string("email", format!("{}@example.com", who.user))
            .set_string("country", who.country)
            .set_string("plan", PLAN)
            .set_string("appVersion", APP_VERSION)
            .set_value("age", AGE.into())
            .build()
            .expect("a context")
    }

    /// The flag is found without a copy, which is kinder than the store of the SDK.
    fn is_on(&self, key: &str, context: &Context) -> bool {
        self.flags.get(key).is_some_and(|flag| self.answer(flag, context))
    }

    /// The flag is cloned out of the store, as its trait asks for.
    fn is_on_as_sdk(&self, key: &str, context: &Context) -> bool {
        self.flag(key).is_some_and(|flag| self.answer(&flag, context))
    }

    fn change_wire(key: &str, shape: Shape, _everything: String) -> String {
        json!({"path": format!("/flags/{key}"), "data": flag(key, shape)}).to_string()
    }

    fn change(&mut self, _key: &str, wire: &str) {
        let event: Event = serde_json::from_str(wire).expect("an event");
        let key = event.path.strip_prefix("/flags/").expect("a flag's path");
        let Changed::Flag(Item::There(flag)) = event.data else { panic!("a flag") };
        self.flags.insert(key.to_owned(), flag);
    }
}
