//! Flagsmith: the engine of its SDKs' local evaluation. It answers for all features at once, and so do they. A rule is a
//! segment with an override of the feature.

use flagsmith_flag_engine::engine::get_evaluation_result;
use flagsmith_flag_engine::engine_eval::EngineEvaluationContext;
use serde_json::{Map, Value, json};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

pub struct Flagsmith {
    environment: EngineEvaluationContext,
}

/// The segments that turn a feature on, by the conditions that must all hold.
fn segments(shape: Shape) -> Vec<Value> {
    let test = |property: &str, operator: &str, value: Value| json!({"property": property, "operator": operator, "value": value});
    match shape {
        Shape::On | Shape::Off => vec![],
        Shape::Rollout => vec![json!([test("$.identity.key", "PERCENTAGE_SPLIT", json!("50"))])],
        Shape::Segment => vec![json!([test("$.identity.identifier", "IN", members().collect())])],
        Shape::Rules => vec![
            json!([test("country", "IN", json!(["SE", "DE", "FR"]))]),
            json!([test("plan", "IN", json!(["team", "enterprise"]))]),
            json!([test("appVersion", "LESS_THAN", json!("2.0.0:semver"))]),
            json!([test("age", "GREATER_THAN", json!("65"))]),
            json!([
                test("country", "IN", json!(COUNTRIES)),
                test("appVersion", "GREATER_THAN", json!("5.0.0:semver")),
                test("age", "GREATER_THAN_INCLUSIVE", json!("18")),
            ]),
        ],
    }
}

impl Peer for Flagsmith {
    const CRATE: (&'static str, &'static str) = ("flagsmith-flag-engine", "0.7.0");
    const ALWAYS_ALL: bool = true;

    type Context = EngineEvaluationContext;

    fn wire(flags: Flags<'_>) -> String {
        let (mut features, mut all_segments) = (Map::new(), Map::new());
        for (key, shape) in flags {
            let state = |enabled: bool| json!({"key": key, "name": key, "enabled": enabled, "value": null});
            for (n, conditions) in segments(shape).into_iter().enumerate() {
                let name = format!("{key}-{n}");
                let mut on = state(true);
                on["priority"] = json!(n);
                let segment = json!({"key": name, "name": name, "overrides": [on],
                    "rules": [{"type": "ALL", "conditions": conditions, "rules": []}]});
                all_segments.insert(name, segment);
            }
            features.insert(key.clone(), state(shape == Shape::On));
        }
        let environment = json!({"key": "bench", "name": "production"});
        json!({"environment": environment, "features": features, "segments": all_segments}).to_string()
    }

    fn load(wire: &str) -> Self {
        Self { environment: serde_json::from_str(wire).expect("an environment") }
    }

    fn context(&self, who: Who<'_>) -> Self::Context {
        let identity = json!({"identifier": who.user, "key": format!("bench_{}", who.user), "traits": {
            "email": format!("{}@example.com", who.user), "country": who.country, "plan": PLAN, "appVersion": APP_VERSION, "age": AGE}});
        let mut context = self.environment.clone();
        context.identity = Some(serde_json::from_value(identity).expect("an identity"));
        context
    }

    fn is_on(&self, key: &str, context: &Self::Context) -> bool {
        get_evaluation_result(context).flags.get(key).is_some_and(|flag| flag.enabled)
    }

    fn all_on(&self, context: &Self::Context) -> usize {
        get_evaluation_result(context).flags.values().filter(|flag| flag.enabled).count()
    }
}
