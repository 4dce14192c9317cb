//! Files of every shape that LaunchDarkly's flags come in → flags and segments.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::read::Flag;
use super::source::{Answer, ApiFlag, ApiVariation, SdkData, SdkFlag, Segment, Setting, Variations};
use crate::members::{Members, Wrong, pointer};
use crate::{Report, Source, Unreadable};

const VERSIONS: &str = "it counts changes";
const LINKS: &str = "it is a link or an id of the API";
const EVENTS: &str = "it is about events";
const CLIENTS: &str = "which SDKs see a flag is a matter of the SDK key here";
const PEOPLE: &str = "it is about LaunchDarkly's own pages";

/// Members that say nothing about what a flag answers, and why.
pub(super) const SILENT: &[(&str, &str)] = &[
    ("version", VERSIONS),
    ("_version", VERSIONS),
    ("generation", VERSIONS),
    ("lastModified", VERSIONS),
    ("lastModifiedDate", VERSIONS),
    ("salt", "nothing there is bucketed by it"),
    ("sel", "nothing is bucketed by it any more"),
    ("key", LINKS),
    ("ref", LINKS),
    ("_id", LINKS),
    ("id", LINKS),
    ("_links", LINKS),
    ("_site", LINKS),
    ("_environmentName", LINKS),
    ("_access", PEOPLE),
    ("_summary", PEOPLE),
    ("_purpose", PEOPLE),
    ("codeReferences", PEOPLE),
    ("_experimentsMetadata", EVENTS),
    ("_debugEventsUntilDate", EVENTS),
    ("debugEventsUntilDate", EVENTS),
    ("_attributesNeedingMigration", PEOPLE),
    ("trackEvents", EVENTS),
    ("trackEventsFallthrough", EVENTS),
    ("excludeFromSummaries", EVENTS),
    ("samplingRatio", EVENTS),
    ("experiments", EVENTS),
    ("goalIds", EVENTS),
    ("clientSide", CLIENTS),
    ("clientSideAvailability", CLIENTS),
    ("includeInSnippet", CLIENTS),
    ("maintainerId", PEOPLE),
    ("defaults", "it is for environments that are made later"),
    ("totalCount", "it counts the list"),
    ("totalCountWithDifferences", "it counts the list"),
    ("tags", "segments have no tags here"),
];

/// Everything in the files.
#[derive(Default)]
pub(super) struct Everything {
    pub(super) flags: BTreeMap<String, Flag>,
    /// (environment, key) → segment; the environment is empty when it is not known.
    pub(super) segments: BTreeMap<(String, String), Segment>,
    pub(super) report: Report,
    pub(super) members: Members,
    /// The first flag or segment that cannot be read.
    pub(super) wrong: Option<Unreadable>,
}

/// Reads a flag as SDKs get it.
pub(super) fn sdk_flag(members: &mut Members, body: &Value, place: &str, at: &str) -> Result<SdkFlag, Wrong> {
    let mut setting = body.clone();
    let variations = setting.as_object_mut().and_then(|members| members.remove("variations"));
    let read: Variations = members.read(&json!({"variations": variations.unwrap_or_else(|| json!([]))}), place, at)?;
    Ok(SdkFlag { variations: read.variations, setting: members.read(&setting, place, at)? })
}

impl Everything {
    /// Adds a file.
    pub(super) fn read(&mut self, file: &Source, environment: &str) -> Result<(), Unreadable> {
        let value = file.value()?;
        // A relay's or a stream's envelope.
        let value = value.get("data").filter(|data| data.get("flags").is_some()).cloned().unwrap_or(value);
        let is_map = |name: &str| value.get(name).is_some_and(Value::is_object);
        if is_map("flags") || is_map("segments") || is_map("flagValues") {
            return self.sdk_data(file, &value, environment);
        }
        let variations = |body: &Value| body.get("variations").is_some_and(Value::is_array);
        // Only flags, by key.
        if value.as_object().is_some_and(|flags| !flags.is_empty() && flags.values().all(variations)) {
            return self.sdk_data(file, &json!({"flags": value}), environment);
        }
        let items = match &value {
            Value::Array(items) => items.clone(),
            Value::Object(members) => match members.get("items") {
                Some(Value::Array(items)) => {
                    self.members.others(&value, &["items"], &file.name);
                    items.clone()
                }
                _ if members.contains_key("variations") || members.contains_key("included") => vec![value.clone()],
                _ => return Err(unknown_shape(file)),
            },
            _ => return Err(unknown_shape(file)),
        };
        for (index, item) in items.iter().enumerate() {
            let at = if items.len() == 1 && value.get("items").is_none() {
                String::new()
            } else {
                format!("/items/{index}")
            };
            if item.get("variations").is_some() {
                self.api_flag(file, item, &at)?;
            } else {
                self.api_segment(file, item, &at)?;
            }
        }
        Ok(())
    }

    fn left_out(&mut self, file: &Source, place: String, wrong: &Wrong) {
        self.wrong.get_or_insert_with(|| Unreadable::new(&file.name, format!("{place}: {wrong}")));
        self.report.attention(place, "not imported", wrong.to_string(), format!("mend it in {}", file.name));
    }

