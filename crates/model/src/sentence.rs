//! Configurations as English sentences, and what changed between two of them: the words of the API, the command line
//! and the console.

mod exact;
mod tidy;
mod worded;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use yardarm_eval::ruleset::{Bucket, Unknown};

use crate::document::{AttributeTest, Condition, Configuration, Operator, Rule, Serve};
use exact::Words;
pub use worded::word;

/// Values shown before the rest is counted.
const SHOWN: usize = 10;

/// One difference: both sides for a change, one for what came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The sentence before; `None` when it is new.
    pub before: Option<String>,
    /// The sentence after; `None` when it is gone.
    pub after: Option<String>,
}

/// A configuration, one sentence a line, in the order of evaluation.
pub fn configuration(configuration: &Configuration) -> Vec<String> {
    lines(configuration, SHOWN).into_iter().map(|line| line.text).collect()
}

/// A targeting rule: `If country is one of DE, AT then serve on to 10 % by user.key.`
pub fn rule(rule: &Rule) -> String {
    rule_text(rule, Words::new(SHOWN, &BTreeMap::new()))
}

/// A condition: `country is one of DE, AT and in segment beta`.
pub fn condition(authored: &Condition) -> String {
    condition_with(authored, &BTreeMap::new())
}

/// A condition whose exact forms name these buckets.
pub fn condition_with(authored: &Condition, buckets: &BTreeMap<String, Bucket>) -> String {
    condition_text(authored, Words::new(SHOWN, buckets))
}

/// What is served: `on to 10 % by user.key, else off`.
pub fn serve(serve: &Serve) -> String {
    serve_text(serve, Words::new(SHOWN, &BTreeMap::new()))
}

/// An exact serve that names these buckets.
pub fn exact_serve(serve: &yardarm_eval::ruleset::Serve, buckets: &BTreeMap<String, Bucket>) -> String {
    Words::new(SHOWN, buckets).serve(serve)
}

fn serve_text(serve: &Serve, words: Words<'_>) -> String {
    match serve {
        Serve::Exact(serve) => words.serve(serve),
        Serve::Variant(variant) => variant.clone(),
        Serve::Rollout(rollout) => {
            let rest = rollout.otherwise.as_ref().map(|rest| format!(", else {rest}")).unwrap_or_default();
            format!("{} to {} % by {}{rest}", rollout.variant, rollout.percent, rollout.bucket_by)
        }
        Serve::Split(split) => {
            let shares = split.shares.iter().map(|share| format!("{} to {} %", share.variant, share.percent));
            format!("{} by {}", shares.collect::<Vec<_>>().join(", "), split.bucket_by)
        }
    }
}

/// What changed, in the order of evaluation. Sentences of the same part (the same rule id, the same target group) are
/// put side by side.
pub fn differences(before: &Configuration, after: &Configuration) -> Vec<Difference> {
    let (old, new) = (lines(before, usize::MAX), lines(after, usize::MAX));
    let (old_short, new_short) = (lines(before, SHOWN), lines(after, SHOWN));
    let stayed = in_order(&old, &new);
    let mut found = Vec::new();
    let mut gone = old.iter().zip(&old_short).peekable();
    // What went is told where it was: before the next line that is still there.
    let mut flush = |found: &mut Vec<Difference>, until: Option<&str>| {
        while let Some((full, short)) = gone.next_if(|(line, _)| Some(line.part.as_str()) != until) {
            if !new.iter().any(|line| line.part == full.part) {
                found.push(Difference { before: Some(short.text.clone()), after: None });
            }
        }
        gone.next_if(|(line, _)| Some(line.part.as_str()) == until);
    };
    for (position, (line, short)) in new.iter().zip(&new_short).enumerate() {
        let was = old.iter().position(|old| old.part == line.part);
        if was.is_some() && stayed.contains(line.part.as_str()) {
            flush(&mut found, Some(&line.part));
        }
        match was {
            None => found.push(Difference { before: None, after: Some(short.text.clone()) }),
            Some(was) if old[was].text != line.text => {
                let same = old_short[was].text == short.text;
                let (before, after) =
                    if same { (&old[was].text, &line.text) } else { (&old_short[was].text, &short.text) };
                found.push(Difference { before: Some(before.clone()), after: Some(after.clone()) });
            }
            Some(_) if !stayed.contains(line.part.as_str()) => {
                let place = new[..=position].iter().filter(|line| line.part.starts_with("rule:")).count();
                let after = format!("{} (moved to place {place})", short.text);
                found.push(Difference { before: Some(short.text.clone()), after: Some(after) });
            }
            Some(_) => {}
        }
    }
    flush(&mut found, None);
    found
}

