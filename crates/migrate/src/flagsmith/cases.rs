//! Flagsmith's cases for its engines: an evaluation context with an identity, and the flags and segments that result.

use serde_json::{Map, Value, json};
use yardarm_model::document::State;

use super::subject::trait_path;
use super::{Environment, Origin, Origins, document, text};
use crate::verify::{Asked, Ground, Section};
use crate::{Imported, Options, Source, Unreadable, metadata};

pub(super) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    let mut sections: Vec<Section> = Vec::new();
    for file in cases {
        let name = file.name.rsplit('/').next().unwrap_or_default();
        let case = document::parsed(file)?;
        // test_OPERATOR_…: the first words tell what it is about.
        let topic = name.trim_start_matches("test_").split('_').next().unwrap_or_default().to_owned();
        let at = sections.iter().position(|section| section.name == topic).unwrap_or_else(|| {
            sections.push(Section::new(topic));
            sections.len() - 1
        });
        let Some(section) = sections.get_mut(at) else {
            continue;
        };
        match run(&case) {
            Ok((expected, actual)) => section.check(name, expected, actual),
            Err(why) => section.broken(name, why),
        }
    }
    Ok(sections)
}

fn run(case: &Value) -> Result<(Value, Value), String> {
    let (source, result) = (case.get("context").ok_or("no context")?, case.get("result").ok_or("no result")?);
    let options = Options::default();
    let (mut project, report, origins) = Environment::new(source, &options).read();
    // One flag a segment tells who is in it.
    let keys: Vec<String> = project.segments.iter().map(|segment| text(segment, "key")).collect();
    for (at, key) in keys.iter().enumerate() {
        project.flags.push(json!({
            "key": format!("probe-of-segment-{at}"),
            "type": "boolean",
            "variants": [{"key": "on", "value": true}, {"key": "off", "value": false}],
            "environments": {&options.environment: {
                "on": true, "off_variant": "off", "default": {"variant": "off"},
                "rules": [{"id": "in", "if": {"segment": key}, "serve": {"variant": "on"}}],
            }},
        }));
    }
    let flags: Vec<(String, String)> = project
        .flags
        .iter()
        .take(project.flags.len() - keys.len())
        .map(|flag| (text(flag, "key"), text(flag, "name")))
        .collect();
    let imported = Imported { document: project.into_document("flagsmith", "Flagsmith"), report };
    let ground = Ground::new(&imported, &options.environment).map_err(|refusal| refusal.to_string())?;
    let context = context(source.get("identity"));
    let has_identity = source.get("identity").is_some_and(|identity| !identity.is_null());
    let mut actual = Map::new();
    for (key, name) in flags {
        let asked = ground.ask(&key, &context, 0);
        if let Some(why) =
            asked.error.map(|error| ground.compile_error(&key).map_or(format!("{error:?}"), str::to_owned))
        {
            return Err(why);
        }
        actual.insert(name.clone(), flag(&ground, &origins, &key, &name, &asked, has_identity));
    }
    let mut segments = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let asked = ground.ask(&format!("probe-of-segment-{at}"), &context, 0);
        if let Some(error) = asked.error {
            return Err(format!("segment {key}: {error:?}"));
        }
        if asked.value == Some(json!(true)) {
            let segment = ground.state().segments.get(key.as_str()).ok_or("no segment")?;
            let mut found = json!({"name": segment.name});
            if let Some(metadata) = metadata::of(&segment.description) {
                found["metadata"] = metadata;
            }
            segments.push(found);
        }
    }
    let mut expected_segments = result.get("segments").and_then(Value::as_array).cloned().unwrap_or_default();
    expected_segments.sort_by_key(|segment| text(segment, "name"));
    segments.sort_by_key(|segment| text(segment, "name"));
    let expected = json!({"flags": result.get("flags"), "segments": expected_segments});
    Ok((expected, json!({"flags": actual, "segments": segments})))
}

/// The identity as one of our contexts.
fn context(identity: Option<&Value>) -> Value {
    let mut context = Map::new();
    let Some(identity) = identity.and_then(Value::as_object) else {
        return Value::Object(context);
    };
    if let Some(identifier) = identity.get("identifier") {
        context.insert("targetingKey".to_owned(), identifier.clone());
    }
    if let Some(key) = identity.get("key").filter(|key| key.as_str().is_some_and(|key| !key.is_empty())) {
        context.insert("identity".to_owned(), json!({"key": key}));
    }
    for (name, value) in identity.get("traits").and_then(Value::as_object).into_iter().flatten() {
        match &trait_path(name)[..] {
            [below, name] => {
                let traits = context.entry(below.clone()).or_insert_with(|| json!({}));
                traits[name.as_str()] = value.clone();
            }
            _ => {
                context.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(context)
}

/// An answer the way the engine gives it.
fn flag(ground: &Ground, origins: &Origins, key: &str, name: &str, asked: &Asked, has_identity: bool) -> Value {
    let state: &State = ground.state();
    let configuration = state.stored_configuration(&Options::default().environment, key);
    let rule = configuration.and_then(|one| one.rules.iter().find(|rule| Some(&rule.id) == asked.rule.as_ref()));
    let origin = asked.variant.as_ref().and_then(|variant| origins.get(&(key.to_owned(), variant.clone())));
    let (variant, weight) = match origin {
        Some(Origin::Option { key, weight }) => (key.clone(), Some(weight)),
        Some(Origin::Control) if has_identity => (json!("control"), None),
        _ => (Value::Null, None),
    };
    let reason = match (weight, rule) {
        (Some(weight), _) => format!("SPLIT; weight={weight}"),
        (None, Some(rule)) => {
            format!("TARGETING_MATCH; segment={}", rule.description.lines().next().unwrap_or_default())
        }
        (None, None) => "DEFAULT".to_owned(),
    };
    let (enabled, value) = match &asked.value {
        Some(Value::Object(record)) => (record.get("enabled").cloned(), record.get("value").cloned()),
        other => (other.clone(), None),
    };
    let mut result = json!({"name": name, "enabled": enabled, "value": value, "reason": reason, "variant": variant});
    let own = match rule {
        Some(rule) => metadata::of(&rule.description),
        None => state.flags.get(key).and_then(|flag| metadata::of(&flag.description)),
    };
    if let Some(own) = own {
        result["metadata"] = own;
    }
    result
}
