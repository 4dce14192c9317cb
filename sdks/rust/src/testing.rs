//! A client whose flags are set by hand.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use yardarm_eval::ruleset::Ruleset;

use crate::client::{Client, Recording};
use crate::held::{Origin, Shared};
use crate::settings::ConfigError;

/// A [`Client`] for tests: no server, no background work, the real evaluator.
///
/// ```
/// use yardarm::{Client, Context};
///
/// let flags = Client::for_tests();
/// flags.set("new-checkout", true).set_for("new-checkout", "user-7", false);
/// assert!(flags.bool("new-checkout", &Context::new("user-1"), false));
/// assert!(!flags.bool("new-checkout", &Context::new("user-7"), false));
/// ```
pub struct TestClient {
    client: Client,
    shared: Arc<Shared>,
    flags: Mutex<(u64, BTreeMap<String, TestFlag>)>,
}

#[derive(Default)]
struct TestFlag {
    value: Value,
    targets: BTreeMap<String, Value>,
}

impl TestClient {
    pub(crate) fn new() -> Self {
        let shared = Arc::new(Shared::new(None));
        let client = Client::new(Arc::clone(&shared), None, Recording::default());
        let test = Self { client, shared, flags: Mutex::default() };
        test.change(|_| {});
        test
    }

    /// Makes a flag answer this value to everyone. The value's JSON type is the flag's type.
    pub fn set(&self, flag: &str, value: impl Into<Value>) -> &Self {
        let value = value.into();
        self.change(|flags| {
            flags.insert(flag.to_owned(), TestFlag { value, targets: BTreeMap::new() });
        })
    }

    /// Makes a flag answer another value of the same type to one targeting key.
    pub fn set_for(&self, flag: &str, targeting_key: &str, value: impl Into<Value>) -> &Self {
        let value = value.into();
        self.change(|flags| {
            let flag = flags
                .entry(flag.to_owned())
                .or_insert_with(|| TestFlag { value: value.clone(), ..TestFlag::default() });
            flag.targets.insert(targeting_key.to_owned(), value);
        })
    }

    /// Makes a flag unknown.
    pub fn remove(&self, flag: &str) -> &Self {
        self.change(|flags| {
            flags.remove(flag);
        })
    }

    /// Takes a whole ruleset (as `GET /sdk/v1/ruleset` gives it) in place of all flags.
    pub fn load(&self, ruleset: &str) -> Result<&Self, ConfigError> {
        let ruleset = serde_json::from_str(ruleset).map_err(|error| ConfigError::Bootstrap(error.to_string()))?;
        self.shared.put(ruleset, Origin::Local);
        Ok(self)
    }

    /// Evaluates as if it were this instant, milliseconds since 1970, from now on.
    pub fn at(&self, now_ms: i64) -> &Self {
        self.shared.fix_clock(now_ms);
        self
    }

    /// For code that takes a `Client`; it sees later changes.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, TestFlag>)) -> &Self {
        let mut state = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        let (rev, flags) = &mut *state;
        *rev += 1;
        change(flags);
        let flags: BTreeMap<_, _> = flags.iter().map(|(key, flag)| (key, flag.to_json())).collect();
        let ruleset = json!({
            "format": 1, "project": "test", "environment": "test",
            "version": {"epoch": "test", "rev": *rev}, "flags": flags,
        });
        let ruleset: Ruleset = serde_json::from_str(&ruleset.to_string()).expect("written by the lines above");
        self.shared.put(ruleset, Origin::Local);
        self
    }
}

/// The client that the flags are asked of.
impl Deref for TestClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestFlag {
    fn to_json(&self) -> Value {
        let value_type = match &self.value {
            Value::Bool(_) => "boolean",
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Null | Value::Array(_) | Value::Object(_) => "json",
        };
        let mut variants = serde_json::Map::from_iter([("value".to_owned(), self.value.clone())]);
        let mut rules = Vec::new();
        for (index, (targeting_key, value)) in self.targets.iter().enumerate() {
            let variant = format!("target-{index}");
            rules.push(json!({
                "id": format!("target:{variant}"), "serve": {"variant": variant},
                "if": {"test": {"attr": ["targetingKey"], "op": "in", "arg": [targeting_key]}},
            }));
            variants.insert(variant, value.clone());
        }
        json!({
            "on": true, "type": value_type, "variants": variants, "rules": rules,
            "off": {"serve": {"variant": "value"}}, "default": {"serve": {"variant": "value"}},
        })
    }
}
