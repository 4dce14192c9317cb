//! A feature as a flag: every rule of GrowthBook is one rule here, with one before it for each parent that is a gate.

use serde_json::{Map, Value, json};
use yardarm_eval::Snapshot;
use yardarm_eval::ruleset::{Bucket, Condition, Op, Reader, Serve, Split, Test, Truth};

use super::condition::{Scope, Surroundings, condition, not, when_null};
use super::javascript::text_of;
use super::rollout::{Range, between, bucket, bucket_ranges, covered, first_wins, pair};
use super::{Groups, Payload};
use crate::authored::authored;
use crate::verify::equal;
use crate::{Names, Report, exact_serve, variant};

/// What a rule of GrowthBook may have; anything else is named in the report.
const KNOWN: &[&str] = &[
    "id",
    "condition",
    "parentConditions",
    "filters",
    "force",
    "variations",
    "contextualVariations",
    "key",
    "weights",
    "coverage",
    "ranges",
    "range",
    "meta",
    "namespace",
    "seed",
    "hashAttribute",
    "hashVersion",
    "name",
    "phase",
    "type",
    "tracks",
    "contextualBanditRef",
    "banditVersion",
];

/// What is in lists of a rule, and the members that are read there.
const PARTS: [(&str, &[&str]); 3] = [
    ("parentConditions", &["id", "condition", "gate"]),
    ("filters", &["seed", "ranges", "hashVersion", "attribute"]),
    ("meta", &["key", "name", "passthrough"]),
];

/// What is in the ids of rules for those who come to a cycle.
pub(super) const CYCLE: &str = "-cycle-";

/// Members that only matter to assignments that the SDK remembers.
const STICKY: &[&str] = &["fallbackAttribute", "disableStickyBucketing", "bucketVersion", "minBucketVersion"];

/// The flag of a feature.
pub(super) fn flag(payload: &mut Payload, environment: &str, name: &str, feature: &Value) -> Value {
    let key = payload.names.key(name);
    let mut draft = Draft {
        place: format!("flag {name}"),
        name,
        payload,
        variants: Variants::default(),
        rules: Vec::new(),
        ids: Names::default(),
        buckets: Map::new(),
        all_ours: true,
    };
    let default = feature.get("defaultValue").unwrap_or(&Value::Null);
    let fallback = draft.variants.serve(default, None, &[]);
    for (at, rule) in feature.get("rules").and_then(Value::as_array).into_iter().flatten().enumerate() {
        draft.rule(at, rule);
    }
    let Draft { place, mut variants, rules, buckets, all_ours, .. } = draft;
    payload.members.others(feature, &["defaultValue", "rules"], &place);
    let value_type = variants.finish();
    payload.report.mapped(&place, format!("{} rules, {} variants", rules.len(), variants.listed.len()));
    if !all_ours {
        let why = "GrowthBook's conditions know no unknown, and its buckets are its own";
        payload.report.kept(&place, "conditions or rollouts in its rules", why);
    }
    let mut configuration = json!({
        "on": true,
        "rules": rules,
        "default": serve(&fallback),
        "off_variant": match &fallback {
            Serve::Variant(key) => key.clone(),
            _ => variants.listed.last().map_or_else(String::new, |(key, _)| key.clone()),
        },
    });
    if fallback == Serve::CallerDefault {
        configuration["off"] = exact_serve(&Serve::CallerDefault);
        payload.report.kept(&place, "the default rule", "without a default value, GrowthBook answers null");
    }
    if !buckets.is_empty() {
        configuration["buckets"] = Value::Object(buckets);
    }
    if payload.circular.contains(name) {
        let mut cycle = exact_serve(&Serve::CallerDefault);
        cycle["reason"] = "PREREQUISITE_FAILED".into();
        configuration["cycle"] = cycle;
        let why = "GrowthBook answers null there; here it is found at once, and not only when it is reached";
        payload.report.attention(&place, "it needs itself over its parents", why, "untie the two flags");
    }
    let variants: Vec<Value> = variants.listed.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({
        "key": key,
        "name": name,
        "type": value_type,
        "variants": variants,
        "environments": {environment: configuration},
    })
}

