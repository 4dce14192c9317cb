//! Flagsmith: environment documents (`{"api_key", "feature_states", "project", …}`) and evaluation contexts of its engine
//! (`{"environment", "features", "segments"}`).
//!
//! Traits are attributes, the identifier is the targeting key. A feature is switched and has a value besides, so a flag's
//! values are `{"enabled", "value"}`, or just booleans where no feature state has a value.

mod cases;
mod condition;
mod document;
mod subject;
mod unread;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Bucket, Condition, Hash, Rehash, Serve, Split, UnitText};

use crate::authored::authored;
use crate::exact::end_of;
use crate::verify::Section;
use crate::{Imported, Names, Options, Project, Report, Source, Unreadable, exact_serve, metadata, variant};

/// See [`crate::Format::sdks`].
pub(crate) const SDKS: &[&str] = &[];

/// Numbers of a bucket; the last one is hashed again.
const NUMBERS: u64 = 9_999;

/// Reads environments.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let [file] = files else {
        return Err(Unreadable::new(
            "files",
            "one file is one environment; import them one after the other, each with its own --environment",
        ));
    };
    let parsed = document::parsed(file)?;
    let context = document::context(&parsed).map_err(|why| Unreadable::new(&file.name, why))?;
    let (project, mut report, _) = Environment::new(&context, options).read();
    unread::tell(&parsed, &mut report);
    if parsed.pointer("/project/hide_disabled_flags") == Some(&Value::Bool(true)) {
        let why = "clients there do not get flags that are disabled, and get them here";
        report.attention("environment", "disabled flags are hidden", why, "look at `enabled` where flags are read");
    }
    Ok(Imported { document: project.into_document("flagsmith", "Flagsmith"), report })
}

/// Runs the cases that Flagsmith publishes for its engines.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    cases::verify(cases)
}

/// What a variant was.
#[derive(Clone, Debug, PartialEq)]
enum Origin {
    /// The value of a feature state without options.
    Plain,
    /// The value of one with options.
    Control,
    /// An option.
    Option { key: Value, weight: Value },
}

/// (flag key, variant key) → what it was.
type Origins = BTreeMap<(String, String), Origin>;

struct Environment<'c> {
    context: &'c Value,
    key: String,
    name: String,
    segments: Names,
    flags: Names,
    origins: Origins,
    report: Report,
}

/// `v` of a number, in percent; with the engine's own arithmetic.
#[expect(clippy::cast_precision_loss, reason = "at most 9,999")]
fn percent(number: u64) -> f64 {
    number as f64 / 9_998.0 * 100.0
}

/// A bucket of Flagsmith: MD5 of ids with commas between. `prefix`: everything before the last id.
fn bucket(prefix: String, unit: Vec<String>) -> Bucket {
    let mut bucket = Bucket::native(prefix, unit);
    bucket.hash = Hash::Md5;
    bucket.text = UnitText::Py;
    bucket.modulo = Some(NUMBERS);
    bucket.rehash = Some(Rehash { when: NUMBERS - 1, join: ",".to_owned() });
    bucket
}

/// The path of the identity's own key, where the caller gives one; otherwise it is made of environment and identifier.
fn identity_key() -> Vec<String> {
    vec!["identity".to_owned(), "key".to_owned()]
}

impl<'c> Environment<'c> {
    fn new(context: &'c Value, options: &Options) -> Self {
        Self {
            context,
            key: context.pointer("/environment/key").and_then(Value::as_str).unwrap_or_default().to_owned(),
            name: options.environment.clone(),
            segments: Names::default(),
            flags: Names::default(),
            origins: Origins::new(),
            report: Report::default(),
        }
    }

    fn read(mut self) -> (Project, Report, Origins) {
        let shown = self.context.pointer("/environment/name").and_then(Value::as_str).unwrap_or(&self.name);
        let mut project =
            Project { environments: vec![json!({"key": self.name, "name": shown})], ..Project::default() };
        for segment in self.segments() {
            project.segments.push(self.segment(segment));
        }
        let features = self.context.get("features").and_then(Value::as_object);
        for (_, feature) in features.into_iter().flatten() {
            let flag = self.flag(feature);
            project.flags.push(flag);
        }
        for (name, key) in self.flags.renamed() {
            let why = "its name is not a key here";
            self.report.attention(format!("flag {name}"), format!("is {key} now"), why, "ask for it by its new key");
        }
        (project, self.report, self.origins)
    }