/// What changed, where one of the two may not have been there: then every sentence of the other came or went.
pub fn between(before: Option<&Configuration>, after: Option<&Configuration>) -> Vec<Difference> {
    match (before, after) {
        (Some(before), Some(after)) => differences(before, after),
        (None, after) => {
            let sentences = after.map(configuration).unwrap_or_default().into_iter();
            sentences.map(|sentence| Difference { before: None, after: Some(sentence) }).collect()
        }
        (Some(before), None) => {
            let sentences = configuration(before).into_iter();
            sentences.map(|sentence| Difference { before: Some(sentence), after: None }).collect()
        }
    }
}

struct Line {
    /// What it is about: stable while its words change.
    part: String,
    text: String,
}

fn lines(configuration: &Configuration, shown: usize) -> Vec<Line> {
    let line = |part: String, text: String| Line { part, text };
    let words = Words::new(shown, &configuration.buckets);
    let mut lines = vec![line("on".into(), if configuration.on { "On.".into() } else { "Off.".into() })];
    for needed in &configuration.prerequisites {
        let variants = needed.variants.join(" or ");
        let text = format!("Needs flag {} to answer {variants}.", needed.flag);
        lines.push(line(format!("prerequisite:{}", needed.flag), text));
    }
    for target in &configuration.targets {
        let keys: Vec<Value> = target.keys.iter().map(|key| key.as_str().into()).collect();
        let text = format!("Serve {} to {} {}.", target.variant, target.context_kind, values_text(&keys, shown));
        lines.push(line(format!("target:{}:{}", target.variant, target.context_kind), text));
    }
    for rule in &configuration.rules {
        lines.push(line(format!("rule:{}", rule.id), rule_text(rule, words)));
    }
    let default = serve_text(&configuration.default, words);
    lines.push(line("default".into(), format!("By default serve {default}.")));
    if configuration.unknown == Unknown::Error {
        lines.push(line("unknown".into(), "Fail when no rule decides and one could not be answered.".to_owned()));
    }
    if let Some(cycle) = &configuration.cycle {
        let text = format!("When flags ask each other in a circle serve {}.", words.serve(&cycle.exact));
        lines.push(line("cycle".into(), text));
    }
    let off = configuration.off.as_ref().map(|off| words.serve(&off.exact));
    let off = off.unwrap_or_else(|| configuration.off_variant.clone());
    lines.push(line("off".into(), format!("When off serve {off}.")));
    lines
}

