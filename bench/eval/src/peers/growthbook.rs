//! GrowthBook: `check`, below the client of its SDK. The client clones all features for every question, which would make
//! this a measurement of that copy.

use std::collections::HashMap;

use growthbook_rust::dto::GrowthBookFeature;
use growthbook_rust::growthbook::GrowthBook;
use growthbook_rust::model_public::{GrowthBookAttribute, SavedGroup};
use serde_json::{Value, json};

use super::{Flags, Peer};
use crate::scenario::{AGE, APP_VERSION, COUNTRIES, PLAN, Shape, Who, members};

fn feature(shape: Shape) -> Value {
    let force = |condition: Value| json!({"condition": condition, "force": true});
    let rules = match shape {
        Shape::On | Shape::Off => json!([]),
        Shape::Rollout => {
            json!([{"force": true, "coverage": 0.5, "hashAttribute": "id", "seed": "b3f1c2d4", "hashVersion": 2}])
        }
        Shape::Segment => json!([force(json!({"id": {"$inGroup": "beta"}}))]),
        Shape::Rules => json!([
            force(json!({"country": {"$in": ["SE", "DE", "FR"]}})),
            force(json!({"plan": {"$in": ["team", "enterprise"]}})),
            force(json!({"appVersion": {"$vlt": "2.0.0"}})),
            force(json!({"age": {"$gt": 65}})),
            force(json!({"country": {"$in": COUNTRIES}, "appVersion": {"$vgt": "5.0.0"}, "age": {"$gte": 18}})),
        ]),
    };
    json!({"defaultValue": shape == Shape::On, "rules": rules})
}

impl Peer for GrowthBook {
    const CRATE: (&'static str, &'static str) = ("growthbook-rust", "0.4.0");

    type Context = Option<Vec<GrowthBookAttribute>>;

    fn wire(flags: Flags<'_>) -> String {
        let features: serde_json::Map<String, Value> = flags.map(|(key, shape)| (key, feature(shape))).collect();
        json!({"features": features, "savedGroups": {"beta": members().collect::<Vec<_>>()}}).to_string()
    }

    fn load(wire: &str) -> Self {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            features: HashMap<String, GrowthBookFeature>,
            saved_groups: HashMap<String, Value>,
        }
        let Wire { features, saved_groups } = serde_json::from_str(wire).expect("features");
        let saved_groups = saved_groups.iter().map(|(name, group)| (name.clone(), SavedGroup::from(group))).collect();
        Self { forced_variations: None, features, attributes: None, sticky_bucket_service: None, saved_groups }
    }

    fn context(&self, who: Who<'_>) -> Self::Context {
        let attributes = json!({"id": who.user, "email": format!("{}@example.com", who.user), "country": who.country, "plan": PLAN,
            "appVersion": APP_VERSION, "age": AGE});
        Some(GrowthBookAttribute::from(attributes).expect("attributes"))
    }

    fn is_on(&self, key: &str, context: &Self::Context) -> bool {
        self.check(key, context).on
    }
}
