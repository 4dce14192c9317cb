//! Features to flags.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Op, Reader, Serve, Split};

use super::constraint::{Scope, leaf};
use super::source::{Feature, Settings, State, Variant};
use super::strategy::{Buckets, VARIANT_SEED, condition};
use super::{Form, dependency, path, place};
use crate::{Names, Report, exact_serve, variant};

/// What every flag needs to know of the others.
pub(super) struct Import<'i> {
    pub(super) flags: &'i Names,
    pub(super) segments: &'i BTreeMap<String, String>,
    pub(super) shapes: &'i BTreeMap<&'i str, Shape>,
    pub(super) state: &'i State,
    pub(super) node: bool,
}

/// A variant of ours: what it is called there, and the record it stands for.
#[derive(Clone, Debug)]
pub(super) struct Shaped {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) value: Value,
}

/// Type and variants of a flag: `on` and `off`, and a record for each variant it has anywhere.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) boolean: bool,
    pub(super) variants: Vec<Shaped>,
}

/// The record that `getVariant` gives.
pub(super) fn record(variant: Option<&Variant>, feature_enabled: bool) -> Value {
    let Some(variant) = variant else {
        return json!({"name": "disabled", "enabled": false, "feature_enabled": feature_enabled});
    };
    let mut record = json!({"name": variant.name, "enabled": true, "feature_enabled": feature_enabled});
    if let Some(payload) = variant.payload.as_ref().filter(|payload| !payload.is_null()) {
        record["payload"] = payload.clone();
    }
    record
}

impl Shape {
    pub(super) fn of(feature: &Feature) -> Self {
        let everywhere = feature.environments.values().flat_map(|settings| {
            let of_strategies = settings.strategies.iter().filter_map(|strategy| strategy.variants.as_ref()).flatten();
            settings.variants.iter().chain(of_strategies)
        });
        let all: Vec<&Variant> = everywhere.collect();
        let disabled = "disabled".to_owned();
        if all.is_empty() {
            let plain =
                |key: &str, value: bool| Shaped { key: key.to_owned(), name: disabled.clone(), value: value.into() };
            return Self { boolean: true, variants: vec![plain("on", true), plain("off", false)] };
        }
        let mut names = Names::default();
        let mut variants: Vec<Shaped> = ["on", "off"]
            .into_iter()
            .map(|key| Shaped { key: names.key(key), name: disabled.clone(), value: record(None, key == "on") })
            .collect();
        for variant in all {
            let value = record(Some(variant), true);
            if variants.iter().any(|known| known.value == value) {
                continue;
            }
            // A name that is taken: the same one with another payload, or one of our own two.
            let free = names.given(&variant.name).is_none();
            let key = names.key(&if free { variant.name.clone() } else { format!("{} {value}", variant.name) });
            variants.push(Shaped { key, name: variant.name.clone(), value });
        }
        Self { boolean: false, variants }
    }

    fn key_of(&self, variant: &Variant) -> String {
        let value = record(Some(variant), true);
        self.variants
            .iter()
            .find(|known| known.value == value)
            .map_or_else(|| "on".to_owned(), |known| known.key.clone())
    }
}

/// The flag document with its configurations.
pub(super) fn document(import: &Import<'_>, name: &str, feature: &Feature, report: &mut Report) -> Value {
    let about = &feature.about;
    let key = import.flags.given(name).unwrap_or(name);
    let shape = import.shapes.get(name).cloned().unwrap_or_else(|| Shape::of(feature));
    let mut environments = BTreeMap::new();
    for (environment, settings) in &feature.environments {
        let place = place(feature, name, environment);
        environments
            .insert(environment.clone(), configuration(import, name, environment, settings, &shape, &place, report));
    }
    let variants: Vec<Value> =
        shape.variants.iter().map(|variant| json!({"key": variant.key, "value": variant.value})).collect();
    let mut tags: Vec<String> = feature.tags.clone();
    tags.extend(
        about.project.iter().filter(|project| *project != "default").map(|project| format!("project:{project}")),
    );
    tags.extend(about.kind.iter().map(|kind| format!("type:{kind}")));
    if about.stale == Some(true) {
        tags.push("stale".to_owned());
        report.mapped(format!("flag {name}"), "it is stale there, which is a tag here");
    }
    if about.impression_data == Some(true) {
        let to_do = "switch the events on where the flag is read";
        report.attention(format!("flag {name}"), "impression data", "events are a matter of the SDK here", to_do);
    }
    let what = if shape.boolean {
        "a boolean flag".to_owned()
    } else {
        format!("a JSON flag of {} variant records", variants.len() - 2)
    };
    report.mapped(format!("flag {name}"), what);
    let mut body = json!({
        "key": key,
        "name": name,
        "description": about.description.clone().unwrap_or_default(),
        "type": if shape.boolean { "boolean" } else { "json" },
        "variants": variants,
        "tags": tags,
        "permanent": matches!(about.kind.as_deref(), Some("operational" | "permission" | "kill-switch")),
        "archived": about.archived.unwrap_or_default(),
        "environments": environments,
    });
    let created_at = about.created_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if let Some(created_at) = created_at {
        body["created_at"] = created_at.as_millisecond().into();
    }
    body
}

