//! What a configuration serves, in a few words: the chip in the console, the column on the command line, the `serves`
//! of the API. A pure function, so that all three always say the same.

use serde::Serialize;
use yardarm_eval::ruleset::Serve as Exact;

use crate::allocation::milli;
use crate::document::{Condition, Configuration, Operator, Rollout, Rule, Serve, Split};
use crate::limits::MILLI_PERCENT;
use crate::sentence;

/// What a configuration serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Serves {
    /// For filters and colours.
    pub kind: ServesKind,
    /// For people: `off`, `on`, `10 % · user.country in DE`, `A 50 / B 50`, `3 rules`.
    pub text: String,
}

/// The kinds of serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServesKind {
    /// The flag is off.
    Off,
    /// Everyone gets the same.
    All,
    /// Some get something else: one percentage or one rule.
    Partial,
    /// Everyone is split by weight.
    Split,
    /// Anything more.
    Rules,
}

/// Longest condition that is spelled out.
const CONDITION: usize = 48;

/// What a configuration serves.
pub fn serves(configuration: &Configuration) -> Serves {
    let say = |kind, text: String| Serves { kind, text };
    if !configuration.on {
        return say(ServesKind::Off, "off".to_owned());
    }
    let off = configuration.off_variant.as_str();
    let targets: usize = configuration.targets.iter().map(|target| target.keys.len()).sum();
    let plus = match targets {
        0 => String::new(),
        1 => " + 1 target".to_owned(),
        n => format!(" + {n} targets"),
    };
    match (&configuration.rules[..], whole(&configuration.default, off)) {
        ([], Some(everyone)) if targets == 0 => say(ServesKind::All, everyone.to_owned()),
        ([], Some(everyone)) => say(ServesKind::Partial, format!("{everyone}{plus}")),
        ([], None) => match &configuration.default {
            Serve::Split(split) if targets == 0 => say(ServesKind::Split, split_text(split)),
            Serve::Split(split) => say(ServesKind::Rules, format!("{}{plus}", split_text(split))),
            Serve::Rollout(rollout) => say(ServesKind::Partial, format!("{}{plus}", rollout_text(rollout))),
            Serve::Variant(variant) => say(ServesKind::All, variant.clone()),
            Serve::Exact(serve) => {
                let kind = if targets == 0 && is_split(serve) { ServesKind::Split } else { ServesKind::Rules };
                say(kind, format!("{}{plus}", exact_text(serve, configuration)))
            }
        },
        ([rule], Some(everyone)) if everyone == off && targets == 0 => {
            say(ServesKind::Partial, rule_text(rule, configuration))
        }
        (rules, _) => {
            let count = if rules.len() == 1 { "1 rule".to_owned() } else { format!("{} rules", rules.len()) };
            say(ServesKind::Rules, format!("{count}{plus}"))
        }
    }
}

/// The variant that all get, if they do.
fn whole<'c>(serve: &'c Serve, off: &'c str) -> Option<&'c str> {
    match serve {
        Serve::Variant(variant) => Some(variant),
        Serve::Exact(serve) => match &**serve {
            Exact::Variant(variant) => Some(variant),
            Exact::Split(_)
            | Exact::Next
            | Exact::Flag(_)
            | Exact::CallerDefault
            | Exact::Error(_)
            | Exact::Compute(_) => None,
        },
        Serve::Rollout(rollout) => match milli(rollout.percent) {
            MILLI_PERCENT => Some(&rollout.variant),
            0 => Some(rollout.otherwise.as_deref().unwrap_or(off)),
            _ if rollout.otherwise.as_deref().unwrap_or(off) == rollout.variant => Some(&rollout.variant),
            _ => None,
        },
        Serve::Split(split) => {
            split.shares.iter().find(|share| milli(share.percent) == MILLI_PERCENT).map(|share| share.variant.as_str())
        }
    }
}

fn rollout_text(rollout: &Rollout) -> String {
    match rollout.variant.as_str() {
        "on" => format!("{} %", rollout.percent),
        variant => format!("{variant} {} %", rollout.percent),
    }
}

fn split_text(split: &Split) -> String {
    let shares = split.shares.iter().filter(|share| milli(share.percent) > 0);
    shares.map(|share| format!("{} {}", share.variant, share.percent)).collect::<Vec<_>>().join(" / ")
}

fn is_split(serve: &Exact) -> bool {
    matches!(serve, Exact::Split(_))
}

/// An exact serve, if it is short enough.
fn exact_text(serve: &Exact, configuration: &Configuration) -> String {
    let text = sentence::exact_serve(serve, &configuration.buckets);
    if text.chars().count() <= CONDITION { text } else { "exact".to_owned() }
}

fn rule_text(rule: &Rule, configuration: &Configuration) -> String {
    let serve = match &rule.serve {
        Serve::Exact(serve) => exact_text(serve, configuration),
        Serve::Variant(variant) => variant.clone(),
        Serve::Rollout(rollout) => rollout_text(rollout),
        Serve::Split(split) => split_text(split),
    };
    match condition_text(&rule.condition, configuration) {
        Some(condition) => format!("{serve} · {condition}"),
        None => format!("{serve} · 1 rule"),
    }
}