fn serve(serve: &Serve) -> Value {
    match serve {
        Serve::Variant(key) => variant(key),
        other => exact_serve(other),
    }
}

struct Draft<'p> {
    place: String,
    name: &'p str,
    payload: &'p mut Payload,
    variants: Variants,
    rules: Vec<Value>,
    ids: Names,
    buckets: Map<String, Value>,
    all_ours: bool,
}

impl Draft<'_> {
    fn rule(&mut self, at: usize, rule: &Value) {
        let place = format!("{}, rule {}", self.place, at + 1);
        let known_id = rule.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = self.ids.key(&known_id.map_or_else(|| format!("rule-{}", at + 1), str::to_owned));
        self.remark_unread(rule, &place);
        for name in rule.as_object().into_iter().flatten().map(|(name, _)| name) {
            if STICKY.contains(&name.as_str()) {
                let why = "assignments that an SDK remembers stay with the SDK";
                self.payload.report.attention(
                    &place,
                    format!("`{name}`"),
                    why,
                    "pass remembered assignments in the context",
                );
            }
        }
        let mut parts = Vec::new();
        let parents = rule.get("parentConditions").and_then(Value::as_array);
        for (number, parent) in parents.into_iter().flatten().enumerate() {
            if self.leads_into_a_cycle(parent, &place) {
                let id = self.ids.key(&format!("{id}{CYCLE}{}", number + 1));
                self.push(&id, "", parts, &Serve::CallerDefault, "PREREQUISITE_FAILED");
                return;
            }
            let holds = self.parent(parent, &place);
            if parent.get("gate").and_then(Value::as_bool) == Some(true) {
                let mut gate = parts.clone();
                gate.push(not(holds));
                let id = self.ids.key(&format!("{id}-gate-{}", number + 1));
                self.push(&id, "", gate, &Serve::CallerDefault, "PREREQUISITE_FAILED");
            } else {
                parts.push(holds);
            }
        }
        let filters = rule.get("filters").and_then(Value::as_array);
        for (number, filter) in filters.into_iter().flatten().enumerate() {
            parts.push(self.filter(filter, &format!("{id}-filter-{}", number + 1)));
        }
        let description = rule.get("name").and_then(Value::as_str).unwrap_or_default();
        if let Some(forced) = rule.get("force") {
            parts.extend(self.condition(rule, &place));
            parts.extend(self.rollout(rule, &id));
            let serve = self.variants.serve(forced, None, &[]);
            self.push(&id, description, parts, &serve, "TARGETING_MATCH");
        } else if let Some(variations) =
            rule.get("variations").or(rule.get("contextualVariations")).and_then(Value::as_array)
        {
            self.bandit(rule, &place);
            if filters.is_none()
                && let Some(namespace) = rule.get("namespace").and_then(Value::as_array)
            {
                parts.push(self.namespace(namespace, rule, &format!("{id}-namespace")));
            }
            parts.extend(self.condition(rule, &place));
            if let Some(serve) = self.experiment(rule, variations, &id, &place) {
                self.push(&id, description, parts, &serve, "SPLIT");
            }
        } else if parents.is_none_or(Vec::is_empty) {
            self.payload.report.attention(place, "the whole rule", "it forces nothing and varies nothing", "nothing");
        }
    }

    /// Members that are not read, in the rule and in what is in it.
    fn remark_unread(&mut self, rule: &Value, place: &str) {
        let known: Vec<&str> = KNOWN.iter().chain(STICKY).copied().collect();
        let members = &mut self.payload.members;
        members.others(rule, &known, place);
        for (list, known) in PARTS {
            for (index, part) in rule.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
                members.others(part, known, &format!("{place} at /{list}/{index}"));
            }
        }
    }

    fn push(&mut self, id: &str, description: &str, mut parts: Vec<Condition>, serve_this: &Serve, reason: &str) {
        let whole = if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) };
        let (condition, ours) = authored(&whole);
        self.all_ours &= ours && matches!(serve_this, Serve::Variant(_));
        let mut rule = json!({"id": id, "if": condition, "serve": serve(serve_this), "reason": reason});
        if !description.is_empty() {
            rule["description"] = description.into();
        }
        self.rules.push(rule);
    }

    fn condition(&mut self, rule: &Value, place: &str) -> Option<Condition> {
        let members = rule.get("condition")?.as_object().filter(|members| !members.is_empty())?;
        let mut around = Around { groups: &mut self.payload.groups, report: &mut self.payload.report, place };
        Some(condition(members, Scope::Attributes, &mut around))
    }

    /// Whether who asks this parent comes to a cycle, which ends the evaluation. A feature of the cycle itself is found out
    /// when it is compiled.
    fn leads_into_a_cycle(&mut self, parent: &Value, place: &str) -> bool {
        let id = parent.get("id").and_then(Value::as_str).unwrap_or_default();
        if self.payload.circular.contains(self.name) || !self.payload.leading.contains(id) {
            return false;
        }
        let stuck = self.payload.stuck.contains(id);
        let why = if stuck {
            "it needs itself, or one that does, so GrowthBook answers null to whoever comes to this rule"
        } else {
            "who comes to a cycle there gets null from GrowthBook; here the rule's condition is asked about the null"
        };
        self.payload.report.attention(place, format!("the parent {id:?}"), why, "untie the flags in the cycle");
        stuck
    }

    /// A parent's answer passes the condition. A parent that does not exist answers null.
    fn parent(&mut self, parent: &Value, place: &str) -> Condition {
        let id = parent.get("id").and_then(Value::as_str).unwrap_or_default();
        let members = parent.get("condition").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut around = Around { groups: &mut self.payload.groups, report: &mut self.payload.report, place };
        let holds = condition(&members, Scope::Answer, &mut around);
        let null = when_null(&holds);
        match self.payload.names.given(id) {
            None => {
                let (what, why) = (format!("the parent {id:?}"), "there is no such feature, so it counts as null");
                self.payload.report.attention(place, what, why, "import both together");
                Condition::Const(null)
            }
            Some(key) => Condition::Answer {
                key: key.to_owned(),
                condition: Box::new(holds),
                failing: if null { Truth::True } else { Truth::False },
            },
        }
    }

    fn bucket(&mut self, name: &str, version: &Value, seed: &str, attribute: &str) -> Option<u64> {
        let (bucket, size): (Bucket, u64) = bucket(version, seed, attribute, self.payload.bytes)?;
        self.buckets.insert(name.to_owned(), json!(bucket));
        Some(size)
    }

    fn in_ranges(
        &mut self,
        name: &str,
        version: &Value,
        seed: &str,
        attribute: &str,
        of: impl Fn(u64) -> Vec<Range>,
    ) -> Condition {
        match self.bucket(name, version, seed, attribute) {
            None => {
                let why = "GrowthBook knows the hash versions 1 and 2 only, and gives nobody a bucket otherwise";
                self.payload.report.attention(&self.place, format!("hash version {version}"), why, "nothing");
                Condition::Const(false)
            }
            Some(size) => Condition::Bucket {
                bucket: name.to_owned(),
                ranges: disjoint(&of(size)),
                ramps: Vec::new(),
                missing: Truth::False,
            },
        }
    }

    fn filter(&mut self, filter: &Value, name: &str) -> Condition {
        let version = filter.get("hashVersion").cloned().unwrap_or(json!(2));
        let seed = text_of(filter.get("seed").unwrap_or(&json!("")));
        let attribute = attribute(filter.get("attribute"));
        let ranges: Vec<_> =
            filter.get("ranges").and_then(Value::as_array).into_iter().flatten().filter_map(pair).collect();
        self.in_ranges(name, &version, &seed, attribute, |size| {
            ranges.iter().map(|(lo, hi)| between(size, *lo, *hi)).collect()
        })
    }

    fn namespace(&mut self, namespace: &[Value], rule: &Value, name: &str) -> Condition {
        let [id, lo, hi] = namespace else {
            return Condition::Const(false);
        };
        let (Some(lo), Some(hi)) = (lo.as_f64(), hi.as_f64()) else {
            return Condition::Const(false);
        };
        let seed = format!("__{}", text_of(id));
        self.in_ranges(name, &json!(1), &seed, attribute(rule.get("hashAttribute")), |size| vec![between(size, lo, hi)])
    }

    /// Who gets a forced value. Everybody, without a range or coverage.
    fn rollout(&mut self, rule: &Value, name: &str) -> Option<Condition> {
        let range = rule.get("range").and_then(pair);
        let coverage = rule.get("coverage").and_then(Value::as_f64);
        if range.is_none() && coverage? == 0.0 {
            return Some(Condition::Const(false));
        }
        let version = rule.get("hashVersion").cloned().unwrap_or(json!(1));
        let seed =
            rule.get("seed").and_then(Value::as_str).filter(|seed| !seed.is_empty()).unwrap_or(self.name).to_owned();
        Some(self.in_ranges(name, &version, &seed, attribute(rule.get("hashAttribute")), |size| {
            match (range, coverage) {
                (Some((lo, hi)), _) => vec![between(size, lo, hi)],
                (None, Some(coverage)) => vec![covered(size, coverage)],
                (None, None) => Vec::new(),
            }
        }))
    }

    fn bandit(&mut self, rule: &Value, place: &str) {
        let Some(id) = rule.get("contextualBanditRef").and_then(Value::as_str) else {
            return;
        };
        let contexts = self.payload.bandits.get(id).and_then(|bandit| bandit.get("contexts")).and_then(Value::as_array);
        if contexts.is_some_and(|contexts| !contexts.is_empty()) {
            let why = "its weights by context are learned elsewhere and change by themselves";
            self.payload.report.attention(
                place,
                format!("the contextual bandit {id:?}"),
                why,
                "everybody gets its overall weights",
            );
        }
    }

    /// None: it is for nobody.
    fn experiment(&mut self, rule: &Value, variations: &[Value], name: &str, place: &str) -> Option<Serve> {
        if variations.len() < 2 {
            let why = "GrowthBook runs no experiment with fewer than two variations";
            self.payload.report.attention(place, "the whole rule", why, "nothing");
            return None;
        }
        let version = rule.get("hashVersion").filter(|version| !version.is_null()).cloned().unwrap_or(json!(1));
        let text = |name: &str| rule.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let seed = text("seed").or(text("key")).unwrap_or(self.name).to_owned();
        let Some(size) = self.bucket(name, &version, &seed, attribute(rule.get("hashAttribute"))) else {
            let why = "GrowthBook knows the hash versions 1 and 2 only, and gives nobody a bucket otherwise";
            self.payload.report.attention(place, format!("hash version {version}"), why, "nothing");
            return None;
        };
        let numbers = |name: &str| rule.get(name)?.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
        let fractions = if let Some(ranges) = rule.get("ranges").and_then(Value::as_array) {
            ranges.iter().map(|range| pair(range).unwrap_or_default()).collect()
        } else {
            let coverage = rule.get("coverage").and_then(Value::as_f64).unwrap_or(1.0);
            bucket_ranges(variations.len(), coverage, numbers("weights").as_deref())
        };
        let ranges: Vec<Range> = fractions.into_iter().map(|(lo, hi)| between(size, lo, hi)).collect();
        let (mut parts, mut serves, mut used) = (Vec::new(), Vec::new(), Vec::new());
        for (at, ranges) in first_wins(&ranges).into_iter().enumerate() {
            let meta = |name: &str| rule.get("meta")?.get(at)?.get(name);
            // A variation that passes through goes on with the next rule, like one that is not there.
            let serve = match variations.get(at) {
                Some(value) if meta("passthrough").and_then(Value::as_bool) != Some(true) => {
                    let hint = meta("name").or(meta("key")).and_then(Value::as_str);
                    self.variants.serve(value, hint, &used)
                }
                _ => Serve::Next,
            };
            match serve {
                Serve::Variant(key) => {
                    used.push(key.clone());
                    parts.extend(ranges.into_iter().map(|(lo, hi)| (lo, hi, key.clone())));
                }
                other => serves.extend(ranges.into_iter().map(|(lo, hi)| (lo, hi, other.clone()))),
            }
        }
        Some(Serve::Split(Split {
            bucket: name.to_owned(),
            ranges: parts,
            serves,
            ramps: Vec::new(),
            rest: Box::new(Serve::Next),
            missing: Box::new(Serve::Next),
        }))
    }
}

