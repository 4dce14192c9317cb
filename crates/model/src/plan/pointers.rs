//! Two documents, member by member.

use serde::Serialize;
use serde_json::Value;

use super::member;

/// A place in a document where the two differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// JSON pointer (RFC 6901) into the document; empty for the whole.
    pub pointer: String,
    /// Null when it was not there.
    pub before: Value,
    /// Null when it is gone.
    pub after: Value,
}

/// The smallest places where two documents differ. Lists of the same length are compared item by item; others are told
/// whole.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&mut found, "", before, after);
    found
}

fn compare(found: &mut Vec<Change>, at: &str, before: &Value, after: &Value) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let side = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or(Value::Null);
                compare(found, &member(at, name), &side(old), &side(new));
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(found, &format!("{at}/{index}"), old, new);
            }
        }
        (before, after) => {
            found.push(Change { pointer: at.to_owned(), before: before.clone(), after: after.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_smallest_places_are_found() {
        let before = json!({"a": {"b": 1, "c/d": 2}, "list": [1, 2], "short": [1], "same": [{}]});
        let after = json!({"a": {"b": 1, "c/d": 3}, "list": [1, 5], "short": [1, 2], "same": [{}], "new": true});
        let told: Vec<_> = changes(&before, &after).into_iter().map(|c| (c.pointer, c.before, c.after)).collect();
        assert_eq!(
            told,
            [
                ("/a/c~1d".to_owned(), json!(2), json!(3)),
                ("/list/1".to_owned(), json!(2), json!(5)),
                ("/new".to_owned(), Value::Null, json!(true)),
                ("/short".to_owned(), json!([1]), json!([1, 2])),
            ]
        );
        assert_eq!(changes(&Value::Null, &json!({"a": 1})).len(), 1, "a new document is told whole");
        assert!(changes(&before, &before).is_empty());
    }
}
