//! A flag with its setting in each environment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Bucket, Condition, ErrorCode, Op, Reader, Serve, Test, Truth};
use yardarm_model::limits;

use super::clause::{self, Named, Scope};
use super::reference;
use super::rollout::{self, Arithmetic};
use super::source::{Answer, Rule, Setting, Target, kind_of};
use crate::exact::{Authored, leaf};
use crate::{Names, Report, exact_condition, exact_serve, variant};

/// Everything that a setting is read with.
pub(super) struct Reading<'r> {
    /// The flag's key there.
    pub(super) original: &'r str,
    /// Variant keys in LaunchDarkly's order.
    pub(super) variants: &'r [String],
    /// For the report.
    pub(super) place: String,
    /// Keys of the segments of the environment.
    pub(super) segments: &'r dyn Fn(&str) -> Named,
    /// What the environment's other flags are.
    pub(super) others: &'r dyn Fn(&str) -> Other,
    pub(super) arithmetic: Arithmetic,
}

/// Another flag that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Other {
    /// It does not exist.
    Missing,
    /// It needs itself, or needs one that does.
    Circular,
    /// It is there, with these variants.
    Flag { key: String, variants: Vec<String> },
}

/// Type of the values, and variant keys in their order.
pub(super) fn variants(values: &[Value], names: &[Option<String>]) -> (&'static str, Vec<String>) {
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
    let value_type = match () {
        () if all(Value::is_boolean) => "boolean",
        () if all(Value::is_string) => "string",
        () if all(Value::is_number) => "number",
        () => "json",
    };
    let mut given = Names::default();
    let mut keys = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let name = names.get(index).and_then(Option::as_deref).filter(|name| !name.is_empty());
        let wanted = match (name, value) {
            (Some(name), _) => name.to_owned(),
            (None, Value::Bool(true)) => "on".to_owned(),
            (None, Value::Bool(false)) => "off".to_owned(),
            (None, Value::String(text)) if text.len() <= 40 && limits::is_key(text) => text.clone(),
            (None, _) => format!("variation-{index}"),
        };
        let key = given.key(&wanted);
        let key = if keys.contains(&key) { given.key(&format!("variation-{index}")) } else { key };
        keys.push(key);
    }
    (value_type, keys)
}

/// Ids of the rules here, in their order: LaunchDarkly's where they can be kept.
pub(super) fn rule_ids(rules: &[Rule]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut ids = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let ours = |id: &&str| limits::is_key(id) && !id.starts_with("target.") && !id.starts_with("prerequisite.");
        let mut id = rule.id.as_deref().filter(ours).map_or_else(|| format!("rule-{index}"), str::to_owned);
        while !taken.insert(id.clone()) {
            id = format!("rule-{index}.{}", taken.len());
        }
        ids.push(id);
    }
    ids
}

/// A configuration of ours.
pub(super) fn configuration(reading: &Reading<'_>, setting: &Setting, report: &mut Report) -> Value {
    let mut writing = Writing { reading, setting, buckets: Vec::new(), rules: Vec::new(), report };
    let prerequisites = writing.prerequisites();
    let targets = writing.targets(prerequisites.is_some());
    for (rule, id) in setting.rules.iter().zip(rule_ids(&setting.rules)) {
        writing.rule(rule, &id);
    }
    let nothing = Answer::default();
    let default = writing.answer(setting.fallthrough.as_ref().unwrap_or(&nothing), "fallthrough");
    let mut body = Map::new();
    body.insert("on".to_owned(), setting.on.into());
    let lists = [
        ("prerequisites", prerequisites.unwrap_or_default()),
        ("targets", targets),
        ("rules", std::mem::take(&mut writing.rules)),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            body.insert(name.to_owned(), list.into());
        }
    }
    body.insert("default".to_owned(), default);
    let off = setting.off_variation;
    let index = off.and_then(|off| reading.variant(off));
    body.insert("off_variant".to_owned(), index.or(reading.variants.last()).cloned().unwrap_or_default().into());
    if index.is_none() {
        let (serve, what) = match off {
            None => (Serve::CallerDefault, "no off variation"),
            Some(_) => (Serve::Error(ErrorCode::ParseError), "an off variation that does not exist"),
        };
        writing.report.kept(&reading.place, what, "clients get their own default");
        body.insert("off".to_owned(), exact_serve(&serve));
    }
    if !writing.buckets.is_empty() {
        let buckets: BTreeMap<_, _> = writing.buckets.into_iter().map(|(bucket, name)| (name, bucket)).collect();
        body.insert("buckets".to_owned(), json!(buckets));
    }
    Value::Object(body)
}

impl Reading<'_> {
    fn variant(&self, index: i64) -> Option<&String> {
        self.variants.get(usize::try_from(index).ok()?)
    }
}

