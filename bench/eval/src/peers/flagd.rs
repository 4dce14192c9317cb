//! flagd: the engine of its in-process provider. The provider around it is what decides state and default variant; here as
//! there, targeting is asked as text.

use std::collections::HashMap;
use std::hint::black_box;

use flagd_evaluation_engine::{FeatureFlag, FlagParser, Operator};
use open_feature::provider::ResolutionDetails;
use open_feature::{EvaluationContext, EvaluationReason};
use serde_json::{Value, json};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

pub struct Flagd {
    flags: HashMap<String, FeatureFlag>,
    operator: Operator,
}

fn flag(shape: Shape) -> Value {
    let var = |name: &str| json!({"var": name});
    let within = |name: &str, values: Value| json!({"in": [var(name), values]});
    let version = |operator: &str, value: &str| json!({"sem_ver": [var("appVersion"), operator, value]});
    let targeting = match shape {
        Shape::On | Shape::Off => json!({}),
        Shape::Rollout => json!({"fractional": [{"cat": ["b3f1c2d4", var("targetingKey")]}, ["on", 50], ["off", 50]]}),
        Shape::Segment => json!({"if": [{"$ref": "beta"}, "on", "off"]}),
        Shape::Rules => json!({"if": [
            within("country", json!(["SE", "DE", "FR"])), "on",
            within("plan", json!(["team", "enterprise"])), "on",
            version("<", "2.0.0"), "on",
            {">": [var("age"), 65]}, "on",
            {"and": [within("country", json!(COUNTRIES)), version(">", "5.0.0"), {">=": [var("age"), 18]}]}, "on",
            "off",
        ]}),
    };
    let default = if shape == Shape::On { "on" } else { "off" };
    let state = if shape == Shape::Off { "DISABLED" } else { "ENABLED" };
    json!({"state": state, "variants": {"on": true, "off": false}, "defaultVariant": default, "targeting": targeting})
}

impl Peer for Flagd {
    const CRATE: (&'static str, &'static str) = ("flagd-evaluation-engine", "0.1.0");

    type Context = EvaluationContext;

    fn wire(flags: Flags<'_>) -> String {
        let flags: serde_json::Map<String, Value> = flags.map(|(key, shape)| (key, flag(shape))).collect();
        let beta = json!({"in": [{"var": "targetingKey"}, members().collect::<Vec<_>>()]});
        json!({"flags": flags, "$evaluators": {"beta": beta}}).to_string()
    }

    fn load(wire: &str) -> Self {
        Self { flags: FlagParser::parse_string(wire).expect("flags").flags, operator: Operator::new() }
    }

    fn context(&self, who: Who<'_>) -> Self::Context {
        EvaluationContext::default()
            .with_targeting_key(who.user)
            .with_custom_field("email", format!("{}@example.com", who.user))
            .with_custom_field("country", who.country)
            .with_custom_field("plan", PLAN)
            .with_custom_field("appVersion", APP_VERSION)
            .with_custom_field("age", AGE as i64)
    }

    fn is_on(&self, key: &str, context: &Self::Context) -> bool {
        let Some(flag) = self.flags.get(key).filter(|flag| flag.state == "ENABLED") else { return false };
        let targeted = match flag.targeting.as_ref().and_then(Value::as_object) {
            Some(targeting) if !targeting.is_empty() => {
                self.operator.apply(key, &flag.get_targeting(), context).ok().flatten()
            }
            _ => None,
        };
        let reason = if targeted.is_some() { EvaluationReason::TargetingMatch } else { EvaluationReason::Static };
        let variant = targeted.unwrap_or_else(|| flag.default_variant.clone());
        let value = flag.variants.get(&variant).and_then(Value::as_bool).unwrap_or_default();
        // What its provider hands to OpenFeature.
        let details = ResolutionDetails::builder().value(value).variant(variant).reason(reason).build();
        black_box(details).value
    }
}
