//! Files → segments and flags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Bucket, Bytes, Condition, Fold, Hash, Op, Reader, Serve, Split as Ranges, Test, Truth};

use super::matcher::{self, Instants, Scope};
use super::source::{self, Matcher, Partition, Segment, Split};
use crate::exact::leaf;
use crate::members::{Members, Wrong};
use crate::{
    Format, Imported, Names, Options, Project, Report, Source, Unreadable, exact_condition, exact_serve, variant,
};

const PERCENT: u64 = 100;
/// Buckets of a flag.
const BUCKET: &str = "split";
const ALLOCATION: &str = "split-allocation";
/// What SDKs answer when they cannot: the caller's default.
const CONTROL: &str = "control";
/// Members that say nothing about what a flag answers, and why.
const SILENT: &[(&str, &str)] = &[
    ("changeNumber", "it counts changes"),
    ("since", "it counts changes"),
    ("till", "it counts changes"),
    ("s", "it counts changes"),
    ("t", "it counts changes"),
    ("lastUpdateTime", "it counts changes"),
    ("creationTime", "it counts changes"),
    ("trafficTypeName", "keys have no types here"),
    ("trafficType", "keys have no types here"),
    ("trafficTypeId", "keys have no types here"),
    ("orgId", "it is an id of Split's own"),
    ("id", "it is an id of Split's own"),
    ("environment", "the environment is the one of --environment"),
    ("sets", "sets choose what an SDK downloads"),
    ("impressionsDisabled", "it is about events"),
    ("removed", "these keys are no members"),
];

/// Treatments a flag can answer, with their keys here.
pub(super) fn treatments(split: &Split) -> Names {
    let mut names = Names::default();
    let parts = split.conditions.iter().flat_map(|condition| &condition.partitions).map(|part| part.treatment.as_str());
    for treatment in parts.chain([default_of(split)]) {
        names.key(treatment);
    }
    names
}

fn default_of(split: &Split) -> &str {
    split.default_treatment.as_deref().unwrap_or(CONTROL)
}

#[derive(Default)]
struct Everything {
    splits: BTreeMap<String, Split>,
    segments: BTreeMap<String, Segment>,
    members: Members,
}

/// Reads Split's files: flags (`{"splits": […]}`, `{"ff": {"d": […]}, "rbs": {"d": […]}}`, a list) and segments
/// (`{"name", "added"}`).
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let mut everything = Everything::default();
    let mut report = Report::default();
    for file in files {
        everything.read(file, &mut report)?;
    }
    // Segments that are only mentioned are there, and empty.
    let groups = everything.splits.values().flat_map(|split| &split.conditions);
    let of_segments = everything.segments.values().flat_map(|segment| &segment.conditions);
    let matchers = groups.chain(of_segments).flat_map(|condition| &condition.matcher_group.matchers);
    let mentioned: BTreeSet<String> = matchers.filter_map(Matcher::segment).map(str::to_owned).collect();
    for name in mentioned {
        everything.segments.entry(name.clone()).or_insert_with(|| {
            let why = "its members are not in the files; nobody is in it";
            report.attention(format!("segment {name}"), "an empty segment", why, "add its keys");
            Segment { name, ..Segment::default() }
        });
    }
    let environment = Names::default().key(&options.environment);
    let mut project = Project::default();
    project.environments.push(json!({"key": environment, "name": options.environment}));
    let (mut keys, mut segment_keys) = (Names::default(), Names::default());
    everything.splits.keys().for_each(|name| drop(keys.key(name)));
    everything.segments.keys().for_each(|name| drop(segment_keys.key(name)));
    let circular = circular(&everything.splits);
    let flag = |name: &str, wanted: &[String]| {
        let split = everything.splits.get(name).filter(|_| !circular.contains(name))?;
        let treatments = treatments(split);
        let variants = wanted.iter().filter_map(|one| treatments.given(one)).map(str::to_owned).collect();
        Some((keys.given(name)?.to_owned(), variants))
    };
    let seconds = matches!(options.sdk(Format::Split), "python" | "go");
    let instants = if seconds { Instants::Seconds } else { Instants::Milliseconds };
    let scope = Scope { segment: &|name| segment_keys.given(name).map(str::to_owned), flag: &flag, instants };
    for (name, segment) in &everything.segments {
        let key = segment_keys.given(name).unwrap_or(name);
        project.segments.push(segment_of(key, segment, &scope, &mut report));
    }
    for (name, split) in &everything.splits {
        let key = keys.given(name).unwrap_or(name);
        if circular.contains(name.as_str()) {
            let why = "flags depend on each other in a circle; the answer of the others counts as control";
            report.attention(format!("flag {key}"), "its dependencies", why, "break the circle");
        }
        project.flags.push(flag_of(key, split, &environment, &scope, &mut report));
    }
    for (name, key) in keys.renamed() {
        let why = "keys here are letters, digits, dots, dashes and underscores";
        report.attention(format!("flag {name}"), format!("it is called {key} here"), why, "ask for it by that key");
    }
    everything.members.tell(SILENT, &mut report);
    report.mapped("contexts", "the key is the targeting key; a bucketing key of its own is the attribute bucketingKey");
    Ok(Imported { document: project.into_document("imported", "Split"), report })
}

