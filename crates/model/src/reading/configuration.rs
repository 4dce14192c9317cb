//! What a flag serves in one environment.

use std::collections::BTreeSet;

use serde_json::Value;

use super::condition::{attribute, context_kind};
use super::exact::{buckets, exact_serve, exactly, word};
use super::{At, Fields, Problems, condition, context_key, key, text, wrong_type};
use crate::document::{Configuration, Prerequisite, Rollout, Rule, Serve, Share, Split, Target};
use crate::{allocation, codes, limits};

/// The members of a configuration.
pub(crate) const CONFIGURATION: [&str; 10] =
    ["on", "prerequisites", "targets", "rules", "default", "off_variant", "off", "buckets", "unknown", "cycle"];

/// Reads a configuration. References to variants, flags and segments are looked at later, when all are known.
pub(crate) fn configuration(problems: &mut Problems, at: &At, value: &Value) -> Configuration {
    let fields = Fields::of(problems, at, value, &CONFIGURATION);
    let nothing = Serve::Variant(String::new());
    fields.need(problems, "on");
    Configuration {
        on: fields.boolean(problems, "on").unwrap_or_default(),
        prerequisites: prerequisites(problems, &fields),
        targets: targets(problems, &fields),
        rules: rules(problems, &fields),
        default: fields
            .need(problems, "default")
            .map_or(nothing, |value| serve(problems, &fields.at.field("default"), value, true)),
        off_variant: fields.reference(problems, "off_variant"),
        off: exactly(problems, &fields, "off"),
        buckets: buckets(problems, &fields),
        unknown: word(problems, &fields, "unknown").unwrap_or_default(),
        cycle: exactly(problems, &fields, "cycle"),
    }
}

fn prerequisites(problems: &mut Problems, fields: &Fields<'_>) -> Vec<Prerequisite> {
    let at = fields.at.field("prerequisites");
    let mut seen = BTreeSet::new();
    let mut prerequisites = Vec::new();
    for (index, item) in fields.list(problems, "prerequisites", limits::PREREQUISITES).iter().enumerate() {
        let fields = Fields::of(problems, &at.index(index), item, &["flag", "variants"]);
        let flag = fields.reference(problems, "flag");
        if !flag.is_empty() && !seen.insert(flag.clone()) {
            problems.add(
                &fields.at.field("flag"),
                codes::DUPLICATE,
                format!("the flag {flag:?} is needed twice; list all its variants once"),
            );
        }
        let at = fields.at.field("variants");
        let mut variants = Vec::new();
        if let Some(given) = fields.need(problems, "variants") {
            for (index, item) in super::list(problems, &at, given, limits::VARIANTS).iter().enumerate() {
                let variant = text(problems, &at.index(index), item, limits::KEY);
                if variants.contains(&variant) && !variant.is_empty() {
                    problems.add(&at.index(index), codes::DUPLICATE, format!("the variant {variant:?} is there twice"));
                }
                variants.push(variant);
            }
            if given.as_array().is_some_and(Vec::is_empty) {
                problems.add(&at, codes::EMPTY, "name at least one variant that the other flag must answer");
            }
        }
        prerequisites.push(Prerequisite { flag, variants });
    }
    prerequisites
}

fn targets(problems: &mut Problems, fields: &Fields<'_>) -> Vec<Target> {
    let at = fields.at.field("targets");
    let mut groups = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for (index, item) in fields.list(problems, "targets", limits::TARGETS).iter().enumerate() {
        let fields = Fields::of(problems, &at.index(index), item, &["variant", "context_kind", "keys"]);
        let variant = fields.reference(problems, "variant");
        let kind = context_kind(problems, &fields);
        if !variant.is_empty() && !groups.insert((variant.clone(), kind.clone())) {
            let message =
                format!("the variant {variant:?} already has targets of kind {kind:?}; put the keys together");
            problems.add(&fields.at, codes::DUPLICATE, message);
        }
        let at = fields.at.field("keys");
        let mut keys = Vec::new();
        fields.need(problems, "keys");
        for (index, item) in fields.list(problems, "keys", limits::TARGET_KEYS).iter().enumerate() {
            let key = context_key(problems, &at, index, item);
            if !key.is_empty() && !seen.insert((kind.clone(), key.clone())) {
                problems.add(&at.index(index), codes::DUPLICATE, format!("{key:?} is targeted twice"));
            }
            keys.push(key);
        }
        targets.push(Target { variant, context_kind: kind, keys });
    }
    if seen.len() > limits::TARGET_KEYS {
        let message =
            format!("{} targeted keys; at most {} are allowed, use a segment", seen.len(), limits::TARGET_KEYS);
        problems.add(&at, codes::TOO_MANY, message);
    }
    targets
}

