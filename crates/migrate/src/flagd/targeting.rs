//! Targeting: chains of `if` whose results are constants become rules, a `fractional` at their end a split. Everything
//! else is computed at run time, the way flagd does it.

use serde_json::Value;
use yardarm_eval::ruleset::{Bucket, Condition, ErrorCode, Op, Reader, Serve, Split, Truth, UnitText};

use super::condition::{operation, test, truthy, variable};
use super::shares::Shares;
use crate::Names;

/// The largest weight.
const WEIGHT: i64 = (1 << 31) - 1;
/// Rules that a chain may become; longer ones stay `JSONLogic`.
const RULES: usize = 150;

/// A rule to be.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) condition: Condition,
    /// None: the default rule's answer, for the default rule's reason.
    pub(super) serve: Option<Serve>,
}

/// Rules in order, and the buckets they use.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) buckets: Vec<(String, Bucket)>,
}

/// What is known of the flag.
pub(super) struct Flag<'f> {
    pub(super) key: &'f str,
    pub(super) variants: &'f Names,
    /// How shares are calculated.
    pub(super) shares: Shares,
}

/// Rules for an expression, or nothing when it has to be computed.
pub(super) fn rules(flag: &Flag<'_>, targeting: &Value) -> Option<Steps> {
    let mut steps = Steps::default();
    follow(flag, targeting, &[], true, &mut steps)?;
    (steps.steps.len() <= RULES).then_some(steps)
}

/// `under`: what has to hold for getting here at all. `last`: nothing comes after this. Gives whether it always decides.
fn follow(flag: &Flag<'_>, expression: &Value, under: &[Condition], last: bool, steps: &mut Steps) -> Option<bool> {
    let here = |condition: Option<Condition>| {
        let mut parts: Vec<Condition> = under.to_vec();
        parts.extend(condition);
        if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) }
    };
    match (expression, operation(expression)) {
        (Value::Null, _) => {
            if last {
                return Some(false);
            }
            steps.steps.push(Step { condition: here(None), serve: None });
            Some(true)
        }
        (Value::String(_) | Value::Bool(_) | Value::Number(_), _) => {
            steps.steps.push(Step { condition: here(None), serve: Some(constant(flag, expression)) });
            Some(true)
        }
        (_, Some(("if", operands))) => {
            let mut rest = operands;
            while let [condition, result, more @ ..] = rest {
                let mut inner = under.to_vec();
                inner.push(truthy(condition));
                // Only what is at the very end may leave it to the default rule.
                let decided = follow(flag, result, &inner, false, steps)?;
                debug_assert!(decided, "only what is last leaves it open");
                if steps.steps.len() > RULES {
                    return None;
                }
                rest = more;
            }
            follow(flag, rest.first().unwrap_or(&Value::Null), under, last, steps)
        }
        (_, Some(("fractional", operands))) if last && under.is_empty() => {
            let serve = fractional(flag, operands, steps)?;
            if let Some(serve) = serve {
                steps.steps.push(Step { condition: here(None), serve: Some(serve) });
            }
            Some(false)
        }
        _ => None,
    }
}

/// The variant that a result names.
fn constant(flag: &Flag<'_>, result: &Value) -> Serve {
    let name = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
    flag.variants.given(&name).map_or(Serve::Error(ErrorCode::General), |key| Serve::Variant(key.to_owned()))
}

/// Some(None): nobody gets anything.
#[expect(
    clippy::option_option,
    reason = "the outer one says whether it can be said, the inner whether anybody gets it"
)]
fn fractional(flag: &Flag<'_>, operands: &[Value], steps: &mut Steps) -> Option<Option<Serve>> {
    let (by, shares) = match operands {
        [first, rest @ ..] if !first.is_array() => (Some(variable(first)?), rest),
        shares => (None, shares),
    };
    let shares = shares.iter().map(share).collect::<Option<Vec<_>>>()?;
    let weights: Vec<u32> = shares.iter().map(|(_, weight)| *weight).collect();
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if total == 0 {
        return Some(None);
    }
    if total > u64::from(u32::MAX >> 1) {
        return None;
    }
    let (mut ranges, mut serves, mut lo) = (Vec::new(), Vec::new(), 0);
    for ((result, _), hi) in shares.iter().zip(flag.shares.ends(&weights, total)) {
        let (lo, hi) = (std::mem::replace(&mut lo, hi), hi);
        if lo >= hi {
            continue;
        }
        match constant(flag, result) {
            Serve::Variant(variant) => ranges.push((lo, hi, variant)),
            other => serves.push((lo, hi, other)),
        }
    }
    let mut split = |name: &str, bucket: Bucket, missing: Serve| {
        steps.buckets.push((name.to_owned(), bucket));
        Serve::Split(Split {
            bucket: name.to_owned(),
            ranges: ranges.clone(),
            serves: serves.clone(),
            ramps: Vec::new(),
            rest: Box::new(Serve::Next),
            missing: Box::new(missing),
        })
    };
    let mut by_key = Bucket::native(flag.key.to_owned(), vec!["targetingKey".to_owned()]);
    (by_key.text, by_key.fold) = (UnitText::String, flag.shares.fold());
    let otherwise = split("targeting-key", by_key, Serve::Next);
    Some(Some(match by {
        None => otherwise,
        Some(path) => {
            // flagd takes what is there and no text for a share, which it is not: nobody gets anything.
            let odd = Value::from(vec!["array", "boolean", "number", "object"]);
            let odd = test(&path, Reader::Type, Op::In, odd, Truth::False);
            steps.steps.push(Step { condition: odd, serve: None });
            let mut own = Bucket::native(String::new(), path);
            (own.text, own.empty, own.fold) = (UnitText::String, true, flag.shares.fold());
            split("attribute", own, otherwise)
        }
    }))
}

/// `["name"]` or `["name", weight]`.
fn share(share: &Value) -> Option<(&Value, u32)> {
    let (name, weight) = match share.as_array()?.as_slice() {
        [name] => (name, 1),
        [name, weight] => (name, weight.as_i64().filter(|weight| *weight <= WEIGHT)?.max(0)),
        _ => return None,
    };
    let constant = matches!(name, Value::String(_) | Value::Bool(_) | Value::Number(_));
    Some((name, u32::try_from(weight).ok()?)).filter(|_| constant)
}