/// Parts that are on both sides in the same order: a longest common subsequence.
fn in_order<'l>(old: &'l [Line], new: &'l [Line]) -> BTreeSet<&'l str> {
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            longest[i][j] =
                if a.part == b.part { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut parts = BTreeSet::new();
    while i < old.len() && j < new.len() {
        if old[i].part == new[j].part {
            parts.insert(old[i].part.as_str());
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    parts
}

fn rule_text(rule: &Rule, words: Words<'_>) -> String {
    let serve = serve_text(&rule.serve, words);
    match &rule.condition {
        Condition::All(group) if group.all.is_empty() => format!("For everyone serve {serve}."),
        condition => format!("If {} then serve {serve}.", condition_text(condition, words)),
    }
}

fn condition_text(authored: &Condition, words: Words<'_>) -> String {
    let group = |operands: &[Condition], word: &str, none: &str| match operands {
        [] => none.to_owned(),
        [only] => condition_text(only, words),
        _ => {
            let parts = operands.iter().map(|inner| match inner {
                Condition::All(group) if group.all.len() > 1 => format!("({})", condition_text(inner, words)),
                Condition::Any(group) if group.any.len() > 1 => format!("({})", condition_text(inner, words)),
                Condition::All(_)
                | Condition::Any(_)
                | Condition::Not(_)
                | Condition::Segment(_)
                | Condition::Attribute(_) => condition_text(inner, words),
                Condition::Exact(of) => words.operand(&of.exact),
            });
            parts.collect::<Vec<_>>().join(word)
        }
    };
    match authored {
        Condition::All(all) => group(&all.all, " and ", "everyone"),
        Condition::Any(any) => group(&any.any, " or ", "nobody"),
        Condition::Not(not) => format!("not ({})", condition_text(&not.not, words)),
        Condition::Segment(reference) => {
            format!("{} segment {}", if reference.negate { "not in" } else { "in" }, reference.segment)
        }
        Condition::Attribute(test) => attribute_text(test, words.shown),
        Condition::Exact(of) => words.condition(&of.exact),
    }
}

fn attribute_text(test: &AttributeTest, shown: usize) -> String {
    let one = test.values.len() == 1;
    let (plain, negated) = match test.operator {
        Operator::In if one => ("is", "is not"),
        Operator::In => ("is one of", "is not one of"),
        Operator::StartsWith => ("starts with", "does not start with"),
        Operator::EndsWith => ("ends with", "does not end with"),
        Operator::Contains => ("contains", "does not contain"),
        Operator::Matches => ("matches", "does not match"),
        Operator::LessThan => ("is less than", "is not less than"),
        Operator::AtMost => ("is at most", "is not at most"),
        Operator::GreaterThan => ("is greater than", "is not greater than"),
        Operator::AtLeast => ("is at least", "is not at least"),
        Operator::Before => ("is before", "is not before"),
        Operator::After => ("is after", "is not after"),
        Operator::SemverEqual => ("is version", "is not version"),
        Operator::SemverLessThan => ("is below version", "is not below version"),
        Operator::SemverAtMost => ("is at most version", "is not at most version"),
        Operator::SemverGreaterThan => ("is above version", "is not above version"),
        Operator::SemverAtLeast => ("is at least version", "is not at least version"),
        Operator::InCidr => ("is in network", "is not in network"),
        Operator::HasAny if one => ("has", "does not have"),
        Operator::HasAny => ("has any of", "has none of"),
        Operator::HasAll => ("has all of", "does not have all of"),
        Operator::Present => ("is present", "is not present"),
    };
    let words = if test.negate { negated } else { plain };
    let case = if test.ignore_case { " (in any case)" } else { "" };
    if test.values.is_empty() {
        return format!("{} {words}", test.attribute);
    }
    format!("{} {words} {}{case}", test.attribute, values_text(&test.values, shown))
}

/// `DE, AT` or `DE, AT, CH and 12 more`.
pub(crate) fn values_text(values: &[Value], shown: usize) -> String {
    let text = values.iter().take(shown).map(value_text).collect::<Vec<_>>().join(", ");
    match values.len().saturating_sub(shown) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// Text is written as it is unless that could be misread.
pub(crate) fn value_text(value: &Value) -> String {
    match value.as_str() {
        Some(text)
            if !text.is_empty() && !looks_like_json(text) && !text.contains([',', '"']) && text.trim() == text =>
        {
            text.to_owned()
        }
        None => number_text(value),
        Some(_) => value.to_string(),
    }
}

/// A whole number is written without a fraction, whichever way it came.
fn number_text(value: &Value) -> String {
    match value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0 && number.abs() < 1e15) {
        Some(whole) => format!("{whole:.0}"),
        None => value.to_string(),
    }
}

fn looks_like_json(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn conditions_read_as_english() {
        let test = |attribute: &str, operator: &str, values: Value| json!({"attribute": attribute, "operator": operator, "values": values});
        for (authored, words) in [
            (test("user.country", "in", json!(["DE", "AT"])), "user.country is one of DE, AT"),
            (test("country", "in", json!(["DE"])), "country is DE"),
            (
                test("n", "in", json!([1, "1", true, "true", "a,b", ""])),
                r#"n is one of 1, "1", true, "true", "a,b", """#,
            ),
            (
                json!({"attribute": "c", "operator": "in", "values": ["x"], "negate": true, "ignore_case": true}),
                "c is not x (in any case)",
            ),
            (test("age", "at_least", json!([18])), "age is at least 18"),
            (test("app", "semver_less_than", json!(["2.0.0"])), "app is below version 2.0.0"),
            (test("tags", "has_any", json!(["a", "b"])), "tags has any of a, b"),
            (json!({"attribute": "plan", "operator": "present"}), "plan is present"),
            (json!({"attribute": "plan", "operator": "present", "negate": true}), "plan is not present"),
            (json!({"segment": "beta"}), "in segment beta"),
            (json!({"segment": "beta", "negate": true}), "not in segment beta"),
            (
                json!({"all": [{"segment": "a"}, {"any": [{"segment": "b"}, {"segment": "c"}]}]}),
                "in segment a and (in segment b or in segment c)",
            ),
            (json!({"all": [{"any": [{"segment": "b"}]}]}), "in segment b"),
            (json!({"not": {"segment": "a"}}), "not (in segment a)"),
            (json!({"any": []}), "nobody"),
            (test("n", "in", (0..13).collect()), "n is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more"),
        ] {
            assert_eq!(condition(&read(authored)), words);
        }
    }

    fn sample() -> Value {
        json!({
            "on": true,
            "prerequisites": [{"flag": "payments", "variants": ["on", "half"]}],
            "targets": [{"variant": "on", "keys": ["ana", "bo"]}],
            "rules": [
                {"id": "r1", "if": {"attribute": "user.country", "operator": "in", "values": ["DE", "AT"]}, "serve": {"rollout": {"variant": "on", "percent": 10}}},
                {"id": "r2", "if": {"all": []}, "serve": {"split": {"shares": [{"variant": "on", "percent": 12.5}, {"variant": "off", "percent": 87.5}]}}},
            ],
            "default": {"rollout": {"variant": "on", "percent": 0.1, "bucket_by": "account.key", "otherwise": "half"}},
            "off_variant": "off",
        })
    }

    #[test]
    fn configurations_read_as_english() {
        assert_eq!(
            configuration(&read(sample())),
            [
                "On.",
                "Needs flag payments to answer on or half.",
                "Serve on to user ana, bo.",
                "If user.country is one of DE, AT then serve on to 10 % by user.key.",
                "For everyone serve on to 12.5 %, off to 87.5 % by user.key.",
                "By default serve on to 0.1 % by account.key, else half.",
                "When off serve off.",
            ]
        );
    }

    #[test]
    fn differences_are_side_by_side() {
        type Case = (&'static str, fn(&mut Value), &'static [(Option<&'static str>, Option<&'static str>)]);
        let long = |value: &mut Value| {
            value["rules"][1]["if"] =
                json!({"attribute": "n", "operator": "in", "values": (0..11).collect::<Vec<_>>()});
        };
        let cases: &[Case] = &[
            ("nothing", |_| {}, &[]),
            ("switch", |v| v["on"] = false.into(), &[(Some("On."), Some("Off."))]),
            (
                "percent",
                |v| v["rules"][0]["serve"]["rollout"]["percent"] = 25.into(),
                &[(
                    Some("If user.country is one of DE, AT then serve on to 10 % by user.key."),
                    Some("If user.country is one of DE, AT then serve on to 25 % by user.key."),
                )],
            ),
            (
                "rule removed",
                |v| drop(v["rules"].as_array_mut().unwrap().remove(0)),
                &[(Some("If user.country is one of DE, AT then serve on to 10 % by user.key."), None)],
            ),
            (
                "rule added",
                |v| {
                    v["rules"]
                        .as_array_mut()
                        .unwrap()
                        .insert(1, json!({"id": "r3", "if": {"segment": "beta"}, "serve": {"variant": "on"}}));
                },
                &[(None, Some("If in segment beta then serve on."))],
            ),
            (
                "rules swapped",
                |v| v["rules"].as_array_mut().unwrap().swap(0, 1),
                &[(
                    Some("If user.country is one of DE, AT then serve on to 10 % by user.key."),
                    Some("If user.country is one of DE, AT then serve on to 10 % by user.key. (moved to place 2)"),
                )],
            ),
            (
                "prerequisite gone, target changed",
                |v| {
                    v["prerequisites"] = json!([]);
                    v["targets"][0]["keys"] = json!(["ana"]);
                },
                &[
                    (Some("Needs flag payments to answer on or half."), None),
                    (Some("Serve on to user ana, bo."), Some("Serve on to user ana.")),
                ],
            ),
        ];
        for (name, change, expected) in cases {
            let mut after = sample();
            change(&mut after);
            let found = differences(&read(sample()), &read(after));
            let found: Vec<_> = found.iter().map(|d| (d.before.as_deref(), d.after.as_deref())).collect();
            assert_eq!(found, *expected, "{name}");
        }
        // A difference among values that are not shown is shown in full.
        let (mut before, mut after) = (sample(), sample());
        long(&mut before);
        long(&mut after);
        after["rules"][1]["if"]["values"][10] = 99.into();
        let found = differences(&read(before), &read(after));
        assert!(found[0].after.as_deref().unwrap().contains("9, 99 then"), "{found:?}");
    }
}
