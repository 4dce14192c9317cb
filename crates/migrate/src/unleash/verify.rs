//! Cases of Unleash's client specification: a state with tests of `isEnabled` and of `getVariant`.

use serde_json::{Map, Value, json};

use super::{convert, files, flag, source};
use crate::verify::{Ground, Section};
use crate::{Names, Options, Report, Source, Unreadable};

/// The clock where a case has no time of its own: 2025-06-01.
const NOW: i64 = 1_748_736_000_000;

/// Runs Unleash's published cases.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    cases.iter().map(file).collect()
}

fn file(file: &Source) -> Result<Section, Unreadable> {
    let value = file.value()?;
    let name = value["name"].as_str().unwrap_or(&file.name);
    let mut section = Section::new(name);
    let options = Options::default();
    let mut report = Report::default();
    let mut state = source::State::default();
    files::add(&mut state, &value["state"], &options.environment, &mut report)
        .map_err(|why| Unreadable::new(&file.name, why))?;
    let (imported, flags) = convert(&state, &options, report);
    let ground = Ground::new(&imported, &options.environment).map_err(|refusal| refusal.to_string());
    for (list, variants) in [("tests", false), ("variantTests", true)] {
        for case in value[list].as_array().into_iter().flatten() {
            let description = case["description"].as_str().unwrap_or_default();
            let ground = match &ground {
                Ok(ground) => ground,
                Err(why) => {
                    section.broken(description, why.as_str());
                    continue;
                }
            };
            let expected = case["expectedResult"].clone();
            let record = answer(ground, &flags, case);
            let actual = if variants { as_far_as(&expected, record) } else { record["feature_enabled"].clone() };
            section.check(description, expected, actual);
        }
    }
    Ok(section)
}

/// The record of `getVariant`, whatever type the flag has here.
fn answer(ground: &Ground, flags: &Names, case: &Value) -> Value {
    let name = case["toggleName"].as_str().unwrap_or_default();
    let (context, now) = context(&case["context"]);
    let value = flags.given(name).and_then(|key| ground.ask(key, &context, now).value);
    match value {
        Some(Value::Bool(on)) => flag::record(None, on),
        Some(record) => record,
        None => flag::record(None, false),
    }
}

/// Older cases say nothing of `feature_enabled`.
fn as_far_as(expected: &Value, mut actual: Value) -> Value {
    if expected.get("feature_enabled").is_none()
        && let Some(actual) = actual.as_object_mut()
    {
        actual.remove("feature_enabled");
    }
    actual
}

/// Properties and fields side by side, fields first; the user id is the targeting key.
fn context(given: &Value) -> (Value, i64) {
    let mut context = Map::new();
    let properties = given["properties"].as_object().into_iter().flatten();
    let fields = given.as_object().into_iter().flatten().filter(|(name, _)| *name != "properties");
    for (name, value) in properties.chain(fields).filter(|(_, value)| !value.is_null()) {
        let name = if name == "userId" { "targetingKey" } else { name.as_str() };
        context.insert(name.to_owned(), value.clone());
    }
    let time = given["currentTime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    (json!(context), time.map_or(NOW, jiff::Timestamp::as_millisecond))
}
