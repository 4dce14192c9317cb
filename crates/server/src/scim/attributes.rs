//! Which attributes an answer has (RFC 7644, section 3.9).

use serde_json::{Map, Value};

use super::filter::Path;
use crate::problem::Problem;

/// Always there.
const ALWAYS: [&str; 2] = ["schemas", "id"];

/// `attributes` and `excludedAttributes`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Projection {
    only: Vec<Path>,
    without: Vec<Path>,
}

impl Projection {
    /// Of lists of paths with commas between.
    pub(crate) fn parse(attributes: &str, excluded: &str) -> Result<Self, Problem> {
        let paths = |list: &str| {
            let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.take(100).map(Path::parse).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { only: paths(attributes)?, without: paths(excluded)? })
    }

    /// Of a resource.
    pub(crate) fn of(&self, mut resource: Value) -> Value {
        let Some(members) = resource.as_object_mut() else { return resource };
        if !self.only.is_empty() {
            members.retain(|name, value| {
                let wanted: Vec<&Path> = self.only.iter().filter(|path| names(path, name)).collect();
                if !ALWAYS.contains(&name.as_str()) && wanted.iter().all(|path| path.sub.is_some()) {
                    keep_parts(value, |part| wanted.iter().any(|path| is_part(path, part)));
                    return !wanted.is_empty();
                }
                true
            });
        }
        for path in &self.without {
            members.retain(|name, value| {
                let named = names(path, name) && !ALWAYS.contains(&name.as_str());
                if named && path.sub.is_some() {
                    keep_parts(value, |part| !is_part(path, part));
                }
                !named || path.sub.is_some()
            });
        }
        resource
    }
}

fn names(path: &Path, name: &str) -> bool {
    !path.extension && path.attribute.eq_ignore_ascii_case(name)
}

fn is_part(path: &Path, part: &str) -> bool {
    path.sub.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case(part))
}

fn keep_parts(value: &mut Value, keep: impl Fn(&str) -> bool) {
    let kept = |members: &mut Map<String, Value>| members.retain(|part, _| keep(part));
    match value {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(kept),
        Value::Object(members) => kept(members),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_have_what_was_asked_for() {
        let ana = json!({ "schemas": ["s"], "id": "1", "userName": "ana", "active": true,
            "emails": [{ "value": "a@b", "type": "work" }] });
        for (attributes, excluded, expected) in [
            ("", "", ana.clone()),
            ("userName", "", json!({ "schemas": ["s"], "id": "1", "userName": "ana" })),
            (
                "USERNAME, emails.Value",
                "",
                json!({ "schemas": ["s"], "id": "1", "userName": "ana", "emails": [{ "value": "a@b" }] }),
            ),
            ("", "emails,active,id", json!({ "schemas": ["s"], "id": "1", "userName": "ana" })),
            (
                "",
                "emails.type",
                json!({ "schemas": ["s"], "id": "1", "userName": "ana", "active": true, "emails": [{ "value": "a@b" }] }),
            ),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:active",
                "",
                json!({ "schemas": ["s"], "id": "1", "active": true }),
            ),
            ("nothing", "", json!({ "schemas": ["s"], "id": "1" })),
        ] {
            let projection = Projection::parse(attributes, excluded).unwrap();
            assert_eq!(projection.of(ana.clone()), expected, "{attributes:?} {excluded:?}");
        }
        assert!(Projection::parse("a[", "").is_err());
    }
}
