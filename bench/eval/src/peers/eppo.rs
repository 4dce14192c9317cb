//! Eppo: the core inside its SDKs. An answer comes with the assignment event that its SDKs log.

use std::sync::Arc;

use eppo_core::configuration_store::ConfigurationStore;
use eppo_core::eval::{Evaluator, EvaluatorConfig};
use eppo_core::ufc::{Assignment, AssignmentValue, UniversalFlagConfig};
use eppo_core::{Attributes, Configuration, SdkMetadata, Str};
use serde_json::{Value, json};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

pub struct Eppo {
    evaluator: Evaluator,
}

const SDK: SdkMetadata = SdkMetadata { name: "bench", version: "0" };

fn flag(key: &str, shape: Shape) -> Value {
    let test = |attribute: &str, operator: &str, value: Value| json!({"attribute": attribute, "operator": operator, "value": value});
    let split = |shards: Value| json!([{"shards": shards, "variationKey": "on"}]);
    let allocation = |n: usize, conditions: Value| json!({"key": format!("a{n}"), "rules": [{"conditions": conditions}], "splits": split(json!([])), "doLog": true});
    let allocations = match shape {
        Shape::On | Shape::Off => json!([{"key": "a1", "rules": [], "splits": split(json!([])), "doLog": true}]),
        Shape::Rollout => json!([{"key": "a1", "rules": [], "doLog": true,
            "splits": split(json!([{"salt": "b3f1c2d4", "ranges": [{"start": 0, "end": 5_000}]}]))}]),
        Shape::Segment => json!([allocation(1, json!([test("id", "ONE_OF", members().collect())]))]),
        Shape::Rules => json!([
            allocation(1, json!([test("country", "ONE_OF", json!(["SE", "DE", "FR"]))])),
            allocation(2, json!([test("plan", "ONE_OF", json!(["team", "enterprise"]))])),
            allocation(3, json!([test("appVersion", "LT", json!("2.0.0"))])),
            allocation(4, json!([test("age", "GT", json!(65))])),
            allocation(
                5,
                json!([
                    test("country", "ONE_OF", json!(COUNTRIES)),
                    test("appVersion", "GT", json!("5.0.0")),
                    test("age", "GTE", json!(18)),
                ])
            ),
        ]),
    };
    json!({"key": key, "enabled": shape != Shape::Off, "variationType": "BOOLEAN", "totalShards": 10_000,
        "variations": {"on": {"key": "on", "value": true}, "off": {"key": "off", "value": false}}, "allocations": allocations})
}

impl Peer for Eppo {
    const CRATE: (&'static str, &'static str) = ("eppo_core", "10.0.0");

    type Context = (Str, Arc<Attributes>);

    fn wire(flags: Flags<'_>) -> String {
        let flags: serde_json::Map<String, Value> =
            flags.map(|(key, shape)| (key.clone(), flag(&key, shape))).collect();
        json!({"createdAt": "2026-01-01T00:00:00Z", "environment": {"name": "production"}, "flags": flags}).to_string()
    }

    fn load(wire: &str) -> Self {
        let flags = UniversalFlagConfig::from_json(SDK, wire.as_bytes().to_vec()).expect("flags");
        let store = ConfigurationStore::new();
        store.set_configuration(Arc::new(Configuration::from_server_response(flags, None)));
        Self { evaluator: Evaluator::new(EvaluatorConfig { configuration_store: Arc::new(store), sdk_metadata: SDK }) }
    }

    fn context(&self, who: Who<'_>) -> Self::Context {
        let email = format!("{}@example.com", who.user);
        let mut attributes: Attributes =
            [("email", email.as_str()), ("country", who.country), ("plan", PLAN), ("appVersion", APP_VERSION)]
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
        attributes.insert("age".into(), AGE.into());
        (who.user.into(), Arc::new(attributes))
    }

    fn is_on(&self, key: &str, (user, attributes): &Self::Context) -> bool {
        // Who is in no allocation, and every flag that is off, gets the caller's default.
        let assignment = self.evaluator.get_assignment(key, user, attributes, None).ok().flatten();
        matches!(assignment, Some(Assignment { value: AssignmentValue::Boolean(true), .. }))
    }
}
