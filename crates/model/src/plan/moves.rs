//! Who is served something else after a change of a configuration, in words.

use std::collections::BTreeMap;

use crate::allocation::{BUCKETS, complement};
use crate::compile::attribute_path;
use crate::document::{Configuration, Serve};
use crate::sentence;

/// Shares below this many buckets are rounding: a hundred-thousandth of a percent.
const NOBODY: u64 = 430;

/// Whom the change of a configuration affects.
pub(super) fn effects(before: Option<&Configuration>, after: Option<&Configuration>) -> Vec<String> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    match (before.on, after.on) {
        (false, false) => return Vec::new(),
        (true, false) => return vec![format!("It is turned off: everyone is served {}.", after.off_variant)],
        (false, true) => return vec![format!("It is turned on: everyone was served {}.", before.off_variant)],
        (true, true) => {}
    }
    let mut effects = Vec::new();
    for rule in &after.rules {
        let Some(old) = before.rules.iter().find(|old| old.id == rule.id && old.condition == rule.condition) else {
            continue;
        };
        let next = "the next rule";
        let who = format!("Where {}: ", sentence::condition_with(&rule.condition, &after.buckets));
        tell(&mut effects, &who, (&old.serve, next), (&rule.serve, next));
    }
    let (old, new) = ((&before.default, before.off_variant.as_str()), (&after.default, after.off_variant.as_str()));
    let alone = before.rules.is_empty() && after.rules.is_empty();
    tell(&mut effects, if alone { "" } else { "Where no rule decides: " }, old, new);
    effects
}