fn rules(problems: &mut Problems, fields: &Fields<'_>) -> Vec<Rule> {
    let at = fields.at.field("rules");
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, item) in fields.list(problems, "rules", limits::RULES).iter().enumerate() {
        let fields = Fields::of(problems, &at.index(index), item, &["id", "description", "if", "serve", "reason"]);
        // An empty id is the same as none: the server makes one.
        let id = fields.get("id").filter(|id| id.as_str() != Some(""));
        let id = id.map(|value| key(problems, &fields.at.field("id"), value)).unwrap_or_default();
        if !id.is_empty() && !seen.insert(id.clone()) {
            problems.add(&fields.at.field("id"), codes::DUPLICATE, format!("the rule id {id:?} is there twice"));
        }
        let everyone = crate::document::Condition::All(crate::document::AllOf { all: Vec::new() });
        rules.push(Rule {
            id,
            description: fields.prose(problems, "description", limits::DESCRIPTION).unwrap_or_default(),
            condition: fields
                .need(problems, "if")
                .map_or(everyone, |value| condition(problems, &fields.at.field("if"), value)),
            serve: fields.need(problems, "serve").map_or(Serve::Variant(String::new()), |value| {
                serve(problems, &fields.at.field("serve"), value, false)
            }),
            reason: word(problems, &fields, "reason"),
        });
    }
    rules
}

fn serve(problems: &mut Problems, at: &At, value: &Value, is_default: bool) -> Serve {
    const SHAPES: [&str; 4] = ["variant", "rollout", "split", "exact"];
    let fields = Fields::unchecked(at, value);
    let present: Vec<&str> = SHAPES.into_iter().filter(|shape| fields.get(shape).is_some()).collect();
    if let ["exact"] = present[..] {
        return exact_serve(problems, at, value).map_or(Serve::Variant(String::new()), Serve::Exact);
    }
    let fields = Fields::of(problems, at, value, &SHAPES);
    match present[..] {
        ["variant"] => Serve::Variant(fields.reference(problems, "variant")),
        ["rollout"] => Serve::Rollout(rollout(problems, &fields, is_default)),
        ["split"] => Serve::Split(split(problems, &fields)),
        _ => {
            if fields.is_object() {
                let message =
                    r#"serve exactly one of {"variant": …}, {"rollout": {…}}, {"split": {…}} and {"exact": …}"#;
                problems.add(at, codes::SERVE_SHAPE, message);
            }
            Serve::Variant(String::new())
        }
    }
}

fn rollout(problems: &mut Problems, outer: &Fields<'_>, is_default: bool) -> Rollout {
    let known = ["variant", "percent", "bucket_by", "otherwise", "ranges"];
    let Some(value) = outer.get("rollout") else { return Rollout::of("", 0.0) };
    let fields = Fields::of(problems, &outer.at.field("rollout"), value, &known);
    if !is_default && fields.get("otherwise").is_some() {
        let message = "in a targeting rule the others go on to the next rule; only the default rule has an otherwise";
        problems.add(&fields.at.field("otherwise"), codes::OTHERWISE_IN_RULE, message);
    }
    let otherwise = fields.text(problems, "otherwise", limits::KEY).filter(|_| is_default);
    let ranges = ranges(problems, &fields);
    check_ranges(problems, &fields.at.field("ranges"), &[&ranges]);
    Rollout {
        variant: fields.reference(problems, "variant"),
        percent: percent(problems, &fields),
        bucket_by: bucket_by(problems, &fields),
        otherwise,
        ranges,
    }
}