fn configuration(
    import: &Import<'_>,
    name: &str,
    environment: &str,
    settings: &Settings,
    shape: &Shape,
    place: &str,
    report: &mut Report,
) -> Value {
    let mut buckets = Buckets { named: BTreeMap::new(), node: import.node };
    let dependencies = dependency::read(import, &settings.dependencies, environment, place, report);
    let mut rules: Vec<Value> = Vec::new();
    for condition in dependencies.off_if {
        let id = format!("dependency-{}", rules.len() + 1);
        rules.push(json!({"id": id, "if": condition, "serve": variant("off"), "reason": "PREREQUISITE_FAILED"}));
    }
    let mut default = variant("off");
    let on = |own: Option<&Vec<Variant>>, group: &str, stickiness: &str, buckets: &mut Buckets, report: &mut Report| {
        let own = own.filter(|own| !own.is_empty());
        let (variants, group) = own.map_or((&settings.variants, name), |own| (own, group));
        let first = variants.first().and_then(|variant| variant.stickiness.clone());
        let stickiness = if own.is_some() && !import.node {
            stickiness.to_owned()
        } else {
            first.unwrap_or_else(|| "default".to_owned())
        };
        spread(variants, group, &stickiness, shape, buckets, place, report)
    };
    if settings.strategies.is_empty() {
        overridden(&json!({"all": []}), "always", &settings.variants, shape, &mut rules);
        default = on(None, name, "default", &mut buckets, report);
    }
    for (index, strategy) in settings.strategies.iter().enumerate() {
        let id = format!("strategy-{}", index + 1);
        if strategy.disabled == Some(true) {
            let what = format!("strategy {} ({})", index + 1, strategy.name);
            report.attention(place, what, "it is disabled there and left out", "add it as a rule when it is needed");
            continue;
        }
        let at = format!("{place}, strategy {}", index + 1);
        let mut scope = Scope { place: &at, report };
        let who = condition(strategy, name, import.segments, &mut buckets, &mut scope);
        if strategy.variants.as_ref().is_none_or(Vec::is_empty) {
            overridden(&who, &id, &settings.variants, shape, &mut rules);
        }
        let group = strategy.parameter("groupId").unwrap_or_else(|| name.to_owned());
        let stickiness = strategy.parameter("stickiness").unwrap_or_else(|| "default".to_owned());
        let serve = on(strategy.variants.as_ref(), &group, &stickiness, &mut buckets, report);
        let title = strategy.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(|| strategy.name.clone());
        rules.push(json!({"id": id, "description": title, "if": who, "serve": serve}));
    }
    json!({
        "on": settings.enabled,
        "prerequisites": dependencies.prerequisites,
        "rules": rules,
        "default": default,
        "off_variant": "off",
        "buckets": buckets.named,
    })
}

/// Rules for those whom a variant was given by name, before chance decides.
fn overridden(who: &Value, id: &str, variants: &[Variant], shape: &Shape, rules: &mut Vec<Value>) {
    for variant_there in variants {
        for over in variant_there.overrides.iter().filter(|over| !over.values.is_empty()) {
            let named = leaf(path(&over.context_name), Reader::StringScalar, Op::In, json!(over.values));
            let both = json!({"all": [who, Form::Exact(named).into_value()]});
            let description = format!("{} for some by {}", variant_there.name, over.context_name);
            let id = format!("{id}-override-{}", rules.len() + 1);
            rules.push(json!({"id": id, "description": description, "if": both, "serve": variant(&shape.key_of(variant_there))}));
        }
    }
}

/// What those who are in get: a variant by weight, or just on.
fn spread(
    variants: &[Variant],
    group: &str,
    stickiness: &str,
    shape: &Shape,
    buckets: &mut Buckets,
    place: &str,
    report: &mut Report,
) -> Value {
    let mut ranges: Vec<(u64, u64, String)> = Vec::new();
    let mut total = 0_u64;
    for there in variants {
        let weight = u64::try_from(there.weight).unwrap_or_default().min(u64::from(u32::MAX));
        if weight > 0 {
            ranges.push((total, total + weight, shape.key_of(there)));
        }
        total += weight;
    }
    match &ranges[..] {
        [] => variant("on"),
        [(_, _, only)] => variant(only),
        _ => {
            let what = format!("{} variants by {stickiness}", ranges.len());
            report.kept(place, what, "everyone keeps the variant they have: its own hash of the group and the unit");
            let bucket = buckets.name(group, stickiness, VARIANT_SEED, total, true);
            let on = Box::new(Serve::Variant("on".to_owned()));
            exact_serve(&Serve::Split(Split {
                bucket,
                ranges,
                serves: Vec::new(),
                ramps: Vec::new(),
                rest: on.clone(),
                missing: on,
            }))
        }
    }
}
