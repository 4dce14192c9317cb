//! Who or what is asking.

use serde_json::{Map, Value};

/// Attributes of the user, account, device or request that a flag is evaluated for.
///
/// ```
/// use yardarm::Context;
/// use serde_json::json;
///
/// let context = Context::new("user-1").with("country", "DE").with("account", json!({"key": "a1", "plan": "pro"}));
/// ```
///
/// The same JSON as OFREP's: `targetingKey` is the unit, members of other objects are attributes of that context kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    value: Value,
}

impl Context {
    /// For a unit with this targeting key.
    pub fn new(targeting_key: impl Into<String>) -> Self {
        Self::anonymous().with("targetingKey", targeting_key.into())
    }

    /// For nobody in particular. Percentage rollouts by user cannot place it.
    pub fn anonymous() -> Self {
        Self { value: Value::Object(Map::new()) }
    }

    /// Adds or replaces an attribute.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Value::Object(members) = &mut self.value {
            members.insert(attribute.into(), value.into());
        }
        self
    }

    /// As JSON.
    pub fn as_json(&self) -> &Value {
        &self.value
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::anonymous()
    }
}

/// Takes JSON as it is. Anything but an object is answered with `INVALID_CONTEXT` by every flag.
impl From<Value> for Context {
    fn from(value: Value) -> Self {
        Self { value }
    }
}