/// A condition, if it is short enough.
fn condition_text(condition: &Condition, configuration: &Configuration) -> Option<String> {
    let text = match condition {
        Condition::Attribute(test) if test.operator == Operator::In => {
            let word = if test.negate { "not in" } else { "in" };
            format!("{} {word} {}", test.attribute, sentence::values_text(&test.values, 3))
        }
        Condition::Segment(reference) => {
            format!("{} {}", if reference.negate { "not in" } else { "in" }, reference.segment)
        }
        Condition::All(group) => {
            if group.all.is_empty() {
                return Some("everyone".to_owned());
            }
            let parts: Option<Vec<String>> =
                group.all.iter().map(|inner| condition_text(inner, configuration)).collect();
            parts?.join(" and ")
        }
        Condition::Any(_) | Condition::Not(_) | Condition::Attribute(_) | Condition::Exact(_) => {
            sentence::condition_with(condition, &configuration.buckets)
        }
    };
    (text.chars().count() <= CONDITION).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn every_kind_has_its_words() {
        let rollout = |percent: f64| json!({"rollout": {"variant": "on", "percent": percent}});
        let split = |a: f64, b: f64| json!({"split": {"shares": [{"variant": "A", "percent": a}, {"variant": "B", "percent": b}]}});
        let off = || json!({"variant": "off"});
        let country = |values: Value| json!({"attribute": "user.country", "operator": "in", "values": values});
        let rule = |condition: Value, serve: Value| json!({"id": "r", "if": condition, "serve": serve});
        let targets = |n: usize| json!([{"variant": "on", "keys": (0..n).map(|n| n.to_string()).collect::<Vec<_>>()}]);
        for (on, default, rules, target, kind, text) in [
            (false, json!({"variant": "on"}), json!([]), json!([]), ServesKind::Off, "off"),
            (true, json!({"variant": "on"}), json!([]), json!([]), ServesKind::All, "on"),
            (true, off(), json!([]), json!([]), ServesKind::All, "off"),
            (true, rollout(10.0), json!([]), json!([]), ServesKind::Partial, "10 %"),
            (true, rollout(0.125), json!([]), json!([]), ServesKind::Partial, "0.125 %"),
            (true, rollout(100.0), json!([]), json!([]), ServesKind::All, "on"),
            (true, rollout(0.0), json!([]), json!([]), ServesKind::All, "off"),
            (
                true,
                json!({"rollout": {"variant": "B", "percent": 5, "otherwise": "A"}}),
                json!([]),
                json!([]),
                ServesKind::Partial,
                "B 5 %",
            ),
            (true, split(50.0, 50.0), json!([]), json!([]), ServesKind::Split, "A 50 / B 50"),
            (true, split(100.0, 0.0), json!([]), json!([]), ServesKind::All, "A"),
            (
                true,
                off(),
                json!([rule(country(json!(["DE"])), rollout(10.0))]),
                json!([]),
                ServesKind::Partial,
                "10 % · user.country in DE",
            ),
            (
                true,
                off(),
                json!([rule(country(json!([1, 2, 3, 4, 5])), json!({"variant": "on"}))]),
                json!([]),
                ServesKind::Partial,
                "on · user.country in 1, 2, 3 and 2 more",
            ),
            (
                true,
                off(),
                json!([rule(json!({"segment": "beta"}), split(50.0, 50.0))]),
                json!([]),
                ServesKind::Partial,
                "A 50 / B 50 · in beta",
            ),
            (
                true,
                off(),
                json!([rule(json!({"all": [{"segment": "beta"}, country(json!(["DE"]))]}), json!({"variant": "on"}))]),
                json!([]),
                ServesKind::Partial,
                "on · in beta and user.country in DE",
            ),
            (
                true,
                off(),
                json!([rule(country(json!(["a very long value of a country that nobody reads"])), rollout(1.0))]),
                json!([]),
                ServesKind::Partial,
                "1 % · 1 rule",
            ),
            (
                true,
                json!({"variant": "on"}),
                json!([rule(json!({"segment": "beta"}), off())]),
                json!([]),
                ServesKind::Rules,
                "1 rule",
            ),
            (
                true,
                off(),
                json!([
                    rule(json!({"all": []}), off()),
                    rule(json!({"all": []}), off()),
                    rule(json!({"all": []}), off())
                ]),
                json!([]),
                ServesKind::Rules,
                "3 rules",
            ),
            (true, off(), json!([]), targets(2), ServesKind::Partial, "off + 2 targets"),
            (
                true,
                off(),
                json!([rule(json!({"segment": "beta"}), rollout(5.0))]),
                targets(1),
                ServesKind::Rules,
                "1 rule + 1 target",
            ),
        ] {
            let body = json!({"on": on, "default": default, "rules": rules, "targets": target, "off_variant": "off"});
            let configuration: Configuration = serde_json::from_value(body.clone()).unwrap();
            assert_eq!(serves(&configuration), Serves { kind, text: text.to_owned() }, "{body}");
        }
    }
}
