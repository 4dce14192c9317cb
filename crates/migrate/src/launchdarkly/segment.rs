//! Segments: `included` wins over `excluded`, which wins over the rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Bucket, Condition, Op, Reader, Test, Truth};

use super::clause::{self, Named, Scope};
use super::reference::{self, Malformed};
use super::rollout::{self, Arithmetic};
use super::source::{self, SegmentRule, kind_of};
use crate::exact::{Authored, leaf};
use crate::{Report, exact_condition};

/// A segment of ours under the key `key`.
pub(super) fn segment(
    key: &str,
    segment: &source::Segment,
    segments: &dyn Fn(&str) -> Named,
    arithmetic: Arithmetic,
    report: &mut Report,
) -> Value {
    let place = format!("segment {key}");
    let mut scope = Scope { segments, remarks: BTreeSet::new() };
    let mut buckets: BTreeMap<String, Bucket> = BTreeMap::new();
    let mut rules = Vec::new();
    // Without a store of big segments nobody is in one, neither by its lists nor by its rules.
    let there = if segment.unbounded { &[][..] } else { &segment.rules };
    for (index, rule) in there.iter().enumerate() {
        let place = format!("{place}, rule {}", index + 1);
        match ways(&mut scope, rule, segment, &mut buckets, arithmetic) {
            Ok(conditions) => {
                let exact = conditions.iter().filter(|one| matches!(one, Authored::Exact(_))).count();
                if exact > 0 {
                    let why = "a list is compared element by element, and a value of another type is a \"no\"";
                    report.kept(&place, format!("{exact} of {} conditions", conditions.len()), why);
                }
                rules.push(conditions);
            }
            Err(Malformed) => report.attention(
                place,
                "a malformed attribute, or segments that contain each other",
                "LaunchDarkly answers whoever comes to it with an error; here the rule is left out",
                "correct the clause",
            ),
        }
    }
    for [what, why, to_do] in scope.remarks {
        report.attention(&place, what, why, to_do);
    }
    if segment.unbounded {
        let why = "its members are not in the file, and without them nobody is in it, by its rules neither";
        report.attention(&place, "a big segment", why, "list its members' keys here, and write its rules anew");
    }
    let mut body = json!({"key": key});
    for (name, text) in [("name", &segment.name), ("description", &segment.description)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            body[name] = text.into();
        }
    }
    if let Some(created_at) = segment.created_at {
        body["created_at"] = created_at.into();
    }
    if !buckets.is_empty() {
        body["buckets"] = json!(buckets);
    }
    let (included, excluded) = if segment.unbounded { Default::default() } else { lists(segment) };
    let kinds: BTreeSet<&String> = included.keys().chain(excluded.keys()).collect();
    let count = |lists: &BTreeMap<String, BTreeSet<String>>| lists.values().map(BTreeSet::len).sum::<usize>();
    report
        .mapped(&place, format!("{} included, {} excluded, {} rules", count(&included), count(&excluded), there.len()));
    if kinds.len() <= 1 {
        for (name, list) in [("included", &included), ("excluded", &excluded)] {
            if let Some((kind, keys)) = list.iter().next() {
                body["context_kind"] = kind.as_str().into();
                body[name] = json!(keys);
            }
        }
        body["rules"] = rules.into_iter().map(Authored::all).collect();
        return body;
    }
    // Lists of several kinds are in no form of ours: they become conditions, in the same order.
    report.kept(&place, "lists of several kinds of context", "our own lists hold one kind");
    let all_in = |lists: &BTreeMap<String, BTreeSet<String>>| -> Vec<Value> {
        let tests = lists.iter().map(|(kind, keys)| Test {
            missing: Truth::False,
            invalid: Truth::False,
            ..leaf(reference::key_path(kind), Reader::String, Op::In, json!(keys))
        });
        tests.map(|test| exact_condition(&Condition::Test(test))).collect()
    };
    let mut ways = all_in(&included);
    if !rules.is_empty() {
        let by_rule: Vec<Value> = rules.into_iter().map(Authored::all).collect();
        let mut all: Vec<Value> = all_in(&excluded).into_iter().map(|test| json!({"not": test})).collect();
        all.push(json!({"any": by_rule}));
        ways.push(json!({"all": all}));
    }
    body["rules"] = ways.into();
    body
}

type Lists = BTreeMap<String, BTreeSet<String>>;

/// Kind → keys, included and excluded.
fn lists(segment: &source::Segment) -> (Lists, Lists) {
    let of = |users: &[String], contexts: &[source::Target]| {
        let mut lists = Lists::new();
        let users = users.iter().map(|key| ("user", key));
        let others = contexts.iter().flat_map(|list| {
            let kind = kind_of(list.context_kind.as_deref());
            list.values.iter().map(move |key| (kind, key))
        });
        for (kind, key) in users.chain(others).filter(|(_, key)| !key.is_empty()) {
            lists.entry(kind.to_owned()).or_default().insert(key.clone());
        }
        lists
    };
    (of(&segment.included, &segment.included_contexts), of(&segment.excluded, &segment.excluded_contexts))
}

/// Everything that must hold for a rule.
fn ways(
    scope: &mut Scope<'_>,
    rule: &SegmentRule,
    segment: &source::Segment,
    buckets: &mut BTreeMap<String, Bucket>,
    arithmetic: Arithmetic,
) -> Result<Vec<Authored>, Malformed> {
    let mut conditions = rule.clauses.iter().map(|one| clause::clause(scope, one)).collect::<Result<Vec<_>, _>>()?;
    let Some(weight) = rule.weight else { return Ok(conditions) };
    let prefix = format!("{}.{}.", segment.key, segment.salt);
    let bucket = rollout::bucket(prefix, rule.rollout_context_kind.as_deref(), rule.bucket_by.as_deref())?;
    let known = buckets.iter().find(|(_, other)| **other == bucket).map(|(name, _)| name.clone());
    let name = known.unwrap_or_else(|| format!("launchdarkly-{}", buckets.len() + 1));
    buckets.insert(name.clone(), bucket);
    let ends = rollout::ends([weight].into_iter(), arithmetic);
    let ranges = ends.into_iter().filter(|end| *end > 0).map(|end| (0, end)).collect();
    conditions.push(Authored::Exact(Condition::Bucket {
        bucket: name,
        ranges,
        ramps: Vec::new(),
        missing: Truth::False,
    }));
    Ok(conditions)
}
