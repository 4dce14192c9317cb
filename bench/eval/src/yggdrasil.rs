//! Unleash: the engine inside its SDKs and Edge.

use std::collections::HashMap;

use serde_json::{Value, json};
use unleash_yggdrasil::{ClientFeatures, Context, EngineState, UpdateMessage};

use crate::scenario::{COUNTRIES, Shape, members};

pub fn feature(key: &str, shape: Shape) -> Value {
    let test = |name: &str, operator: &str, values: Value| json!({"contextName": name, "operator": operator, "values": values});
    let compare = |name: &str, operator: &str, value: &str| json!({"contextName": name, "operator": operator, "values": [], "value": value});
    let strategy = |constraints: Value| json!({"name": "default", "parameters": {}, "constraints": constraints});
    let strategies = match shape {
        Shape::On | Shape::Off => json!([{"name": "default", "parameters": {}}]),
        Shape::Rollout => {
            json!([{"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness": "userId", "groupId": key}}])
        }
        Shape::Segment => json!([{"name": "default", "parameters": {}, "segments": [1]}]),
        Shape::Rules => json!([
            strategy(json!([test("country", "IN", json!(["SE", "DE", "FR"]))])),
            strategy(json!([test("plan", "IN", json!(["team", "enterprise"]))])),
            strategy(json!([compare("appVersion", "SEMVER_LT", "2.0.0")])),
            strategy(json!([compare("age", "NUM_GT", "65")])),
            strategy(json!([
                test("country", "IN", json!(COUNTRIES)),
                compare("appVersion", "SEMVER_GT", "5.0.0"),
                compare("age", "NUM_GTE", "18"),
            ])),
        ]),
    };
    json!({"name": key, "enabled": shape != Shape::Off, "strategies": strategies})
}

pub fn wire(flags: impl Iterator<Item = (String, Shape)>) -> String {
    let features: Vec<Value> = flags.map(|(key, shape)| feature(&key, shape)).collect();
    let segment = json!({"contextName": "userId", "operator": "IN", "values": members().collect::<Vec<_>>()});
    json!({"version": 2, "features": features, "segments": [{"id": 1, "constraints": [segment]}]}).to_string()
}

pub fn load(wire: &str) -> EngineState {
    let features: ClientFeatures = serde_json::from_str(wire).expect("features");
    let engine = EngineState::default();
    engine.take_state(UpdateMessage::FullResponse(features));
    engine
}

pub fn context() -> Context {
    let properties = [
        ("email", "user-4242@example.com"),
        ("country", "NO"),
        ("plan", "pro"),
        ("appVersion", "5.4.2"),
        ("age", "37"),
    ];
    Context {
        user_id: Some("user-4242".to_owned()),
        properties: Some(
            properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect::<HashMap<_, _>>(),
        ),
        ..Context::default()
    }
}