    /// In the order of the file.
    fn segments(&self) -> &'c [Value] {
        self.context.get("segments").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn segment(&mut self, segment: &Value) -> Value {
        let (id, name) = (text(segment, "key"), text(segment, "name"));
        let key = self.segments.key(&id);
        let place = format!("segment {name}");
        let mut reader = condition::Reading {
            context: self.context,
            environment: &self.key,
            segment: &id,
            place: &place,
            report: &mut self.report,
            buckets: BTreeMap::new(),
        };
        let rules = segment.get("rules").and_then(Value::as_array).filter(|rules| !rules.is_empty());
        let condition = rules.map(|rules| Condition::All(rules.iter().map(|rule| reader.rule(rule)).collect()));
        let buckets = reader.buckets;
        let (rules, ours) = match &condition {
            None => (Vec::new(), true),
            Some(condition) => {
                let (condition, ours) = authored(condition);
                (vec![condition], ours)
            }
        };
        if ours {
            self.report.mapped(&place, "its rules");
        } else {
            let why = "Flagsmith compares by the type of the trait, and none of its conditions is ever unknown";
            self.report.kept(&place, "conditions in its rules", why);
        }
        let own = segment.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut ours = json!({
            "key": key,
            "name": name,
            "description": metadata::described("", &own, &place, &mut self.report),
            "rules": rules,
        });
        if !buckets.is_empty() {
            ours["buckets"] = json!(buckets);
        }
        ours
    }

    /// Overrides of a feature by segments, the one that counts first first.
    fn overrides(&self, name: &str) -> Vec<(&'c Value, &'c Value)> {
        let mut found = Vec::new();
        for segment in self.segments() {
            let overrides = segment.get("overrides").and_then(Value::as_array).into_iter().flatten();
            found.extend(overrides.filter(|one| text(one, "name") == name).map(|one| (segment, one)));
        }
        let priority = |one: &Value| one.get("priority").and_then(Value::as_f64).unwrap_or(f64::INFINITY);
        found.sort_by(|(_, a), (_, b)| priority(a).total_cmp(&priority(b)));
        found
    }

    fn flag(&mut self, feature: &'c Value) -> Value {
        let name = text(feature, "name");
        let key = self.flags.key(&name);
        let place = format!("flag {name}");
        let overrides = self.overrides(&name);
        let identities = document::identity_overrides(self.context, &name);
        let states = || {
            std::iter::once(feature)
                .chain(overrides.iter().map(|(_, one)| *one))
                .chain(identities.iter().map(|(_, one)| *one))
        };
        let plain = states().all(|state| options(state).is_empty() && state.get("value").is_none_or(Value::is_null));
        let mut states = States {
            plain,
            flag: key.clone(),
            environment: &self.key,
            variants: Vec::new(),
            names: Names::default(),
            buckets: Map::new(),
            origins: &mut self.origins,
        };
        let default = states.serve(feature, "");
        let targets: Vec<(String, Vec<String>)> =
            identities.iter().map(|(identifiers, state)| (states.plain(state), identifiers.clone())).collect();
        let mut rules = Vec::new();
        for (segment, one) in &overrides {
            let id = self.segments.key(&text(segment, "key"));
            let serve = states.serve(one, &format!("{id}-"));
            let own = one.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
            let described = metadata::described(&text(segment, "name"), &own, &place, &mut self.report);
            let taken = rules.iter().filter(|rule: &&Value| rule["if"]["segment"] == id.as_str()).count();
            let id_of_rule = if taken == 0 { format!("segment-{id}") } else { format!("segment-{id}-{}", taken + 1) };
            rules.push(json!({"id": id_of_rule, "description": described, "if": {"segment": id}, "serve": serve}));
        }
        let States { variants, buckets, .. } = states;
        self.report
            .mapped(&place, format!("{} overrides by segments, {} by identities", rules.len(), identities.len()));
        if !plain {
            let why = "a feature of Flagsmith is switched and has a value besides";
            self.report.kept(&place, "values are {\"enabled\", \"value\"}", why);
        }
        if !buckets.is_empty() {
            self.report.kept(&place, "its options by weight", "Flagsmith buckets by MD5 of its own keys");
        }
        let own = feature.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        let off = variants.iter().find(|(_, value)| *value == json!(false)).or(variants.first());
        let mut configuration = json!({
            "on": true,
            "rules": rules,
            "default": default,
            "off_variant": off.map_or("", |(key, _)| key.as_str()),
            "targets": targets.iter().map(|(variant, keys)| json!({"variant": variant, "keys": keys})).collect::<Vec<_>>(),
        });
        if !buckets.is_empty() {
            configuration["buckets"] = Value::Object(buckets);
        }
        json!({
            "key": key,
            "name": name,
            "description": metadata::described("", &own, &place, &mut self.report),
            "type": if plain { "boolean" } else { "json" },
            "variants": variants.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Vec<_>>(),
            "environments": {self.name.as_str(): configuration},
        })
    }
}

