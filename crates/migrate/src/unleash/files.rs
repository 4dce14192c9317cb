//! Files of every shape that Unleash's features come in → features by name: what clients get, delta events, and the two
//! exports of the admin API (`/api/admin/state/export`, `/api/admin/features-batch/export`).

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::source::{ABOUT, About, Dependency, Environment, Feature, Segment, Settings, State, Strategy, Variant};
use crate::members::{Members, pointer};
use crate::{Names, Options, Report, Source, Unreadable};

const COUNTS: &str = "it counts changes";
const PAGES: &str = "it is about Unleash's own pages";
const SEEN: &str = "it is about usage";
const DECLARED: &str = "nothing needs to be declared before it is used here";

/// Members that say nothing about what a flag answers, and why.
const SILENT: &[(&str, &str)] = &[
    ("version", COUNTS),
    ("revisionId", COUNTS),
    ("eventId", COUNTS),
    ("meta", COUNTS),
    ("query", "it is what was asked for"),
    ("id", "it is an id of Unleash's own"),
    ("featureId", "it is an id of Unleash's own"),
    ("strategyId", "it is an id of Unleash's own"),
    ("links", PAGES),
    ("createdBy", PAGES),
    ("createdByUserId", PAGES),
    ("archivedAt", PAGES),
    ("favorite", PAGES),
    ("sortOrder", PAGES),
    ("variantCount", PAGES),
    ("hasStrategies", PAGES),
    ("hasEnabledStrategies", PAGES),
    ("createdAt", PAGES),
    ("lastSeenAt", SEEN),
    ("lastSeenAtEnvs", SEEN),
    ("usedInFeatures", SEEN),
    ("usedInProjects", SEEN),
    ("yes", SEEN),
    ("no", SEEN),
    ("contextFields", DECLARED),
    ("tagTypes", DECLARED),
    ("tags", "the tags of each feature are kept"),
    ("projects", "a feature's project is one of its tags"),
    ("strategies", "the strategies of each feature are kept"),
    ("weightType", "weights are kept as they are"),
    ("projectId", "a feature's project is one of its tags"),
];

/// Reads files of any of the shapes; later ones add to earlier ones.
pub(super) fn read(files: &[Source], options: &Options, report: &mut Report) -> Result<State, Unreadable> {
    let mut state = State::default();
    let mut members = Members::default();
    for file in files {
        let value = file.value()?;
        // A case file of the specification holds its state beside its cases.
        let value = value.get("state").unwrap_or(&value);
        let mut reading =
            Reading { state: &mut state, environment: &options.environment, report, members: &mut members };
        reading.add(value).map_err(|why| Unreadable::new(&file.name, why))?;
    }
    members.tell(SILENT, report);
    Ok(state)
}

/// Adds one state, for cases.
pub(super) fn add(state: &mut State, value: &Value, environment: &str, report: &mut Report) -> Result<(), String> {
    Reading { state, environment, report, members: &mut Members::default() }.add(value)
}

struct Reading<'r> {
    state: &'r mut State,
    /// The environment of files that name none.
    environment: &'r str,
    report: &'r mut Report,
    members: &'r mut Members,
}

