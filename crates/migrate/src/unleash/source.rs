//! What the files hold, whichever of their shapes they have: features by name, each with its environments.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{Names, Options, Report, Source, Unreadable};

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) environments: Vec<Environment>,
    /// By name.
    pub(super) features: BTreeMap<String, Feature>,
    /// By id as text.
    pub(super) segments: BTreeMap<String, Segment>,
}

/// An environment.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) production: bool,
}

/// A feature: what it is everywhere, and what it does in each environment (by our key).
#[derive(Clone, Debug, Default)]
pub(super) struct Feature {
    pub(super) about: About,
    pub(super) environments: BTreeMap<String, Settings>,
    pub(super) tags: Vec<String>,
}

/// What a feature is everywhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct About {
    pub(super) description: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) project: Option<String>,
    pub(super) impression_data: Option<bool>,
    pub(super) archived: Option<bool>,
}

/// What a feature does in one environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) enabled: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) strategies: Vec<Strategy>,
    #[serde(deserialize_with = "or_default")]
    pub(super) variants: Vec<Variant>,
    #[serde(deserialize_with = "or_default")]
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Strategy {
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) disabled: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub(super) parameters: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) constraints: Vec<Constraint>,
    #[serde(deserialize_with = "or_default")]
    pub(super) segments: Vec<Value>,
    /// None and none set are different things.
    pub(super) variants: Option<Vec<Variant>>,
}

impl Strategy {
    /// A parameter as text, however it was written.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        match self.parameters.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) weight: i64,
    pub(super) stickiness: Option<String>,
    pub(super) payload: Option<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) overrides: Vec<Override>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Override {
    pub(super) context_name: String,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Constraint {
    pub(super) context_name: String,
    pub(super) operator: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) values: Vec<String>,
    #[serde(deserialize_with = "as_text")]
    pub(super) value: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) inverted: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) case_insensitive: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dependency {
    pub(super) feature: String,
    pub(super) enabled: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub(super) variants: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Segment {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) constraints: Vec<Constraint>,
}

/// Null is the same as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) => Some(text),
        None | Some(Value::Null) => None,
        Some(other) => Some(other.to_string()),
    })
}

/// Reads files of any of the shapes; later ones add to earlier ones.
pub(super) fn read(files: &[Source], options: &Options, report: &mut Report) -> Result<State, Unreadable> {
    let mut state = State::default();
    for file in files {
        let value = file.value()?;
        // A case file of the specification holds its state beside its cases.
        let value = value.get("state").unwrap_or(&value);
        add(&mut state, value, &options.environment, report).map_err(|why| Unreadable::new(&file.name, why))?;
    }
    Ok(state)
}

/// Adds a state: features for clients, delta events, or an export.
pub(super) fn add(state: &mut State, value: &Value, environment: &str, report: &mut Report) -> Result<(), String> {
    if let Some(events) = value.get("events").and_then(Value::as_array) {
        environment_of(state, environment, environment, environment == "production");
        for event in events {
            apply(state, event, environment, report);
        }
    } else if value.get("featureStrategies").is_some() || value.get("featureEnvironments").is_some() {
        export(state, value, environment, report);
    } else if value.get("features").is_some() {
        environment_of(state, environment, environment, environment == "production");
        hydrate(state, value, environment, report);
    } else {
        return Err("it has neither features nor events; export it with the export of the admin API, or fetch \
                    /api/client/features"
            .to_owned());
    }
    Ok(())
}

fn environment_of(state: &mut State, key: &str, name: &str, production: bool) {
    if !state.environments.iter().any(|known| known.key == key) {
        state.environments.push(Environment { key: key.to_owned(), name: name.to_owned(), production });
    }
}

fn apply(state: &mut State, event: &Value, environment: &str, report: &mut Report) {
    let text =
        |name: &str| event.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    match event["type"].as_str() {
        Some("hydration") => hydrate(state, event, environment, report),
        Some("feature-updated") => feature(state, &event["feature"], environment, report),
        Some("feature-removed") => drop(text("featureName").map(|name| state.features.remove(&name))),
        Some("segment-updated") => segment(state, &event["segment"], report),
        Some("segment-removed") => drop(text("segmentId").map(|id| state.segments.remove(&id))),
        _ => {
            report.attention("an event", event["type"].to_string(), "there is no such event", "export the whole state");
        }
    }
}