impl Everything {
    fn read(&mut self, file: &Source, report: &mut Report) -> Result<(), Unreadable> {
        let value = file.value()?;
        let listed = |at: &str| -> Vec<(String, Value)> {
            let items = value.pointer(at).and_then(Value::as_array).into_iter().flatten().enumerate();
            items.map(|(index, item)| (format!("{at}/{index}"), item.clone())).collect()
        };
        let (mut splits, mut segments) = (Vec::new(), Vec::new());
        match &value {
            Value::Array(_) => splits.extend(listed("")),
            Value::Object(own) if own.contains_key("conditions") && own.contains_key("defaultTreatment") => {
                splits.push((String::new(), value.clone()));
            }
            Value::Object(own) if own.contains_key("added") || own.contains_key("keys") => {
                segments.push((String::new(), value.clone()));
            }
            Value::Object(_) => {
                for list in ["/splits", "/ff/d"] {
                    splits.extend(listed(list));
                }
                for list in ["/segments", "/rbs/d"] {
                    segments.extend(listed(list));
                }
                self.members.others(&value, &["splits", "segments", "ff", "rbs"], &file.name);
                for (list, known) in [("ff", "d"), ("rbs", "d")] {
                    self.members.others(&value[list], &[known], &format!("{} at /{list}", file.name));
                }
            }
            _ => {}
        }
        if splits.is_empty() && segments.is_empty() {
            let why =
                "it holds no flags ({\"splits\": […]}, {\"ff\": {\"d\": […]}}) and no segments ({\"name\", \"added\"})";
            return Err(Unreadable::new(&file.name, why));
        }
        let named = |kind: &str, item: &Value| format!("{kind} {}", item["name"].as_str().unwrap_or("without a name"));
        let mut left_out = |place: String, wrong: &Wrong| {
            report.attention(place, "not imported", wrong.to_string(), format!("mend it in {}", file.name));
        };
        for (at, item) in splits {
            let place = named("flag", &item);
            match self.members.read::<Split>(&item, &place, &at) {
                Ok(split) => drop(self.splits.insert(split.name.clone(), split)),
                Err(wrong) => left_out(place, &wrong),
            }
        }
        for (at, item) in segments {
            let place = named("segment", &item);
            match self.members.read::<Segment>(&item, &place, &at) {
                Ok(segment) => drop(self.segments.insert(segment.name.clone(), segment)),
                Err(wrong) => left_out(place, &wrong),
            }
        }
        Ok(())
    }
}