impl Reading<'_> {
    /// Adds a state: features for clients, delta events, or an export.
    fn add(&mut self, value: &Value) -> Result<(), String> {
        let of_one = self.environment;
        if let Some(events) = value.get("events").and_then(Value::as_array) {
            self.environment(of_one, of_one, of_one == "production");
            self.members.others(value, &["events"], "the file");
            for event in events {
                self.event(event);
            }
        } else if value.get("featureStrategies").is_some() || value.get("featureEnvironments").is_some() {
            self.export(value);
        } else if value.get("features").is_some() {
            self.environment(of_one, of_one, of_one == "production");
            self.members.others(value, &["features", "segments"], "the file");
            self.hydrate(value);
        } else {
            return Err("it has neither features nor events; export it with the export of the admin API, or fetch \
                        /api/client/features"
                .to_owned());
        }
        Ok(())
    }

    fn environment(&mut self, key: &str, name: &str, production: bool) {
        if !self.state.environments.iter().any(|known| known.key == key) {
            let (key, name) = (key.to_owned(), name.to_owned());
            self.state.environments.push(Environment { key, name, production });
        }
    }

    fn event(&mut self, event: &Value) {
        let text =
            |name: &str| event.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        match event["type"].as_str() {
            Some("hydration") => self.hydrate(event),
            Some("feature-updated") => self.feature(&event["feature"], "/feature"),
            Some("feature-removed") => drop(text("featureName").map(|name| self.state.features.remove(&name))),
            Some("segment-updated") => self.segment(&event["segment"], "/segment"),
            Some("segment-removed") => drop(text("segmentId").map(|id| self.state.segments.remove(&id))),
            _ => {
                let (what, why) = (event["type"].to_string(), "there is no such event");
                self.report.attention("an event", what, why, "export the whole state");
            }
        }
    }

    fn hydrate(&mut self, value: &Value) {
        for (at, item) in list(value, "segments") {
            self.segment(item, &at);
        }
        for (at, item) in list(value, "features") {
            self.feature(item, &at);
        }
    }

    /// Reads a value; what cannot be read is told.
    fn part<T: DeserializeOwned>(&mut self, value: &Value, place: &str, at: &str) -> Option<T> {
        match self.members.read(value, place, at) {
            Ok(read) => Some(read),
            Err(wrong) => {
                self.report.attention(
                    place,
                    "cannot be read and is left out",
                    wrong.to_string(),
                    "mend it in the file",
                );
                None
            }
        }
    }

    fn parts<T: DeserializeOwned>(&mut self, value: &Value, place: &str, at: &str) -> Vec<T> {
        let items = value.as_array().into_iter().flatten().enumerate();
        items.filter_map(|(index, item)| self.part(item, place, &format!("{at}/{index}"))).collect()
    }

    fn segment(&mut self, value: &Value, at: &str) {
        let id = value["id"].as_str().map_or_else(|| value["id"].to_string(), str::to_owned);
        let place = format!("segment {}", value["name"].as_str().unwrap_or(&id));
        if let Some(segment) = self.part::<Segment>(value, &place, at) {
            self.state.segments.insert(id, segment);
        }
    }

    fn feature(&mut self, value: &Value, at: &str) {
        let name = value["name"].as_str().unwrap_or_default().to_owned();
        let place = format!("flag {name}");
        let (about, mut does): (Map<_, _>, Map<_, _>) = value
            .as_object()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .partition(|(member, _)| ABOUT.contains(&member.as_str()));
        does.remove("name");
        let about = self.part::<About>(&about.into(), &place, at);
        let settings = self.part::<Settings>(&does.into(), &place, at);
        if let (Some(about), Some(settings)) = (about, settings) {
            let feature = self.state.features.entry(name).or_default();
            feature.about = about;
            feature.environments.insert(self.environment.to_owned(), settings);
        }
    }

    /// An export of the admin API: what is in one environment is in lists of their own.
    fn export(&mut self, value: &Value) {
        let known = [
            "features",
            "segments",
            "environments",
            "featureEnvironments",
            "featureStrategies",
            "featureStrategySegments",
            "featureTags",
            "dependencies",
        ];
        self.members.others(value, &known, "the file");
        for (at, item) in list(value, "segments") {
            self.segment(item, &at);
        }
        let environments = self.environments(value);
        let mut names = Names::default();
        for (name, production) in &environments {
            self.environment(&names.key(name), name, *production);
        }
        // One of the exports is of one environment, and its strategies do not repeat which.
        let only = match &environments[..] {
            [(only, _)] => only.clone(),
            _ => self.environment.to_owned(),
        };
        for (at, item) in list(value, "features") {
            let name = item["name"].as_str().unwrap_or_default();
            let place = format!("flag {name}");
            let mut about = item.clone();
            let of_old = about.as_object_mut().map(|about| {
                about.remove("name");
                (about.remove("variants").unwrap_or_default(), about.remove("strategies").unwrap_or_default())
            });
            let (variants, strategies) = of_old.unwrap_or_default();
            let Some(about) = self.part::<About>(&about, &place, &at) else { continue };
            let mut feature = Feature { about, ..Feature::default() };
            for (at, tag) in list(value, "featureTags").filter(|(_, tag)| tag["featureName"].as_str() == Some(name)) {
                let text =
                    |name: &str| tag[name].as_str().or(tag[name.to_lowercase().trim_start_matches("tag")].as_str());
                self.members.others(
                    tag,
                    &["featureName", "tagType", "tagValue", "type", "value"],
                    &format!("{place} at {at}"),
                );
                feature.tags.push(format!(
                    "{}:{}",
                    text("tagType").unwrap_or_default(),
                    text("tagValue").unwrap_or_default()
                ));
            }
            for (environment, _) in &environments {
                let here = |item: &Value| {
                    let feature = item["featureName"].as_str().or(item["name"].as_str());
                    feature == Some(name) && item["environment"].as_str().unwrap_or(&only) == environment
                };
                let place = if environments.len() == 1 { place.clone() } else { format!("{place} in {environment}") };
                let mut settings = Settings::default();
                for (at, item) in list(value, "featureEnvironments").filter(|(_, item)| here(item)) {
                    settings.enabled |= item["enabled"].as_bool().unwrap_or_default();
                    settings.variants.extend(self.parts::<Variant>(
                        &item["variants"],
                        &place,
                        &format!("{at}/variants"),
                    ));
                    self.members.others(
                        item,
                        &["enabled", "variants", "featureName", "name", "environment", "type"],
                        &place,
                    );
                }
                if settings.variants.is_empty() {
                    settings.variants = self.parts(&variants, &place, &format!("{at}/variants"));
                }
                settings.strategies = self.strategies(value, &here, &place);
                if settings.strategies.is_empty() {
                    settings.strategies = self.parts(&strategies, &place, &format!("{at}/strategies"));
                }
                for (at, item) in list(value, "dependencies").filter(|(_, item)| item["feature"].as_str() == Some(name))
                {
                    let at = format!("{at}/dependencies");
                    settings.dependencies.extend(self.parts::<Dependency>(&item["dependencies"], &place, &at));
                }
                feature.environments.insert(names.key(environment), settings);
            }
            self.state.features.insert(name.to_owned(), feature);
        }
    }

    /// Names, and whether it is for production: those that are listed, and those that are only mentioned.
    fn environments(&mut self, value: &Value) -> Vec<(String, bool)> {
        let mut found: Vec<(String, bool)> = Vec::new();
        for (_, item) in list(value, "environments") {
            let Some(name) = item["name"].as_str() else { continue };
            let place = format!("environment {name}");
            self.members.others(item, &["name", "type", "enabled"], &place);
            if item["enabled"].as_bool() == Some(false) {
                let why = "nothing can be switched off as a whole here";
                self.report.attention(place, "it is disabled there", why, "hand out no SDK key for it");
            }
            found.push((name.to_owned(), item["type"].as_str() == Some("production")));
        }
        let mentioned = list(value, "featureEnvironments").chain(list(value, "featureStrategies"));
        for (_, item) in mentioned {
            let Some(name) = item["environment"].as_str() else { continue };
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name.to_owned(), name == "production"));
            }
        }
        if found.is_empty() {
            found.push((self.environment.to_owned(), self.environment == "production"));
        }
        found
    }

    /// The strategies of a feature in an environment, in their order.
    fn strategies(&mut self, value: &Value, here: &dyn Fn(&Value) -> bool, place: &str) -> Vec<Strategy> {
        let by_feature = |item: &Value| item["featureName"].is_string() && here(item);
        let mut found: Vec<(String, &Value)> =
            list(value, "featureStrategies").filter(|(_, item)| by_feature(item)).collect();
        found.sort_by_key(|(_, item)| item["sortOrder"].as_i64().unwrap_or_default());
        let mut strategies = Vec::new();
        for (at, item) in found {
            let mut own = item.clone();
            if let Some(own) = own.as_object_mut() {
                for name in ["featureName", "environment", "sortOrder", "id"] {
                    own.remove(name);
                }
                if let Some(name) = own.remove("strategyName") {
                    own.entry("name").or_insert(name);
                }
            }
            let Some(mut strategy) = self.part::<Strategy>(&own, place, &at) else {
                // Left out, it must not turn the feature on for everybody.
                let nobody = Strategy { name: "cannot be read".to_owned(), ..Strategy::default() };
                strategies.push(nobody);
                continue;
            };
            let linked = list(value, "featureStrategySegments")
                .filter(|(_, link)| link["featureStrategyId"] == item["id"] && !item["id"].is_null());
            for (_, link) in linked {
                if !strategy.segments.contains(&link["segmentId"]) {
                    strategy.segments.push(link["segmentId"].clone());
                }
            }
            strategies.push(strategy);
        }
        strategies
    }
}

/// The items of a list, with their places.
fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = (String, &'v Value)> {
    let at = pointer(&[name.to_owned()]);
    let items = value.get(name).and_then(Value::as_array).into_iter().flatten().enumerate();
    items.map(move |(index, item)| (format!("{at}/{index}"), item))
}