fn tell(effects: &mut Vec<String>, who: &str, old: (&Serve, &str), new: (&Serve, &str)) {
    let (Some(old), Some(new)) = (Drawn::of(old.0, old.1), Drawn::of(new.0, new.1)) else {
        return;
    };
    if let (Some((a, by)), Some((b, instead))) = (&old.by, &new.by)
        && a != b
    {
        effects.push(capital(&format!("{who}everyone is drawn anew, by {instead} instead of {by}.")));
        return;
    }
    let by = new.by.as_ref().or(old.by.as_ref()).map(|(_, attribute)| format!(" (by {attribute})")).unwrap_or_default();
    for ((from, to), buckets) in old.moved(&new) {
        let (share, change) =
            if buckets == BUCKETS { ("everyone".to_owned(), "changes") } else { (percent(buckets) + &by, "change") };
        effects.push(capital(&format!("{who}{share} {change} from {from} to {to}.")));
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[expect(clippy::cast_precision_loss, reason = "2^32 is exact")]
fn percent(buckets: u64) -> String {
    let percent = (buckets as f64 / BUCKETS as f64 * 100_000.0).round() / 1000.0;
    if percent == 0.0 { "less than 0.001 %".to_owned() } else { format!("{percent} %") }
}

/// What each bucket is served.
struct Drawn {
    /// The attribute that decides, as a path and as it is written; `None` when all are served alike.
    by: Option<(Vec<String>, String)>,
    /// Sorted ranges that cover everything, each with its variant.
    parts: Vec<((u64, u64), String)>,
}

impl Drawn {
    /// `rest`: what those get whom a rollout leaves. `None` for exact forms, whose buckets are their own.
    fn of(serve: &Serve, rest: &str) -> Option<Self> {
        let by = |attribute: &String| Some((attribute_path(attribute), attribute.clone()));
        let part = |variant: &str, ranges: &[(u64, u64)]| -> Vec<_> {
            ranges.iter().map(|range| (*range, variant.to_owned())).collect()
        };
        let mut drawn = match serve {
            Serve::Exact(_) => return None,
            Serve::Variant(variant) => Self { by: None, parts: part(variant, &[(0, BUCKETS)]) },
            Serve::Rollout(rollout) => {
                let rest = rollout.otherwise.as_deref().unwrap_or(rest);
                let mut parts = part(&rollout.variant, &rollout.ranges);
                parts.extend(part(rest, &complement(&rollout.ranges)));
                Self { by: by(&rollout.bucket_by), parts }
            }
            Serve::Split(split) => {
                let parts = split.shares.iter().flat_map(|share| part(&share.variant, &share.ranges));
                Self { by: by(&split.bucket_by), parts: parts.collect() }
            }
        };
        drawn.parts.sort();
        Some(drawn)
    }

    /// How many buckets go from which variant to which.
    fn moved(&self, after: &Self) -> BTreeMap<(String, String), u64> {
        let mut moved = BTreeMap::new();
        let (mut old, mut new) = (self.parts.iter().peekable(), after.parts.iter().peekable());
        while let (Some(((lo, hi), from)), Some(((start, end), to))) = (old.peek(), new.peek()) {
            let both = (*hi.min(end)).saturating_sub(*lo.max(start));
            if from != to && both > 0 {
                *moved.entry((from.clone(), to.clone())).or_insert(0) += both;
            }
            let done = if hi <= end { &mut old } else { &mut new };
            done.next();
        }
        moved.retain(|_, buckets| *buckets >= NOBODY);
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocation::settle;
    use serde_json::{Value, json};

    fn configuration(value: Value, before: Option<&Configuration>) -> Configuration {
        let mut read: Configuration = serde_json::from_value(value).unwrap();
        settle(&mut read, before);
        read
    }

    #[test]
    fn who_is_affected_is_said_in_words() {
        let rollout = |percent: f64| json!({"rollout": {"variant": "on", "percent": percent}});
        let with = |on: bool, default: Value, rules: Value| json!({"on": on, "default": default, "rules": rules, "off_variant": "off"});
        let rule = |serve: Value| json!([{"id": "r", "if": {"segment": "beta"}, "serve": serve}]);
        let none = || json!([]);
        let split = |a: u32, b: u32| json!({"split": {"shares": [{"variant": "on", "percent": a}, {"variant": "off", "percent": b}]}});
        for (before, after, said) in [
            (
                with(true, rollout(10.0), none()),
                with(true, rollout(25.0), none()),
                vec!["15 % (by user.key) change from off to on."],
            ),
            (
                with(true, rollout(25.0), none()),
                with(true, rollout(10.0), none()),
                vec!["15 % (by user.key) change from on to off."],
            ),
            (with(true, rollout(10.0), none()), with(true, rollout(10.0), none()), vec![]),
            (with(true, rollout(50.0), none()), with(true, split(50, 50), none()), vec![]),
            (
                with(true, rollout(10.0), none()),
                with(true, json!({"variant": "on"}), none()),
                vec!["90 % (by user.key) change from off to on."],
            ),
            (
                with(true, json!({"variant": "off"}), none()),
                with(true, json!({"variant": "on"}), none()),
                vec!["Everyone changes from off to on."],
            ),
            (
                with(true, rollout(10.0), rule(rollout(0.0))),
                with(true, rollout(10.0), rule(rollout(0.5))),
                vec!["Where in segment beta: 0.5 % (by user.key) change from the next rule to on."],
            ),
            (
                with(true, rollout(10.0), none()),
                with(true, json!({"rollout": {"variant": "on", "percent": 10, "bucket_by": "account.key"}}), none()),
                vec!["Everyone is drawn anew, by account.key instead of user.key."],
            ),
            (
                with(true, rollout(10.0), none()),
                with(false, rollout(10.0), none()),
                vec!["It is turned off: everyone is served off."],
            ),
            (
                with(false, rollout(10.0), none()),
                with(true, rollout(10.0), none()),
                vec!["It is turned on: everyone was served off."],
            ),
            (with(false, rollout(10.0), none()), with(false, rollout(90.0), none()), vec![]),
        ] {
            let before = configuration(before, None);
            let after = configuration(after.clone(), Some(&before));
            assert_eq!(effects(Some(&before), Some(&after)), said, "{after:?}");
        }
    }
}