fn segment_of(key: &str, segment: &Segment, scope: &Scope<'_>, report: &mut Report) -> Value {
    let place = format!("segment {key}");
    let members = segment.members();
    report.mapped(&place, format!("{} keys, {} rules", members.len(), segment.conditions.len()));
    let mut body = json!({"key": key, "name": segment.name});
    if !members.is_empty() {
        body["included"] = json!(members);
    }
    let mut ways = Vec::new();
    for condition in &segment.conditions {
        match group(scope, &condition.matcher_group) {
            Ok(one) => ways.push(one),
            Err(why) => report.attention(&place, "a rule that is left out", why, "write it anew"),
        }
    }
    if ways.is_empty() {
        return body;
    }
    let no = |test: Condition| Condition::Not(Box::new(test));
    let keys = json!(segment.excluded.keys.clone().unwrap_or_default());
    let key_test = leaf(vec!["targetingKey".to_owned()], Reader::String, Op::In, keys);
    let mut all = vec![no(Condition::Test(Test { missing: Truth::False, invalid: Truth::False, ..key_test }))];
    for excluded in segment.excluded.segments.iter().flatten() {
        let name = excluded.as_str().or_else(|| excluded.get("name")?.as_str()).unwrap_or_default();
        match (scope.segment)(name) {
            Some(key) => all.push(no(Condition::Segment(key))),
            None => report.attention(&place, format!("the excluded segment {name}"), "it is not there", "add it"),
        }
    }
    all.push(Condition::Any(ways));
    report.kept(&place, "its rules", "a missing attribute is a \"no\" that can be negated");
    body["rules"] = json!([exact_condition(&Condition::All(all))]);
    body
}

/// Every matcher of a group.
fn group(scope: &Scope<'_>, group: &source::MatcherGroup) -> Result<Condition, String> {
    if let Some(other) = group.combiner.as_deref().filter(|combiner| *combiner != "AND") {
        return Err(format!("the combiner {other:?}"));
    }
    let mut tests = group.matchers.iter().map(|one| matcher::matcher(scope, one)).collect::<Result<Vec<_>, _>>()?;
    Ok(if tests.len() == 1 { tests.remove(0) } else { Condition::All(tests) })
}

fn flag_of(key: &str, split: &Split, environment: &str, scope: &Scope<'_>, report: &mut Report) -> Value {
    let place = format!("flag {key}");
    let names = treatments(split);
    let own = names.given(default_of(split)).unwrap_or(CONTROL);
    let mut rules = Vec::new();
    for (index, needed) in split.prerequisites.iter().enumerate() {
        let met = matcher::needed(scope, &needed.name, &needed.treatments);
        rules.push(json!({
            "id": format!("prerequisite-{}", index + 1),
            "description": format!("Prerequisite {}", needed.name),
            "if": exact_condition(&Condition::Not(Box::new(met))),
            "serve": variant(own),
            "reason": "PREREQUISITE_FAILED",
        }));
        report.kept(
            &place,
            format!("the prerequisite {}", needed.name),
            "a killed flag's default treatment meets it, too",
        );
    }
    let allocation = split.traffic_allocation.filter(|percent| *percent < PERCENT);
    let mut allocated = false;
    for (index, condition) in split.conditions.iter().enumerate() {
        let rollout = condition.condition_type.as_deref() != Some("WHITELIST");
        if let Some(percent) = allocation.filter(|_| rollout && !allocated) {
            allocated = true;
            let outside = Condition::Bucket {
                bucket: ALLOCATION.to_owned(),
                ranges: vec![(percent, PERCENT)],
                ramps: Vec::new(),
                missing: Truth::False,
            };
            rules.push(json!({
                "id": "allocation",
                "description": format!("Not in the {percent} % of the traffic"),
                "if": exact_condition(&outside),
                "serve": variant(own),
            }));
        }
        let id = format!("condition-{}", index + 1);
        let (test, serve) = match group(scope, &condition.matcher_group) {
            Ok(test) => (test, shares(&condition.partitions, &names)),
            Err(why) => {
                let to_do = "until it is written anew, whoever comes to it gets the caller's default, like control";
                report.attention(format!("{place}, {id}"), "a condition", why, to_do);
                (Condition::Const(true), exact_serve(&Serve::CallerDefault))
            }
        };
        let mut rule = json!({"id": id, "if": exact_condition(&test), "serve": serve});
        if let Some(label) = condition.label.as_deref().filter(|label| !label.is_empty()) {
            rule["description"] = label.into();
        }
        report.kept(
            format!("{place}, {id}"),
            format!("{} matchers", condition.matcher_group.matchers.len()),
            "a missing attribute is a \"no\" that can be negated, and Split's hash decides about shares",
        );
        rules.push(rule);
    }
    let variants = names_of(split, &names);
    report.mapped(&place, format!("{} variants, {} conditions", variants.len(), split.conditions.len()));
    let mut configuration = json!({"on": !split.killed, "default": variant(own), "off_variant": own});
    if !rules.is_empty() {
        configuration["rules"] = rules.into();
        let seed = split.traffic_allocation_seed.unwrap_or(split.seed);
        configuration["buckets"] = json!({(BUCKET): bucket(split, split.seed), (ALLOCATION): bucket(split, seed)});
    }
    let mut environments = Map::new();
    environments.insert(environment.to_owned(), configuration);
    let archived = split.status.as_deref() == Some("ARCHIVED");
    json!({
        "key": key,
        "name": split.name,
        "type": "string",
        "variants": variants,
        "archived": archived,
        "environments": environments,
    })
}