fn hydrate(state: &mut State, value: &Value, environment: &str, report: &mut Report) {
    list(value, "segments").for_each(|item| segment(state, item, report));
    list(value, "features").for_each(|item| feature(state, item, environment, report));
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn segment(state: &mut State, value: &Value, report: &mut Report) {
    let id = value["id"].as_str().map_or_else(|| value["id"].to_string(), str::to_owned);
    match Segment::deserialize(value) {
        Ok(segment) => drop(state.segments.insert(id, segment)),
        Err(why) => report.attention(format!("segment {id}"), "cannot be read", why.to_string(), "mend it in the file"),
    }
}

fn feature(state: &mut State, value: &Value, environment: &str, report: &mut Report) {
    let name = value["name"].as_str().unwrap_or_default().to_owned();
    match (About::deserialize(value), Settings::deserialize(value)) {
        (Ok(about), Ok(settings)) => {
            let feature = state.features.entry(name).or_default();
            feature.about = about;
            feature.environments.insert(environment.to_owned(), settings);
        }
        (Err(why), _) | (_, Err(why)) => {
            report.attention(format!("flag {name}"), "cannot be read", why.to_string(), "mend it in the file");
        }
    }
}

/// An export of the admin API: what is in one environment is in lists of their own.
fn export(state: &mut State, value: &Value, fallback: &str, report: &mut Report) {
    list(value, "segments").for_each(|item| segment(state, item, report));
    let mut names = Names::default();
    let mut environments: Vec<(String, bool)> = list(value, "environments")
        .filter_map(|item| Some((item["name"].as_str()?.to_owned(), item["type"].as_str() == Some("production"))))
        .collect();
    for item in list(value, "featureEnvironments").chain(list(value, "featureStrategies")) {
        let name = item["environment"].as_str().unwrap_or(fallback);
        if !environments.iter().any(|(known, _)| known == name) {
            environments.push((name.to_owned(), name == "production"));
        }
    }
    for (name, production) in &environments {
        environment_of(state, &names.key(name), name, *production);
    }
    for item in list(value, "features") {
        let name = item["name"].as_str().unwrap_or_default();
        let about = About::deserialize(item).unwrap_or_default();
        let mut feature = Feature { about, ..Feature::default() };
        for tag in list(value, "featureTags").filter(|tag| tag["featureName"].as_str() == Some(name)) {
            let text = |name: &str| tag[name].as_str().unwrap_or_default().to_owned();
            feature.tags.push(format!("{}:{}", text("tagType"), text("tagValue")));
        }
        for (environment, _) in &environments {
            let here = |item: &&Value| {
                let feature = item["featureName"].as_str().or(item["name"].as_str());
                feature == Some(name) && item["environment"].as_str().unwrap_or(fallback) == environment
            };
            let mut settings = Settings::default();
            for item in list(value, "featureEnvironments").filter(here) {
                settings.enabled |= item["enabled"].as_bool().unwrap_or_default();
                settings.variants.extend(Vec::<Variant>::deserialize(&item["variants"]).unwrap_or_default());
            }
            if settings.variants.is_empty() {
                settings.variants = Vec::<Variant>::deserialize(&item["variants"]).unwrap_or_default();
            }
            let mut strategies: Vec<&Value> = list(value, "featureStrategies")
                .filter(|item| {
                    item["featureName"].as_str() == Some(name)
                        && item["environment"].as_str().unwrap_or(fallback) == environment
                })
                .collect();
            strategies.sort_by_key(|item| item["sortOrder"].as_i64().unwrap_or_default());
            for item in strategies {
                let mut strategy = match Strategy::deserialize(item) {
                    Ok(strategy) => strategy,
                    Err(why) => {
                        let place = format!("flag {name} in {environment}");
                        report.attention(place, "a strategy cannot be read", why.to_string(), "mend it in the file");
                        continue;
                    }
                };
                if strategy.name.is_empty() {
                    item["strategyName"].as_str().unwrap_or_default().clone_into(&mut strategy.name);
                }
                let of = list(value, "featureStrategySegments")
                    .filter(|link| link["featureStrategyId"] == item["id"] && !item["id"].is_null());
                strategy.segments.extend(of.map(|link| link["segmentId"].clone()));
                settings.strategies.push(strategy);
            }
            for item in list(value, "dependencies").filter(|item| item["feature"].as_str() == Some(name)) {
                settings.dependencies.extend(Vec::<Dependency>::deserialize(&item["dependencies"]).unwrap_or_default());
            }
            feature.environments.insert(names.key(environment), settings);
        }
        state.features.insert(name.to_owned(), feature);
    }
}
