//! A config → segments and flags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Bucket, Condition, ErrorCode, Hash, Serve, Split, Take, UnitText};
use yardarm_model::limits;

use super::condition;
use super::source::{self, Config, Percentage, Prerequisite, Rule, SegmentCondition, Setting, SettingValue};
use crate::members::{self, Members};
use crate::{Imported, Names, Options, Project, Report, Source, Unreadable, exact_condition, exact_serve, variant};

/// Bits of SHA-1 that count, and what they are divided by.
const BITS: u32 = 28;
const PERCENT: u64 = 100;
/// Members that change no answer, and why.
const SILENT: &[(&str, &str)] = &[("u", "where SDKs download from"), ("r", "where SDKs are sent on to")];
/// The only bucket of a flag.
const BUCKET: &str = "configcat";

/// A value of a setting, with its variation's id.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variation {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) id: Option<String>,
}

/// Every value that a setting can have, its own first.
pub(super) fn variations(setting: &Setting) -> Vec<Variation> {
    let mut names = Names::default();
    let mut variations: Vec<Variation> = Vec::new();
    let rules = setting.rules.iter().flat_map(|rule| {
        let served = rule.served.iter().map(|served| (&served.value, &served.variation));
        served.chain(rule.percentages.iter().map(|part| (&part.value, &part.variation)))
    });
    let percentages = setting.percentages.iter().map(|part| (&part.value, &part.variation));
    for (value, id) in std::iter::once((&setting.value, &setting.variation)).chain(rules).chain(percentages) {
        let value = value.json();
        if variations.iter().any(|other| other.value == value && other.id == *id) {
            continue;
        }
        let wanted = match &value {
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            Value::String(text) if text.len() <= 40 && limits::is_key(text) => text.clone(),
            _ => format!("value-{}", variations.len() + 1),
        };
        let mut key = names.key(&wanted);
        if variations.iter().any(|other| other.key == key) {
            key = names.key(&format!("{wanted}-{}", id.clone().unwrap_or_else(|| variations.len().to_string())));
        }
        variations.push(Variation { key, value, id: id.clone() });
    }
    variations
}

/// Reads ConfigCat's files: all their settings in one environment.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let mut project = Project::default();
    let mut report = Report::default();
    let environment = Names::default().key(&options.environment);
    project.environments.push(json!({"key": environment, "name": options.environment}));
    let (mut keys, mut segment_keys) = (Names::default(), Names::default());
    let mut seen = BTreeSet::new();
    let mut members = Members::default();
    for file in files {
        let config = config(file, &mut members, &mut report)?;
        let circular = circular(&config);
        for name in config.settings.keys() {
            keys.key(name);
        }
        let segments: Vec<String> = config
            .segments
            .iter()
            .map(|one| segment_keys.key(if one.name.is_empty() { "segment" } else { &one.name }))
            .collect();
        let mut reading =
            Reading { config: &config, keys: &keys, segments: &segments, circular: &circular, report: &mut report };
        for (index, key) in segments.iter().enumerate() {
            project.segments.extend(reading.segment(index, key));
        }
        for (name, setting) in &config.settings {
            if !seen.insert(name.clone()) {
                let why = "an earlier file has a setting of that name, which is kept";
                reading.report.attention(
                    format!("flag {name}"),
                    "not imported",
                    why,
                    "import the configs into two projects",
                );
                continue;
            }
            project.flags.push(reading.flag(name, setting, &environment));
        }
    }
    for (name, key) in keys.renamed() {
        let why = "keys here are letters, digits, dots, dashes and underscores";
        report.attention(format!("flag {name}"), format!("it is called {key} here"), why, "ask for it by that key");
    }
    members.tell(SILENT, &mut report);
    let words = "the user's Identifier is the targeting key; other attributes keep their names (Email, Country, …)";
    report.mapped("contexts", words);
    Ok(Imported { document: project.into_document("imported", "ConfigCat"), report })
}

/// Reads a file; a setting that cannot be read is told and left out.
pub(super) fn config(file: &Source, members: &mut Members, report: &mut Report) -> Result<Config, Unreadable> {
    let read: source::File = members.read(&file.value()?, &file.name, "").map_err(|wrong| {
        Unreadable::new(&file.name, format!("it is not a config JSON of version 6 ({{\"p\", \"s\", \"f\"}}): {wrong}"))
    })?;
    let mut config = Config { preferences: read.preferences, segments: read.segments, settings: BTreeMap::new() };
    let mut wrongs = Vec::new();
    for (name, value) in &read.settings {
        let at = members::pointer(&["f".to_owned(), name.clone()]);
        match members.read::<Setting>(value, &format!("flag {name}"), &at) {
            Ok(setting) => drop(config.settings.insert(name.clone(), setting)),
            Err(wrong) => wrongs.push((name, wrong)),
        }
    }
    if let (true, Some((_, wrong))) = (config.settings.is_empty(), wrongs.first()) {
        let why = format!("none of its settings is one of a config JSON of version 6 (5 is not read): {wrong}");
        return Err(Unreadable::new(&file.name, why));
    }
    for (name, wrong) in wrongs {
        report.attention(
            format!("flag {name}"),
            "not imported",
            wrong.to_string(),
            format!("mend it in {}", file.name),
        );
    }
    Ok(config)
}

