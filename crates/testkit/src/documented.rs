//! Holds what the API answers, and what it accepts, against its own OpenAPI document: strictly, so that a member that is
//! not documented is found as well as one that is missing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

static DOCUMENT: LazyLock<Value> = LazyLock::new(yardarm_server::openapi::document);

/// The path of the OpenAPI document that a request's path is one of.
pub fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &&String| {
        let template: Vec<&str> = template.split('/').collect();
        let pairs = || template.iter().zip(&parts);
        template.len() == parts.len() && pairs().all(|(t, part)| t.starts_with('{') && !part.is_empty() || t == part)
    };
    // A name before a parameter: /session/link.
    let fitting = DOCUMENT["paths"].as_object()?.keys().filter(fits);
    fitting.min_by_key(|template| template.matches('{').count()).map(String::as_str)
}

/// Complains about a success that is not as documented. `request` and `answer` are JSON; `None`: no body.
pub(crate) fn check(method: &str, path: &str, request: Option<&Value>, status: u16, answer: &Value) {
    let Some(template) = template(path).filter(|_| (200..300).contains(&status)) else { return };
    let operation = &DOCUMENT["paths"][template][method.to_lowercase()];
    let line = format!("{method} {template} {status}");
    let documented = &operation["responses"][status.to_string()];
    assert!(documented.is_object(), "{line} is not documented");
    let mut problems = Vec::new();
    match documented.pointer("/content/application~1json/schema") {
        Some(schema) => compare(schema, answer, "", &mut problems),
        // Text of another kind is only said to be there.
        None if documented["content"].as_object().is_some_and(|content| !content.is_empty()) => {}
        None => assert!(answer.is_null(), "{line}: a body that is not documented: {answer}"),
    }
    assert!(problems.is_empty(), "{line} is not as documented: {problems:#?}\n{answer:#}");
    // Where no body is documented none is read.
    let takes = operation.pointer("/requestBody/content/application~1json/schema");
    if let Some((schema, request)) = takes.zip(request) {
        compare(schema, request, "", &mut problems);
        assert!(problems.is_empty(), "{line} takes what is not documented: {problems:#?}\n{request:#}");
    }
}

fn resolve(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(target) => resolve(DOCUMENT.pointer(target.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

fn compare(schema: &'static Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    let schema = resolve(schema);
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let fits = |alternative: &&'static Value| {
            let mut problems = Vec::new();
            compare(alternative, value, at, &mut problems);
            problems.is_empty()
        };
        let fitting = alternatives.iter().filter(fits).count();
        if fitting != 1 {
            problems.push(format!("{at}: fits {fitting} of {} alternatives: {value}", alternatives.len()));
        }
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        problems.push(format!("{at}: {value} is none of {allowed:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    if !types.is_empty() && !types.iter().any(|name| is(value, name)) {
        problems.push(format!("{at}: {value} is no {types:?}"));
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().filter(|_| schema["items"].is_object()) {
                compare(&schema["items"], item, &format!("{at}/{index}"), problems);
            }
        }
        Value::Object(members) => compare_members(schema, members, at, problems),
        _ => {}
    }
}

fn compare_members(schema: &'static Value, members: &Map<String, Value>, at: &str, problems: &mut Vec<String>) {
    let mut parts = vec![schema];
    let mut properties: Vec<(&'static String, &'static Value)> = Vec::new();
    let mut others = None;
    let mut required = BTreeSet::new();
    while let Some(part) = parts.pop() {
        parts.extend(part["allOf"].as_array().into_iter().flatten().map(resolve));
        properties.extend(part["properties"].as_object().into_iter().flatten());
        required.extend(part["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        others = others.or(part.get("additionalProperties").filter(|schema| schema.is_object()));
    }
    let missing = required.into_iter().filter(|name| !members.contains_key(*name));
    problems.extend(missing.map(|name| format!("{at}/{name} is missing")));
    for (name, member) in members {
        let at = format!("{at}/{name}");
        match properties.iter().find(|(property, _)| *property == name) {
            Some((_, schema)) => compare(schema, member, &at, problems),
            None => match others {
                Some(schema) => compare(schema, member, &at, problems),
                // An object without any properties is free.
                None if properties.is_empty() => {}
                None => problems.push(format!("{at} is not documented")),
            },
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is a type that this check does not know"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_find_their_template() {
        for (path, expected) in [
            ("/api/v1/session/link", Some("/api/v1/session/link")),
            ("/api/v1/projects/shop/flags?limit=1", Some("/api/v1/projects/{project}/flags")),
            ("/api/v1/projects/shop/history/7/undo", Some("/api/v1/projects/{project}/history/{rev}/undo")),
            ("/api/v1/nothing", None),
            ("/healthz", None),
        ] {
            assert_eq!(template(path), expected, "{path}");
        }
    }

    #[test]
    fn what_differs_is_found() {
        let project = json!({ "key": "a", "name": "A", "description": "", "environments": 3, "flags": 0,
            "version": { "epoch": "e", "rev": 1 } });
        let differs = |change: &dyn Fn(&mut Value)| {
            let mut project = project.clone();
            change(&mut project);
            let mut problems = Vec::new();
            let schema = &DOCUMENT["paths"]["/api/v1/projects/{project}"]["get"]["responses"]["200"];
            compare(&schema["content"]["application/json"]["schema"], &project, "", &mut problems);
            problems
        };
        assert_eq!(differs(&|_| {}), Vec::<String>::new());
        assert_eq!(differs(&|project| project["flags"] = json!("0")).len(), 1);
        assert_eq!(differs(&|project| project["secret"] = json!(1)), ["/secret is not documented"]);
        let missing = differs(&|project| drop(project["version"].as_object_mut().unwrap().remove("rev")));
        assert_eq!(missing, ["/version/rev is missing"]);
    }
}