fn attribute(name: Option<&Value>) -> &str {
    name.and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("id")
}

fn disjoint(ranges: &[Range]) -> Vec<Range> {
    let mut ranges: Vec<Range> = first_wins(ranges).into_iter().flatten().collect();
    ranges.sort_unstable();
    ranges
}

/// Values, each under a key.
#[derive(Default)]
struct Variants {
    listed: Vec<(String, Value)>,
    names: Names,
}

impl Variants {
    /// Serves a value; null is no value. `apart`: variants that are not meant even if they have this value (an A/A test).
    fn serve(&mut self, value: &Value, hint: Option<&str>, apart: &[String]) -> Serve {
        if value.is_null() {
            return Serve::CallerDefault;
        }
        let same = |(key, other): &&(String, Value)| equal(other, value) && !apart.contains(key);
        if let Some((key, _)) = self.listed.iter().find(same) {
            return Serve::Variant(key.clone());
        }
        let own = match value {
            Value::Bool(true) => Some("on"),
            Value::Bool(false) => Some("off"),
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let fits =
            |name: &&str| yardarm_model::limits::is_key(name) && name.len() <= 40 && self.names.given(name).is_none();
        let name = hint.filter(fits).or(own.filter(fits)).map(str::to_owned);
        let mut number = self.listed.len();
        let mut next = || {
            number += 1;
            format!("variant-{number}")
        };
        let mut name = name.unwrap_or_else(&mut next);
        while self.names.given(&name).is_some() {
            name = next();
        }
        let key = self.names.key(&name);
        self.listed.push((key.clone(), value.clone()));
        Serve::Variant(key)
    }

    /// The type of all values. A flag has at least one variant, and a boolean one both.
    fn finish(&mut self) -> &'static str {
        let all = |is: fn(&Value) -> bool| self.listed.iter().all(|(_, value)| is(value));
        if all(Value::is_boolean) {
            self.serve(&Value::Bool(true), None, &[]);
            self.serve(&Value::Bool(false), None, &[]);
            return "boolean";
        }
        match () {
            () if all(Value::is_string) => "string",
            () if all(Value::is_number) => "number",
            () => "json",
        }
    }
}