/// A condition that ends the evaluation with an error when it is come to.
struct Failing;

struct Reading<'r> {
    config: &'r Config,
    keys: &'r Names,
    segments: &'r [String],
    circular: &'r BTreeSet<String>,
    report: &'r mut Report,
}

impl Reading<'_> {
    fn segment(&mut self, index: usize, key: &str) -> Option<Value> {
        let source = self.config.segments.get(index)?;
        let place = format!("segment {key}");
        let Ok(conditions) = self.members(index) else {
            let why = "a comparator is not known; its users end in an error";
            self.report.attention(&place, "not imported", why, "import it with a newer version");
            return None;
        };
        source.conditions.iter().for_each(|one| self.remark_hashes(one, &place));
        self.report.kept(&place, format!("{} conditions", source.conditions.len()), "ConfigCat's comparisons of text");
        Some(json!({"key": key, "name": source.name, "rules": [exact_condition(&conditions)]}))
    }

    /// What makes a member of a segment.
    fn members(&self, index: usize) -> Result<Condition, Failing> {
        let segment = self.config.segments.get(index).ok_or(Failing)?;
        let salt = &self.config.preferences.salt;
        let conditions = segment.conditions.iter().map(|one| condition::user(one, salt, &segment.name));
        conditions.collect::<Result<_, _>>().map(Condition::Seq).map_err(|_| Failing)
    }

    fn flag(&mut self, name: &str, setting: &Setting, environment: &str) -> Value {
        let key = self.keys.given(name).unwrap_or(name).to_owned();
        let place = format!("flag {key}");
        let variations = variations(setting);
        let mut rules = Vec::new();
        for (index, rule) in setting.rules.iter().enumerate() {
            rules.push(self.rule(name, &place, (index, rule), &variations));
        }
        let own = key_of(&variations, &setting.value, setting.variation.as_ref());
        let default = match &setting.percentages[..] {
            [] => variant(&own),
            parts => {
                self.report.kept(&place, "percentages", "ConfigCat's hash, so that everybody keeps their value");
                exact_serve(&percentages(parts, &variations, &Serve::Variant(own.clone())))
            }
        };
        let mut configuration = json!({"on": true, "default": default, "off_variant": own});
        if !rules.is_empty() {
            configuration["rules"] = rules.into();
        }
        if !setting.percentages.is_empty() || setting.rules.iter().any(|rule| !rule.percentages.is_empty()) {
            let by = setting.percentage_attribute.as_deref().unwrap_or("Identifier");
            configuration["buckets"] = json!({(BUCKET): bucket(name, by)});
        }
        let value_type = match setting.kind {
            Some(0) => "boolean",
            Some(1) => "string",
            Some(2 | 3) => "number",
            _ => type_of(&variations),
        };
        self.report.mapped(
            &place,
            format!(
                "{} variants, {} rules; it is on, because ConfigCat has no switch",
                variations.len(),
                setting.rules.len()
            ),
        );
        let variants: Vec<Value> = variations
            .iter()
            .map(|one| {
                let mut body = json!({"key": one.key, "value": one.value});
                if let Some(id) = &one.id {
                    body["description"] = format!("ConfigCat variation {id}").into();
                }
                body
            })
            .collect();
        let mut environments = Map::new();
        environments.insert(environment.to_owned(), configuration);
        json!({"key": key, "name": name, "type": value_type, "variants": variants, "environments": environments})
    }

    fn rule(&mut self, name: &str, place: &str, (index, rule): (usize, &Rule), variations: &[Variation]) -> Value {
        let place = format!("{place}, rule {}", index + 1);
        let mut conditions = Vec::new();
        let mut failing = false;
        for one in &rule.conditions {
            self.remark_outside(one, &place);
            if let Some(user) = &one.user {
                self.remark_hashes(user, &place);
            }
            let Ok(condition) = self.condition(name, one) else {
                let why = "it cannot be evaluated: an error for whoever comes to it, as in ConfigCat";
                self.report.attention(&place, "a condition", why, "correct the rule");
                failing = true;
                break;
            };
            conditions.push(condition);
        }
        let why = "ConfigCat's comparisons of text; a rule with an attribute that is missing or unreadable is skipped";
        self.report.kept(&place, format!("{} conditions", rule.conditions.len()), why);
        let serve = match (&rule.served, failing) {
            (_, true) => exact_serve(&Serve::Error(ErrorCode::General)),
            (Some(served), _) => variant(&key_of(variations, &served.value, served.variation.as_ref())),
            (None, _) => exact_serve(&percentages(&rule.percentages, variations, &Serve::Next)),
        };
        let condition = if let [_] = &conditions[..] { conditions.remove(0) } else { Condition::Seq(conditions) };
        json!({"id": format!("rule-{}", index + 1), "if": exact_condition(&condition), "serve": serve})
    }

    fn condition(&self, name: &str, condition: &source::Condition) -> Result<Condition, Failing> {
        if let Some(user) = &condition.user {
            return condition::user(user, &self.config.preferences.salt, name).map_err(|_| Failing);
        }
        if let Some(segment) = &condition.segment {
            return self.in_segment(segment);
        }
        condition.prerequisite.as_ref().map_or(Err(Failing), |needed| self.prerequisite(needed))
    }

    fn remark_hashes(&mut self, condition: &source::UserCondition, place: &str) {
        for text in condition::no_hashes(condition) {
            let what = format!("{text:?} among the hashes of {}", condition.attribute);
            self.report.attention(place, what, "it is no SHA-256 hash, so it is nobody's", "fetch the config again");
        }
    }

    /// The segment's conditions are copied into the rule, which editing the segment does not reach.
    fn remark_outside(&mut self, condition: &source::Condition, place: &str) {
        let outside = condition.segment.as_ref().filter(|condition| condition.comparator == 1);
        let Some(segment) = outside.and_then(|outside| self.config.segments.get(outside.segment)) else { return };
        let what = format!("who is not in segment {}", segment.name);
        let why =
            "whoever lacks an attribute that the segment asks for is neither in nor out there, and skips the rule";
        self.report.kept(place, &what, why);
        let to_do = "edit the rule, too, when the segment changes";
        self.report.attention(place, what, "the rule has the segment's conditions of today, not the segment", to_do);
    }

    /// Out of a segment is only who is known not to be in it, which a reference to the segment cannot say.
    fn in_segment(&self, condition: &SegmentCondition) -> Result<Condition, Failing> {
        let members = self.members(condition.segment)?;
        let key = self.segments.get(condition.segment).ok_or(Failing)?;
        match condition.comparator {
            0 => Ok(Condition::Segment(key.clone())),
            1 => Ok(Condition::Not(Box::new(members))),
            _ => Err(Failing),
        }
    }

    fn prerequisite(&self, needed: &Prerequisite) -> Result<Condition, Failing> {
        let other = self.config.settings.get(&needed.setting).ok_or(Failing)?;
        if self.circular.contains(&needed.setting) || needed.comparator > 1 {
            return Err(Failing);
        }
        let (wanted, variations) = (needed.value.json(), variations(other));
        if std::mem::discriminant(&wanted) != std::mem::discriminant(&other.value.json()) {
            return Err(Failing);
        }
        let same = |one: &Variation| crate::verify::equal(&one.value, &wanted) == (needed.comparator == 0);
        let variants = variations.iter().filter(|one| same(one)).map(|one| one.key.clone()).collect();
        let key = self.keys.given(&needed.setting).ok_or(Failing)?.to_owned();
        Ok(Condition::Flag { key, variants, on: false })
    }
}

