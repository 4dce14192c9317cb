//! What may leave the process of what the application says about its users.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Names that stay here, at any depth.
#[derive(Clone, Debug, Default)]
pub(crate) struct Privacy {
    names: BTreeSet<String>,
}

impl Privacy {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect() }
    }

    /// The targeting key as it may be sent: as it is, or, when it is private, a digest that still tells units apart.
    pub(crate) fn unit(&self, targeting_key: &str) -> String {
        use std::fmt::Write as _;
        if !self.names.contains("targetingKey") {
            return targeting_key.to_owned();
        }
        let digest = Sha256::digest(targeting_key.as_bytes());
        digest.iter().take(16).fold(String::from("sha256:"), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Removes private members, at any depth.
    pub(crate) fn scrub(&self, members: &mut Map<String, Value>) {
        if self.names.is_empty() {
            return;
        }
        members.retain(|name, _| !self.names.contains(name));
        members.values_mut().for_each(|value| self.scrub_value(value));
    }

    fn scrub_value(&self, value: &mut Value) {
        match value {
            Value::Object(members) => self.scrub(members),
            Value::Array(values) => values.iter_mut().for_each(|value| self.scrub_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn private_names_are_removed_at_any_depth() {
        let privacy = Privacy::new(["email".to_owned(), "targetingKey".to_owned()]);
        let Value::Object(mut data) = json!({"email": 1, "a": [{"email": 2, "b": 3}], "c": {"d": {"email": {}}}})
        else {
            return;
        };
        privacy.scrub(&mut data);
        assert_eq!(Value::Object(data), json!({"a": [{"b": 3}], "c": {"d": {}}}));
        assert_eq!(privacy.unit("user-1"), "sha256:c6c289e49e9c05b2145860387b73bcb1");
        assert_eq!(Privacy::default().unit("user-1"), "user-1");
    }
}