struct Writing<'w> {
    reading: &'w Reading<'w>,
    setting: &'w Setting,
    buckets: Vec<(Bucket, String)>,
    rules: Vec<Value>,
    report: &'w mut Report,
}

impl Writing<'_> {
    /// In our own form, or else as rules before everything else.
    fn prerequisites(&mut self) -> Option<Vec<Value>> {
        let reading = self.reading;
        let needed: Vec<_> = self.setting.prerequisites.iter().map(|one| (one, (reading.others)(&one.key))).collect();
        let mut seen = BTreeSet::new();
        let natives: Option<Vec<Value>> = needed
            .iter()
            .map(|(one, other)| match other {
                Other::Flag { key, variants } if seen.insert(key.clone()) => {
                    let variant = variants.get(usize::try_from(one.variation).ok()?)?;
                    Some(json!({"flag": key, "variants": [variant]}))
                }
                _ => None,
            })
            .collect();
        if natives.is_some() && reading.variant(self.setting.off_variation.unwrap_or(-1)).is_some() {
            return natives;
        }
        for (index, (one, other)) in needed.iter().enumerate() {
            let (unmet, serve) = match other {
                Other::Flag { key, variants } => {
                    let variant = usize::try_from(one.variation).ok().and_then(|index| variants.get(index));
                    let met = variant.map_or(Condition::Const(false), |variant| Condition::Flag {
                        key: key.clone(),
                        variants: vec![variant.clone()],
                        on: true,
                    });
                    (Condition::Not(Box::new(met)), self.off())
                }
                Other::Missing => (Condition::Const(true), self.off()),
                Other::Circular => (Condition::Const(true), exact_serve(&Serve::Error(ErrorCode::ParseError))),
            };
            let (why, to_do) = match other {
                Other::Flag { .. } => ("our own form cannot say it", "nothing, it answers the same"),
                Other::Missing => ("there is no such flag; it is never met", "remove it, or import the flag"),
                Other::Circular => ("flags need each other in a circle: the answer is an error", "break the circle"),
            };
            self.report.attention(&reading.place, format!("the prerequisite {}", one.key), why, to_do);
            self.rules.push(json!({
                "id": format!("prerequisite.{index}"),
                "description": format!("Prerequisite {}", one.key),
                "if": exact_condition(&unmet),
                "serve": serve,
                "reason": "PREREQUISITE_FAILED",
            }));
        }
        (needed.is_empty()).then(Vec::new)
    }

    /// What is served when off.
    fn off(&self) -> Value {
        match self.setting.off_variation {
            None => exact_serve(&Serve::CallerDefault),
            Some(index) => self.one(index),
        }
    }

    fn one(&self, index: i64) -> Value {
        self.reading
            .variant(index)
            .map_or_else(|| exact_serve(&Serve::Error(ErrorCode::ParseError)), |key| variant(key))
    }

    /// Individual targets in the order in which they are looked at: kind, variation, keys.
    fn targeted(&self) -> Vec<(String, i64, Vec<String>)> {
        let of = |target: &Target| (kind_of(target.context_kind.as_deref()).to_owned(), target.variation);
        let mut groups = Vec::new();
        if self.setting.context_targets.is_empty() {
            groups.extend(self.setting.targets.iter().map(|t| ("user".to_owned(), t.variation, t.values.clone())));
        }
        for target in &self.setting.context_targets {
            let (kind, variation) = of(target);
            if kind == "user" && target.values.is_empty() {
                // A placeholder for the older list, which only knows users.
                let older = self.setting.targets.iter().filter(|older| older.variation == variation);
                groups.extend(older.take(1).map(|older| (kind.clone(), variation, older.values.clone())));
            } else {
                groups.push((kind, variation, target.values.clone()));
            }
        }
        let mut seen = BTreeSet::new();
        for (kind, _, keys) in &mut groups {
            keys.retain(|key| !key.is_empty() && seen.insert((kind.clone(), key.clone())));
        }
        groups.retain(|(_, _, keys)| !keys.is_empty());
        groups
    }

    /// In our own form, or else as rules.
    fn targets(&mut self, native: bool) -> Vec<Value> {
        let reading = self.reading;
        let groups = self.targeted();
        let mut seen = BTreeSet::new();
        let plain = groups.iter().all(|(kind, variation, keys)| {
            reading.variant(*variation).is_some()
                && seen.insert((kind, variation))
                && limits::is_key(kind)
                && keys.iter().all(|key| key.chars().count() <= limits::CONTEXT_KEY)
        });
        let few = groups.len() <= limits::TARGETS
            && groups.iter().map(|(_, _, keys)| keys.len()).sum::<usize>() <= limits::TARGET_KEYS;
        if native && plain && few {
            let body = |(kind, variation, keys): &(String, i64, Vec<String>)| json!({"variant": reading.variant(*variation), "context_kind": kind, "keys": keys});
            return groups.iter().map(body).collect();
        }
        for (index, (kind, variation, keys)) in groups.iter().enumerate() {
            let test = Test {
                missing: Truth::False,
                invalid: Truth::False,
                ..leaf(reference::key_path(kind), Reader::String, Op::In, json!(keys))
            };
            self.rules.push(json!({
                "id": format!("target.{index}"),
                "description": "Individual targets",
                "if": exact_condition(&Condition::Test(test)),
                "serve": self.one(*variation),
            }));
            self.report.kept(
                &reading.place,
                format!("{} individual targets of kind {kind}", keys.len()),
                "our own targets cannot say it: the variation does not exist, or they come after other rules",
            );
        }
        Vec::new()
    }

    fn rule(&mut self, rule: &Rule, id: &str) {
        let mut scope = Scope { segments: self.reading.segments, remarks: BTreeSet::new() };
        let place = format!("{}, rule {id}", self.reading.place);
        let mut conditions = Vec::new();
        let mut malformed = None;
        for (index, one) in rule.clauses.iter().enumerate() {
            let Ok(condition) = clause::clause(&mut scope, one) else {
                malformed = Some(index);
                break;
            };
            conditions.push(condition);
        }
        let exact = conditions.iter().filter(|one| matches!(one, Authored::Exact(_))).count();
        if exact > 0 {
            let why =
                "a list is compared element by element, and a value of another type is a \"no\" that can be negated";
            self.report.kept(&place, format!("{exact} of {} clauses", rule.clauses.len()), why);
        }
        for [what, why, to_do] in scope.remarks {
            self.report.attention(&place, what, why, to_do);
        }
        let serve = match malformed {
            None => {
                let answer = Answer { variation: rule.variation, rollout: rule.rollout.clone() };
                self.answer(&answer, &format!("rule {id}"))
            }
            Some(index) => {
                self.report.attention(
                    &place,
                    format!("the attribute of clause {}", index + 1),
                    "it is empty or malformed; whoever comes to it gets an error, as in LaunchDarkly",
                    "correct the clause",
                );
                exact_serve(&Serve::Error(ErrorCode::ParseError))
            }
        };
        let mut body = json!({"id": id, "if": Authored::all(conditions), "serve": serve});
        if let Some(description) = rule.description.as_deref().filter(|text| !text.is_empty()) {
            body["description"] = description.into();
        }
        self.rules.push(body);
    }

    fn answer(&mut self, answer: &Answer, what: &str) -> Value {
        let reading = self.reading;
        if let Some(index) = answer.variation {
            if reading.variant(index).is_none() {
                let why = "there is no such variation: an error, as in LaunchDarkly";
                self.report.attention(&reading.place, format!("variation {index} of {what}"), why, "serve another");
            }
            return self.one(index);
        }
        let Some(rollout) = answer.rollout.as_ref().filter(|rollout| !rollout.variations.is_empty()) else {
            let why = "it serves nothing: an error, as in LaunchDarkly";
            self.report.attention(&reading.place, what, why, "serve a variant");
            return exact_serve(&Serve::Error(ErrorCode::ParseError));
        };
        if let [only] = &rollout.variations[..] {
            return self.one(only.variation);
        }
        let salt = self.setting.salt.as_deref().unwrap_or_default();
        let Ok(bucket) = rollout::bucket_of(rollout, reading.original, salt) else {
            let why = "bucketBy is malformed: an error, as in LaunchDarkly";
            self.report.attention(&reading.place, format!("the rollout of {what}"), why, "correct the attribute");
            return exact_serve(&Serve::Error(ErrorCode::ParseError));
        };
        let name = if let Some((_, name)) = self.buckets.iter().find(|(other, _)| *other == bucket) {
            name.clone()
        } else {
            let name = format!("launchdarkly-{}", self.buckets.len() + 1);
            self.buckets.push((bucket, name.clone()));
            name
        };
        self.report.kept(
            format!("{}, {what}", reading.place),
            format!("a rollout over {} variations", rollout.variations.len()),
            "LaunchDarkly's hash, so that everybody keeps their variation",
        );
        if rollout.kind.as_deref() == Some("experiment") {
            let why = "events and results of experiments are not imported";
            let to_do = "start the experiment again when it should go on";
            self.report.attention(format!("{}, {what}", reading.place), "an experiment", why, to_do);
        }
        let variant = |index| reading.variant(index).cloned();
        exact_serve(&Serve::Split(rollout::split(rollout, name, reading.arithmetic, variant)))
    }
}