fn split(problems: &mut Problems, outer: &Fields<'_>) -> Split {
    let empty = Split { bucket_by: "user.key".to_owned(), shares: Vec::new() };
    let Some(value) = outer.get("split") else { return empty };
    let fields = Fields::of(problems, &outer.at.field("split"), value, &["bucket_by", "shares"]);
    let bucket_by = bucket_by(problems, &fields);
    let at = fields.at.field("shares");
    let before = problems.len();
    let mut shares: Vec<Share> = Vec::new();
    fields.need(problems, "shares");
    for (index, item) in fields.list(problems, "shares", limits::VARIANTS).iter().enumerate() {
        let fields = Fields::of(problems, &at.index(index), item, &["variant", "percent", "ranges"]);
        let variant = fields.reference(problems, "variant");
        if !variant.is_empty() && shares.iter().any(|share| share.variant == variant) {
            problems.add(
                &fields.at.field("variant"),
                codes::DUPLICATE,
                format!("the variant {variant:?} has two shares"),
            );
        }
        let percent = percent(problems, &fields);
        shares.push(Share { variant, percent, ranges: ranges(problems, &fields) });
    }
    let sum: u32 = shares.iter().map(|share| allocation::milli(share.percent)).sum();
    if problems.len() == before && sum != limits::MILLI_PERCENT {
        let (sum, way) = (f64::from(sum) / 1000.0, if sum < limits::MILLI_PERCENT { "missing" } else { "too much" });
        let rest = ((sum - 100.0).abs() * 1000.0).round() / 1000.0;
        problems.add(&at, codes::PERCENT_SUM, format!("the percentages add up to {sum}, not 100: {rest} {way}"));
    }
    let all: Vec<&[(u64, u64)]> = shares.iter().map(|share| share.ranges.as_slice()).collect();
    check_ranges(problems, &at, &all);
    Split { bucket_by, shares }
}

fn percent(problems: &mut Problems, fields: &Fields<'_>) -> f64 {
    let Some(value) = fields.need(problems, "percent") else { return 0.0 };
    let at = fields.at.field("percent");
    let Some(percent) = value.as_f64() else {
        wrong_type(problems, &at, "a number", value);
        return 0.0;
    };
    if !(0.0..=100.0).contains(&percent) {
        problems.add(&at, codes::PERCENT_RANGE, format!("a percentage is between 0 and 100, not {value}"));
        return 0.0;
    }
    let milli = percent * 1000.0;
    if (milli - milli.round()).abs() > 1e-6 {
        problems.add(&at, codes::PERCENT_PRECISION, format!("{value} has more than three decimals"));
        return 0.0;
    }
    milli.round() / 1000.0
}

fn bucket_by(problems: &mut Problems, fields: &Fields<'_>) -> String {
    let value = fields.get("bucket_by");
    value.map_or_else(|| "user.key".to_owned(), |value| attribute(problems, &fields.at.field("bucket_by"), value))
}

fn ranges(problems: &mut Problems, fields: &Fields<'_>) -> Vec<(u64, u64)> {
    let at = fields.at.field("ranges");
    let mut ranges = Vec::new();
    for (index, item) in fields.list(problems, "ranges", limits::VALUES).iter().enumerate() {
        match item
            .as_array()
            .map(|pair| (pair.len(), pair.first().and_then(Value::as_u64), pair.get(1).and_then(Value::as_u64)))
        {
            Some((2, Some(lo), Some(hi))) => ranges.push((lo, hi)),
            _ => wrong_type(problems, &at.index(index), "a pair of integers [from, to)", item),
        }
    }
    ranges
}

fn check_ranges(problems: &mut Problems, at: &At, ranges: &[&[(u64, u64)]]) {
    if let Err(why) = allocation::well_formed(ranges.iter().flat_map(|ranges| ranges.iter().copied())) {
        problems.add(at, codes::RANGES_INVALID, format!("{why}; leave ranges out and the server makes them"));
    }
}

impl Rollout {
    /// A rollout by `user.key` that has no ranges yet.
    pub fn of(variant: &str, percent: f64) -> Self {
        Self {
            variant: variant.to_owned(),
            percent,
            bucket_by: "user.key".to_owned(),
            otherwise: None,
            ranges: Vec::new(),
        }
    }
}
