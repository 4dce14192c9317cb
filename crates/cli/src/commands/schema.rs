//! `yardarm schema`

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use clap::Args;
use serde_json::{Map, Value, json};
use yardarm_model::{export, limits};

use crate::failure::Failure;
use crate::output::line;

/// Print the JSON Schema of the files that `yardarm plan` and `apply` read and `yardarm export` writes
///
/// Editors that know it complete and check these files while they are written: put
/// `# yaml-language-server: $schema=project.schema.json` in their first line.
#[derive(Args, Debug)]
pub(crate) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every command runs itself")]
    pub(crate) fn run(self) -> Result<(), Failure> {
        line(serde_json::to_string_pretty(&schema())?)
    }
}

/// The schema, made of what the API says about its bodies: one description of a document is enough.
fn schema() -> Value {
    let api = yardarm_server::openapi::document();
    let mut definitions: BTreeMap<String, Value> = BTreeMap::new();
    let mut queue =
        ["NewFlag", "NewSegment", "NewEnvironment", "NewPolicy", "Configuration"].map(str::to_owned).to_vec();
    while let Some(name) = queue.pop() {
        if let Entry::Vacant(place) = definitions.entry(name) {
            let mut definition = api["components"]["schemas"][place.key()].clone();
            strict(&mut definition, &mut queue);
            place.insert(definition);
        }
    }
    let created = json!({"type": ["integer", "null"], "description": "Milliseconds since 1970; kept by the server when left out."});
    if let Some(flag) = definitions.get_mut("NewFlag") {
        flag["description"] = json!("A flag. What is left out has its default, but the salt, which stays.");
        flag["properties"]["created_at"] = created.clone();
        flag["properties"]["archived"] = json!({"type": ["boolean", "null"], "description": "Archived flags are served nowhere and keep their key."});
        flag["properties"]["environments"] = json!({
            "type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/Configuration"},
            "description": "What it serves, by environment; environments that are left out stay as they are.",
        });
    }
    if let Some(segment) = definitions.get_mut("NewSegment") {
        segment["description"] = json!("A segment. Lists that are left out stay as they are.");
        segment["properties"]["created_at"] = created.clone();
    }
    if let Some(policy) = definitions.get_mut("NewPolicy") {
        policy["description"] = json!("What changes must keep to; at least one rule. It is for the changes after it.");
        policy["properties"]["created_at"] = created;
    }
    if let Some(environment) = definitions.get_mut("NewEnvironment") {
        environment["description"] =
            json!("An environment. Position, colour and `production` stay as they are when left out.");
        environment["required"] = json!(["key"]);
    }
    for definition in ["NewFlag", "NewSegment", "NewEnvironment", "NewPolicy"] {
        if let Some(definition) = definitions.get_mut(definition) {
            definition["properties"]["key"]["pattern"] = json!(limits::KEY_PATTERN);
        }
    }
    let list = |of: &str, most: usize| json!({"type": ["array", "null"], "items": {"$ref": format!("#/$defs/{of}")}, "maxItems": most});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://yardarm.dev/schema/project.json",
        "title": "Yardarm project",
        "description": "How a project should be: what `yardarm plan` and `yardarm apply` read and `yardarm export` writes. Several files are read as one; each may leave out what others hold.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "format": {"const": export::FORMAT, "description": "Of the file."},
            "project": {
                "type": "object", "additionalProperties": false, "description": "The project that the file is for.",
                "properties": {
                    "key": {"type": "string", "pattern": limits::KEY_PATTERN, "description": "It is applied to this project and to no other."},
                    "name": {"type": "string", "maxLength": limits::NAME, "description": "For people."},
                    "description": {"type": "string", "maxLength": limits::DESCRIPTION, "description": "What it is for."},
                },
            },
            "environments": list("NewEnvironment", limits::ENVIRONMENTS),
            "segments": list("NewSegment", limits::SEGMENTS),
            "flags": list("NewFlag", limits::FLAGS),
            "policies": list("NewPolicy", limits::POLICIES),
        },
        "$defs": definitions,
    })
}