    fn sdk_data(&mut self, file: &Source, value: &Value, environment: &str) -> Result<(), Unreadable> {
        let data: SdkData =
            self.members.read(value, &file.name, "").map_err(|wrong| Unreadable::new(&file.name, wrong.to_string()))?;
        for (key, body) in &data.segments {
            let place = format!("segment {key}");
            match self.members.read::<Segment>(body, &place, &pointer(&["segments".to_owned(), key.clone()])) {
                Ok(mut segment) => {
                    segment.key.clone_from(key);
                    self.segment(environment, segment);
                }
                Err(wrong) => self.left_out(file, place, &wrong),
            }
        }
        for (key, body) in &data.flags {
            let place = format!("flag {key}");
            if body.get("deleted") == Some(&Value::Bool(true)) {
                self.report.mapped(place, "deleted there, not imported");
                continue;
            }
            match sdk_flag(&mut self.members, body, &place, &pointer(&["flags".to_owned(), key.clone()])) {
                Ok(flag) => self.bare_flag(key, flag, environment),
                Err(wrong) => self.left_out(file, place, &wrong),
            }
        }
        for (key, value) in &data.flag_values {
            // On or off, there is nothing else that it could answer.
            let answer = Answer { variation: Some(0), ..Answer::default() };
            let setting = Setting { on: true, off_variation: Some(0), fallthrough: Some(answer), ..Setting::default() };
            self.bare_flag(key, SdkFlag { variations: vec![value.clone()], setting }, environment);
        }
        Ok(())
    }

    fn bare_flag(&mut self, key: &str, flag: SdkFlag, environment: &str) {
        let mut api = ApiFlag { key: key.to_owned(), ..ApiFlag::default() };
        let bare = |value| ApiVariation { value, ..ApiVariation::default() };
        api.variations = flag.variations.into_iter().map(bare).collect();
        self.flag(api, BTreeMap::from([(environment.to_owned(), flag.setting)]));
    }

    fn api_flag(&mut self, file: &Source, item: &Value, at: &str) -> Result<(), Unreadable> {
        let place = format!("flag {}", item.get("key").and_then(Value::as_str).unwrap_or("without a key"));
        let mut flag: ApiFlag = match self.members.read(item, &place, at) {
            Ok(flag) => flag,
            Err(wrong) => {
                self.left_out(file, place, &wrong);
                return Ok(());
            }
        };
        if flag.key.is_empty() {
            return Err(Unreadable::new(&file.name, format!("{at}/key: a flag has no key")));
        }
        let mut settings = BTreeMap::new();
        for (environment, body) in std::mem::take(&mut flag.environments) {
            let at = format!("{at}{}", pointer(&["environments".to_owned(), environment.clone()]));
            // Lists of flags come without rules unless they are asked for.
            if body.get("_summary").is_some() && body.get("rules").is_none() && body.get("fallthrough").is_none() {
                let why =
                    format!("{at}: it has only a summary of what {} serves; list the flags with summary=0", flag.key);
                return Err(Unreadable::new(&file.name, why));
            }
            let place = format!("{place} in {environment}");
            match self.members.read::<Setting>(&body, &place, &at) {
                Ok(setting) => drop(settings.insert(environment, setting)),
                Err(wrong) => self.left_out(file, place, &wrong),
            }
        }
        self.flag(flag, settings);
        Ok(())
    }

    fn flag(&mut self, api: ApiFlag, settings: BTreeMap<String, Setting>) {
        let place = format!("flag {}", api.key);
        let flag = self.flags.entry(api.key.clone()).or_default();
        if flag.api.variations.is_empty() {
            flag.api = api;
        } else if flag.api.variations.iter().map(|one| &one.value).ne(api.variations.iter().map(|one| &one.value)) {
            let why = "its variations differ from those in an earlier file, which are kept";
            self.report.attention(&place, "its variations", why, "export both from the same project");
        }
        for (environment, setting) in settings {
            if flag.settings.insert(environment.clone(), setting).is_some() {
                let why = "an earlier file has it, too; the last one counts";
                let to_do = "import files of different environments one by one, each with its --environment";
                self.report.attention(format!("{place} in {environment}"), "twice in the files", why, to_do);
            }
        }
        flag.finish();
    }

    fn api_segment(&mut self, file: &Source, item: &Value, at: &str) -> Result<(), Unreadable> {
        let link = item.pointer("/_links/self/href").and_then(Value::as_str).unwrap_or_default();
        // …/segments/{project}/{environment}/{key}
        let environment = link.rsplit('/').nth(1).unwrap_or_default().to_owned();
        let place = format!("segment {}", item.get("key").and_then(Value::as_str).unwrap_or("without a key"));
        match self.members.read::<Segment>(item, &place, at) {
            Ok(segment) if segment.key.is_empty() => return Err(unknown_shape(file)),
            Ok(segment) => self.segment(&environment, segment),
            Err(wrong) => self.left_out(file, place, &wrong),
        }
        Ok(())
    }

    fn segment(&mut self, environment: &str, segment: Segment) {
        if segment.deleted {
            return self.report.mapped(format!("segment {}", segment.key), "deleted there, not imported");
        }
        self.segments.insert((environment.to_owned(), segment.key.clone()), segment);
    }
}

fn unknown_shape(file: &Source) -> Unreadable {
    let why = "it is neither flag data of an SDK ({\"flags\": …, \"segments\": …, \"flagValues\": …}) nor a list of flags or \
               segments of the REST API ({\"items\": […]})";
    Unreadable::new(&file.name, why)
}
