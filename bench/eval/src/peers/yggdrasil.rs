//! Unleash: the engine inside its SDKs and Edge.

use std::collections::HashMap;

use serde_json::{Value, json};
use unleash_yggdrasil::{ClientFeatures, Context, EngineState, UpdateMessage};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

fn feature(key: &str, shape: Shape) -> Value {
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

impl Peer for EngineState {
    const CRATE: (&'static str, &'static str) = ("unleash-yggdrasil", "0.21.7");
    const AS_SDK: Option<&'static str> = Some("counted");
    const ALL_AT_ONCE: Option<&'static str> = Some("resolve_all");
    const CHANGE: &'static str = "a delta event";

    type Context = Context;

    fn wire(flags: Flags<'_>) -> String {
        let features: Vec<Value> = flags.map(|(key, shape)| feature(&key, shape)).collect();
        let segment = json!({"contextName": "userId", "operator": "IN", "values": members().collect::<Vec<_>>()});
        json!({"version": 2, "features": features, "segments": [{"id": 1, "constraints": [segment]}]}).to_string()
    }

    fn load(wire: &str) -> Self {
        let features: ClientFeatures = serde_json::from_str(wire).expect("features");
        let engine = Self::default();
        engine.take_state(UpdateMessage::FullResponse(features));
        engine
    }

    fn context(&self, who: Who<'_>) -> Context {
        let properties = [
            ("email", format!("{}@example.com", who.user)),
            ("country", who.country.to_owned()),
            ("plan", PLAN.to_owned()),
            ("appVersion", APP_VERSION.to_owned()),
            ("age", AGE.to_string()),
        ];
        let properties: HashMap<String, String> =
            properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Context { user_id: Some(who.user.to_owned()), properties: Some(properties), ..Context::default() }
    }

    fn is_on(&self, key: &str, context: &Context) -> bool {
        self.is_enabled(key, context, &None)
    }

    fn is_on_as_sdk(&self, key: &str, context: &Context) -> bool {
        let on = self.is_enabled(key, context, &None);
        self.count_toggle(key, on);
        on
    }

    fn all_on(&self, context: &Context) -> usize {
        let toggles = self.resolve_all(context, &None).unwrap_or_default();
        toggles.values().filter(|toggle| toggle.enabled).count()
    }

    fn change_wire(key: &str, shape: Shape, _everything: String) -> String {
        json!({"events": [{"type": "feature-updated", "eventId": 2, "feature": feature(key, shape)}]}).to_string()
    }

    fn change(&mut self, _key: &str, wire: &str) {
        let delta = serde_json::from_str(wire).expect("a delta");
        self.take_state(UpdateMessage::PartialUpdate(delta));
    }
}
