//! A LaunchDarkly context as one of ours: the kind `user` is the top level, other kinds are objects under their name, and
//! `kind` lists the kinds that are there.

use serde_json::{Map, Value, json};

/// Single-kind, multi-kind, or the older user without `kind` whose own attributes are under `custom`. `None` when it is
/// not a usable context (no key, a reserved kind).
pub(super) fn context(source: &Value) -> Option<Value> {
    let members = source.as_object()?;
    let mut result = Map::new();
    let kinds = match members.get("kind").map(Value::as_str) {
        None => {
            let mut user = without(members, &["custom", "privateAttributeNames"]);
            if let Some(custom) = members.get("custom").and_then(Value::as_object) {
                for (name, value) in custom {
                    user.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            vec![place(&mut result, "user", user)?]
        }
        Some(Some("multi")) => members
            .iter()
            .filter(|(name, _)| *name != "kind")
            .map(|(kind, one)| place(&mut result, kind, without(one.as_object()?, &["_meta"])))
            .collect::<Option<Vec<_>>>()?,
        Some(kind) => vec![place(&mut result, kind?, without(members, &["kind", "_meta"]))?],
    };
    if kinds.is_empty() {
        return None;
    }
    result.insert("kind".to_owned(), json!(kinds));
    Some(Value::Object(result))
}

/// Puts one kind where it belongs.
fn place(result: &mut Map<String, Value>, kind: &str, one: Map<String, Value>) -> Option<String> {
    if matches!(kind, "" | "kind" | "multi") || !one.get("key").is_some_and(Value::is_string) {
        return None;
    }
    // The members of an object `user` count as top-level attributes.
    result.insert(kind.to_owned(), Value::Object(one));
    Some(kind.to_owned())
}

fn without(members: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    members
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_objects_and_users_are_the_top_level() {
        let table = [
            (
                json!({"kind": "user", "key": "u", "a": 1}),
                Some(json!({"kind": ["user"], "user": {"key": "u", "a": 1}})),
            ),
            (
                json!({"kind": "multi", "user": {"key": "u"}, "org": {"key": "o", "_meta": {}}}),
                Some(json!({"kind": ["org", "user"], "user": {"key": "u"}, "org": {"key": "o"}})),
            ),
            (
                json!({"key": "u", "name": "N", "custom": {"plan": "x", "name": "other"}}),
                Some(json!({"kind": ["user"], "user": {"key": "u", "name": "N", "plan": "x"}})),
            ),
            (json!({"kind": "org", "name": "no key"}), None),
            (json!({"kind": "multi"}), None),
            (json!("u"), None),
        ];
        for (source, expected) in table {
            assert_eq!(context(&source), expected, "{source}");
        }
    }
}