struct Around<'a> {
    groups: &'a mut Groups,
    report: &'a mut Report,
    place: &'a str,
}

impl Surroundings for Around<'_> {
    fn group(&mut self, id: &str, path: &[String], scope: Scope) -> Option<Condition> {
        let found = self.groups.condition(id, path, scope);
        if found.is_none() {
            self.remark(format!("the saved group {id:?}"), "there is no such group, so nobody is in it");
        }
        found
    }

    fn remark(&mut self, what: String, why: &str) {
        self.report.attention(self.place, what, why, "look whether it is meant so");
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), String> {
        let test = Test {
            attr: vec!["pattern".to_owned()],
            reader: Reader::String,
            op: Op::Matches,
            arg: Value::from(pattern),
            missing: Truth::False,
            invalid: Truth::False,
            each: false,
            null: false,
        };
        let flag = json!({
            "on": true, "type": "boolean", "variants": {"on": true}, "off": {"serve": {"variant": "on"}},
            "default": {"serve": {"variant": "on"}},
            "rules": [{"id": "pattern", "if": Condition::Test(test), "serve": {"variant": "on"}}],
        });
        let ruleset = json!({
            "format": 1, "project": "pattern", "environment": "pattern", "version": {"epoch": "pattern", "rev": 1},
            "flags": {"pattern": flag},
        });
        let ruleset: yardarm_eval::ruleset::Ruleset =
            serde_json::from_str(&ruleset.to_string()).map_err(|error| error.to_string())?;
        match Snapshot::compile(&ruleset).compile_error("pattern") {
            None => Ok(()),
            Some(why) => Err(format!("it cannot be used here: {why}")),
        }
    }
}