/// Closes objects against members that are not described, and finds the definitions that are referred to.
fn strict(schema: &mut Value, found: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| strict(item, found)),
        Value::Object(members) => {
            // Examples are of the API's bodies, and formats of its numbers.
            for name in ["example", "format"] {
                members.remove(name);
            }
            if let Some(name) = reference(members) {
                members.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
                found.push(name);
            }
            if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
                properties.values_mut().for_each(|property| strict(property, found));
                members.insert("additionalProperties".to_owned(), false.into());
            }
            for name in ["items", "oneOf", "allOf", "anyOf"] {
                if let Some(inner) = members.get_mut(name) {
                    strict(inner, found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn reference(members: &Map<String, Value>) -> Option<String> {
    Some(members.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/project.schema.json");

    #[test]
    fn the_published_schema_is_current() {
        let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("YARDARM_UPDATE").is_some() {
            std::fs::write(PATH, &text).unwrap();
        }
        let written = std::fs::read_to_string(PATH).unwrap_or_default();
        assert!(
            written == text,
            "spec/project.schema.json is not current: YARDARM_UPDATE=1 cargo test -p yardarm-cli schema"
        );
    }

    /// As much of JSON Schema as the schema uses.
    fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
        if let Some(target) = schema["$ref"].as_str() {
            return fits(root, root.pointer(target.trim_start_matches('#')).unwrap(), value);
        }
        if let Some(alternatives) = schema["oneOf"].as_array() {
            return alternatives.iter().filter(|alternative| fits(root, alternative, value)).count() == 1;
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let of = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "null" => value.is_null(),
            other => panic!("{other}"),
        };
        let items = value.as_array().into_iter().flatten();
        let members = || value.as_object().into_iter().flatten();
        let known = |name: &str, inner: &Value| match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => false,
            (Value::Null, Value::Null) => true,
            (Value::Null, rest) => fits(root, rest, inner),
            (property, _) => fits(root, property, inner),
        };
        (types.is_empty() || types.into_iter().any(of))
            && (schema["const"].is_null() || schema["const"] == *value)
            && schema["enum"].as_array().is_none_or(|words| words.contains(value))
            && items.into_iter().all(|item| schema["items"].is_null() || fits(root, &schema["items"], item))
            && members().all(|(name, inner)| known(name, inner))
            && schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .all(|name| !value.is_object() || value.get(name.as_str().unwrap()).is_some())
    }

    #[test]
    fn it_takes_what_is_applied_and_refuses_what_is_refused() {
        let schema = schema();
        let shop: Value = serde_norway::from_str(include_str!("../demo/shop.yaml")).unwrap();
        assert!(shop["flags"].as_array().unwrap().len() > 40);
        assert!(fits(&schema, &schema, &shop), "the demo's shop");
        let place = |pointer: &str| {
            let mut other = shop.clone();
            other.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))["no_such_member"] = json!(1);
            other
        };
        for pointer in [
            "",
            "/project",
            "/flags/0",
            "/segments/0",
            "/environments/0",
            "/flags/0/environments/production",
            "/flags/0/variants/0",
            "/segments/0/rules/0",
            "/flags/0/environments/production/default",
        ] {
            assert!(!fits(&schema, &schema, &place(pointer)), "an unknown member at {pointer}");
        }
        let made = yardarm_model::command::decide(
            &yardarm_model::document::State::default(),
            &yardarm_model::command::Command::Apply { body: place("/flags/0/variants/0"), prune: false },
            &yardarm_model::command::Inputs { now: 0, seed: [0; 32] },
        );
        assert!(
            made.unwrap_err().problems.iter().any(|problem| problem.pointer == "/flags/0/variants/0/no_such_member")
        );
    }
}