fn key_of(variations: &[Variation], value: &SettingValue, id: Option<&String>) -> String {
    let value = value.json();
    let found = variations.iter().find(|one| one.value == value && one.id.as_ref() == id);
    found.map(|one| one.key.clone()).unwrap_or_default()
}

fn type_of(variations: &[Variation]) -> &'static str {
    match variations.first().map(|one| &one.value) {
        Some(Value::Bool(_)) => "boolean",
        Some(Value::String(_)) => "string",
        Some(Value::Number(_)) => "number",
        _ => "json",
    }
}

/// SHA-1 of the setting's key and the unit, 28 bits, modulo 100.
fn bucket(setting: &str, attribute: &str) -> Bucket {
    Bucket {
        hash: Hash::Sha1,
        take: Some(Take::Top(BITS)),
        modulo: Some(PERCENT),
        text: UnitText::Configcat,
        empty: true,
        ..Bucket::native(setting.to_owned(), condition::path(attribute))
    }
}

/// Percentages that leave somebody over are an error for them.
fn percentages(parts: &[Percentage], variations: &[Variation], missing: &Serve) -> Serve {
    let mut ranges = Vec::new();
    let mut lo = 0_u64;
    for part in parts {
        let hi = lo.saturating_add(part.percent).min(PERCENT);
        if lo < hi {
            ranges.push((lo, hi, key_of(variations, &part.value, part.variation.as_ref())));
        }
        lo = hi;
    }
    Serve::Split(Split {
        bucket: BUCKET.to_owned(),
        ranges,
        serves: Vec::new(),
        ramps: Vec::new(),
        rest: Box::new(Serve::Error(ErrorCode::General)),
        missing: Box::new(missing.clone()),
    })
}

/// Settings that need themselves, and those that need such a one.
fn circular(config: &Config) -> BTreeSet<String> {
    let mut left: BTreeMap<&String, BTreeSet<&String>> = config
        .settings
        .iter()
        .map(|(name, setting)| {
            let conditions = setting.rules.iter().flat_map(|rule| &rule.conditions);
            (name, conditions.filter_map(|one| one.prerequisite.as_ref()).map(|one| &one.setting).collect())
        })
        .collect();
    loop {
        let ends: Vec<&String> = left
            .iter()
            .filter(|(_, next)| next.iter().all(|name| !left.contains_key(name)))
            .map(|(name, _)| *name)
            .collect();
        if ends.is_empty() {
            return left.into_keys().cloned().collect();
        }
        for name in ends {
            left.remove(name);
        }
    }
}
