//! Yardarm: what its Rust SDK does, a full answer with its reason, counted. Below that, the evaluator alone.

use std::hint::black_box;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use yardarm_eval::ruleset::{Flag, Patch, Ruleset, Version};
use yardarm_eval::{Context, Snapshot};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

/// The counters of our Rust SDK, as they are: they need nothing but the evaluator.
#[path = "../../../../sdks/rust/src/counters.rs"]
#[allow(dead_code, reason = "counts are drained by the SDK only")]
mod counters;

use counters::Tally;

pub struct Yardarm {
    pub snapshot: Snapshot,
    tally: Tally,
}

fn flag(shape: Shape) -> Box<RawValue> {
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
    let flag = json!({"on": shape != Shape::Off, "type": "boolean", "variants": {"on": true, "off": false}, "rules": rules,
        "off": {"serve": {"variant": "off"}, "reason": "DISABLED"}, "default": {"serve": default},
        "buckets": {"main": {"hash": "murmur3_32", "prefix": "b3f1c2d4:", "unit": ["targetingKey"]}}});
    // As the server writes it: members in the order of the type.
    let flag: Flag = serde_json::from_value(flag).expect("our own flag");
    serde_json::value::to_raw_value(&flag).expect("a flag is JSON")
}

fn version(rev: u64) -> Version {
    Version { epoch: "e".to_owned(), rev }
}

/// The whole answer is made in memory, reason and all, and its value is read; nobody wants a copy of it.
fn on(answer: &yardarm_eval::Answer<'_>) -> bool {
    black_box(answer).value.and_then(Value::as_bool).unwrap_or_default()
}

/// The context of [`crate::scenario`].
pub fn context<'a>(who: Who<'a>, email: &'a str) -> Context<'a> {
    Context::builder()
        .targeting_key(who.user)
        .set("email", email)
        .set("country", who.country)
        .set("plan", PLAN)
        .set("appVersion", APP_VERSION)
        .set("age", AGE)
        .build()
}

/// Loads, and keeps the ruleset's own form.
pub fn load_and_keep(wire: &str) -> (Ruleset, Yardarm) {
    let ruleset: Ruleset = serde_json::from_str(wire).expect("our own ruleset");
    let snapshot = Snapshot::compile(&ruleset);
    let tally = Tally::new(snapshot.positions());
    (ruleset, Yardarm { snapshot, tally })
}

impl Peer for Yardarm {
    const CRATE: (&'static str, &'static str) = ("yardarm", "0.1.0");
    const AS_SDK: Option<&'static str> = Some("counted");
    const ALL_AT_ONCE: Option<&'static str> = Some("evaluate_all");
    const CHANGE: &'static str = "a patch";

    type Context = Context<'static>;

    fn wire(flags: Flags<'_>) -> String {
        let segment = json!({"if": {"list": {"attr": ["targetingKey"], "lists": ["beta/included/0001"]}}});
        let segment = serde_json::value::to_raw_value(&segment).expect("a segment is JSON");
        let ruleset = Ruleset {
            format: 1,
            project: "bench".to_owned(),
            environment: "production".to_owned(),
            version: version(1),
            flags: flags.map(|(key, shape)| (key, flag(shape))).collect(),
            segments: [("beta".to_owned(), segment)].into(),
            lists: [("beta/included/0001".to_owned(), members().collect())].into(),
        };
        serde_json::to_string(&ruleset).expect("a ruleset is JSON")
    }

    fn load(wire: &str) -> Self {
        let snapshot = Snapshot::from_json(wire).expect("our own ruleset");
        let tally = Tally::new(snapshot.positions());
        Self { snapshot, tally }
    }

    fn context(&self, who: Who<'_>) -> Context<'static> {
        // A few dozen bytes that the context borrows for as long as the program runs.
        let leaked = |text: String| &*Box::leak(text.into_boxed_str());
        let email = leaked(format!("{}@example.com", who.user));
        context(Who { user: leaked(who.user.to_owned()), country: leaked(who.country.to_owned()) }, email)
    }

    fn is_on(&self, key: &str, context: &Self::Context) -> bool {
        on(&self.snapshot.evaluate(key, context, 0))
    }

    fn is_on_as_sdk(&self, key: &str, context: &Self::Context) -> bool {
        let Some(flag) = self.snapshot.flag(key) else { return false };
        let answer = self.snapshot.evaluate_at(flag.index, context, 0);
        self.tally.count(flag.key, flag.index, &answer);
        on(&answer)
    }

    fn all_on(&self, context: &Self::Context) -> usize {
        let mut all = 0;
        self.snapshot.evaluate_all(context, 0, |flag, answer| {
            self.tally.count(flag.key, flag.index, answer);
            all += usize::from(on(answer));
        });
        all
    }

    fn change_wire(key: &str, shape: Shape, _everything: String) -> String {
        let flags = [(key.to_owned(), Some(flag(shape)))].into();
        let patch = Patch { from: version(1), to: version(2), flags, segments: [].into(), lists: [].into() };
        serde_json::to_string(&patch).expect("a patch is JSON")
    }

    /// The snapshot stays what it was, so that the same patch fits again.
    fn change(&mut self, _key: &str, wire: &str) {
        let patch: Patch<&RawValue> = serde_json::from_str(wire).expect("a patch");
        black_box(self.snapshot.apply(&patch).expect("it fits"));
    }
}
