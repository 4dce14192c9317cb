//! Names of attributes that are looked up once.

use crate::context::is_key;
use crate::texts::text_key;

/// A name of an attribute, prepared once for contexts that are made again and again.
#[derive(Clone, Debug)]
pub struct AttributeName {
    pub(crate) text: Box<str>,
    pub(crate) key: u64,
    /// Neither a name of the unit key nor `user`, whose members become attributes.
    pub(crate) is_plain: bool,
}

impl AttributeName {
    /// Prepares a name.
    pub fn new(name: &str) -> Self {
        Self { text: name.into(), key: text_key(name), is_plain: !is_key(name) && name != "user" }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attribute, Context};
    use serde_json::json;

    #[test]
    fn prepared_names_set_what_names_set() {
        let user = json!({"country": "DE", "key": "c"});
        let values =
            [("plan", Attribute::Text("pro")), ("user", (&user).into()), ("targetingKey", Attribute::Text("a"))];
        let prepared = values.map(|(name, _)| AttributeName::new(name));
        let (mut by_name, mut by_prepared) = (Context::new(), Context::new());
        for ((name, value), prepared) in values.into_iter().zip(&prepared) {
            assert_eq!(prepared.as_str(), name);
            by_name.set(name, value);
            by_prepared.set_new(prepared, value);
        }
        assert_eq!(by_prepared.targeting_key(), Some("a"));
        for name in ["plan", "country", "user", "city"] {
            assert_eq!(by_prepared.get(text_key(name), name), by_name.get(text_key(name), name), "{name}");
        }
    }
}