/// The feature states of one flag, as variants.
struct States<'e> {
    /// Nothing but on and off.
    plain: bool,
    flag: String,
    environment: &'e str,
    variants: Vec<(String, Value)>,
    names: Names,
    buckets: Map<String, Value>,
    origins: &'e mut Origins,
}

impl States<'_> {
    fn variant(&mut self, name: &str, value: Value, origin: Origin) -> String {
        let key = self.names.key(name);
        self.origins.insert((self.flag.clone(), key.clone()), origin);
        self.variants.push((key.clone(), value));
        key
    }

    /// The variant of a state without options; the same state is the same variant.
    fn plain(&mut self, state: &Value) -> String {
        let enabled = state.get("enabled").and_then(Value::as_bool).unwrap_or_default();
        let value = if self.plain { json!(enabled) } else { json!({"enabled": enabled, "value": state.get("value")}) };
        let same = |(key, other): &&(String, Value)| {
            *other == value && self.origins.get(&(self.flag.clone(), key.clone())) == Some(&Origin::Plain)
        };
        if let Some((key, _)) = self.variants.iter().find(same) {
            return key.clone();
        }
        let mut name = if enabled { "on" } else { "off" }.to_owned();
        while self.names.given(&name).is_some() {
            name = format!("{}-{}", if enabled { "on" } else { "off" }, self.variants.len() + 1);
        }
        self.variant(&name, value, Origin::Plain)
    }

    /// What a feature state serves. `under` begins the names of its variants.
    fn serve(&mut self, state: &Value, under: &str) -> Value {
        let mut options = options(state);
        if options.is_empty() {
            return variant(&self.plain(state));
        }
        options.sort_by(|a, b| number(a, "priority").total_cmp(&number(b, "priority")));
        let enabled = state.get("enabled").and_then(Value::as_bool).unwrap_or_default();
        let record = |value: Option<&Value>| json!({"enabled": enabled, "value": value});
        let control = self.variant(&format!("{under}control"), record(state.get("value")), Origin::Control);
        let (mut ranges, mut sum) = (Vec::new(), 0.0);
        for (at, option) in options.into_iter().enumerate() {
            let start = end_of(NUMBERS, |number| percent(number) < sum);
            sum += number(option, "weight");
            let end = end_of(NUMBERS, |number| percent(number) < sum);
            let own = option.get("key").cloned().unwrap_or_default();
            let name = own.as_str().map_or_else(|| format!("option-{}", at + 1), str::to_owned);
            let origin = Origin::Option { key: own, weight: option.get("weight").cloned().unwrap_or_default() };
            let key = self.variant(&format!("{under}{name}"), record(option.get("value")), origin);
            if start < end {
                ranges.push((start, end, key));
            }
        }
        let feature = text(state, "key");
        let mut split = |name: &str, bucket: Bucket, missing: Serve| {
            let name = format!("{under}{name}");
            self.buckets.insert(name.clone(), json!(bucket));
            Serve::Split(Split {
                bucket: name,
                ranges: ranges.clone(),
                serves: Vec::new(),
                ramps: Vec::new(),
                rest: Box::new(Serve::Variant(control.clone())),
                missing: Box::new(missing),
            })
        };
        let identifier = bucket(format!("{feature},{}_", self.environment), vec!["targetingKey".to_owned()]);
        let by_identifier = split("identifier", identifier, Serve::Variant(control.clone()));
        exact_serve(&split("identity-key", bucket(format!("{feature},"), identity_key()), by_identifier))
    }
}

fn options(state: &Value) -> Vec<&Value> {
    state.get("variants").and_then(Value::as_array).into_iter().flatten().collect()
}

/// A text, or a number as one.
fn text(of: &Value, name: &str) -> String {
    match of.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

fn number(of: &Value, name: &str) -> f64 {
    of.get(name).and_then(Value::as_f64).unwrap_or_default()
}
