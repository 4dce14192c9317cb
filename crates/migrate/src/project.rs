//! The export document that importers fill.

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Condition, Serve};
use yardarm_model::export;

/// A project being put together: bodies as `yardarm_model::export` has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Project {
    /// `{"key", "name"?, …}`.
    pub environments: Vec<Value>,
    /// `{"key", "name"?, "rules"?: [condition], "included"?: [keys], "excluded"?: [keys], "buckets"?: {name: bucket}}`.
    pub segments: Vec<Value>,
    /// `{"key", "name"?, "type", "variants": [{"key", "value"}], "salt"?, "environments": {environment: configuration}}`;
    /// a configuration is `{"on", "prerequisites"?, "targets"?, "rules"?: [{"id"?, "description"?, "if", "serve",
    /// "reason"?}], "default", "off_variant", "off"?: {"exact": serve}, "buckets"?: {name: bucket}, "unknown"?,
    /// "cycle"?: {"exact": serve}}`.
    pub flags: Vec<Value>,
}

impl Project {
    /// The document that an import reads.
    pub fn into_document(self, key: &str, name: &str) -> Value {
        json!({
            "format": export::FORMAT,
            "project": {"key": key, "name": name},
            "environments": self.environments,
            "segments": self.segments,
            "flags": self.flags,
        })
    }
}

/// An authored condition that is the evaluator's own: `{"exact": …}`.
pub fn exact_condition(condition: &Condition) -> Value {
    exact(serde_json::to_value(condition))
}

/// An authored serve that is the evaluator's own: `{"exact": …}`.
pub fn exact_serve(serve: &Serve) -> Value {
    exact(serde_json::to_value(serve))
}

/// A serve of one variant.
pub fn variant(key: &str) -> Value {
    json!({"variant": key})
}

fn exact(value: serde_json::Result<Value>) -> Value {
    let value = value.expect("maps have text keys and numbers are finite, so nothing can fail");
    Value::Object(Map::from_iter([("exact".to_owned(), value)]))
}