fn names_of(split: &Split, names: &Names) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let parts = split.conditions.iter().flat_map(|condition| &condition.partitions).map(|part| part.treatment.as_str());
    let all = parts.chain([default_of(split)]).filter(|treatment| seen.insert((*treatment).to_owned()));
    all.map(|treatment| {
        let mut body = json!({"key": names.given(treatment), "value": treatment});
        let words = split.configurations.as_ref().and_then(|all| all.get(treatment));
        if let Some(words) = words.filter(|words| words.chars().count() < yardarm_model::limits::DESCRIPTION) {
            body["description"] = words.as_str().into();
        }
        body
    })
    .collect()
}

/// One treatment, or several by bucket. Who is left over gets the caller's default, like `control`.
fn shares(partitions: &[Partition], names: &Names) -> Value {
    let key = |part: &Partition| names.given(&part.treatment).unwrap_or(CONTROL).to_owned();
    // The first that has weight has all of it.
    if let Some(all) = partitions.iter().find(|part| part.size > 0).filter(|part| part.size >= PERCENT) {
        return variant(&key(all));
    }
    let mut ranges = Vec::new();
    let mut lo = 0_u64;
    for part in partitions {
        let hi = lo.saturating_add(part.size).min(PERCENT);
        if lo < hi {
            ranges.push((lo, hi, key(part)));
        }
        lo = hi;
    }
    let nobody = || Box::new(Serve::CallerDefault);
    exact_serve(&Serve::Split(Ranges {
        bucket: BUCKET.to_owned(),
        ranges,
        serves: Vec::new(),
        ramps: Vec::new(),
        rest: nobody(),
        missing: nobody(),
    }))
}

/// `MurmurHash3` of the key with the seed, modulo 100; the older algorithm is Java's hash of a text.
fn bucket(split: &Split, seed: i64) -> Bucket {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seeds are 32 bits, signed or not")]
    let seed = seed as u32;
    let unit = vec!["bucketingKey".to_owned()];
    let common = Bucket {
        seed,
        or: vec![vec!["targetingKey".to_owned()]],
        modulo: Some(PERCENT),
        ..Bucket::native(String::new(), unit)
    };
    match split.algo {
        Some(2) => common,
        _ => Bucket { hash: Hash::Java31, bytes: Bytes::Utf16Units, fold: Fold::AbsI32, ..common },
    }
}

/// Flags that need themselves, and those that need such a one.
fn circular(splits: &BTreeMap<String, Split>) -> BTreeSet<String> {
    let mut left: BTreeMap<&String, BTreeSet<&String>> = splits
        .iter()
        .map(|(name, split)| {
            let matchers = split.conditions.iter().flat_map(|condition| &condition.matcher_group.matchers);
            let needed = matchers.filter_map(|one| one.dependency_matcher_data.as_ref()).map(|data| &data.split);
            (name, needed.chain(split.prerequisites.iter().map(|one| &one.name)).collect())
        })
        .collect();
    loop {
        let done = |next: &BTreeSet<&String>| next.iter().all(|name| !left.contains_key(name));
        let ends: Vec<&String> = left.iter().filter(|(_, next)| done(next)).map(|(name, _)| *name).collect();
        if ends.is_empty() {
            return left.into_keys().cloned().collect();
        }
        for name in ends {
            left.remove(name);
        }
    }
}
