//! What each operator does with its arguments.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::values::{alike, js_text_of, number, number_of, order, parsed, same, text_of, truthy};
use super::{Computed, Data, Expression, Run};
use crate::buckets::joined;
use crate::hash::Murmur3;
use crate::version::Version;

/// Operators by name.
macro_rules! operations {
    ($($name:literal $operation:ident,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Operation {
            $($operation,)*
        }

        impl Operation {
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$operation),)*
                    "?:" => Some(Self::If),
                    _ => None,
                }
            }
        }
    };
}

operations! {
    "var" Var, "missing" Missing, "missing_some" MissingSome, "if" If, "and" And, "or" Or, "!" Not, "!!" Truth,
    "==" Equal, "===" Same, "!=" NotEqual, "!==" NotSame, "<" Less, "<=" AtMost, ">" Greater, ">=" AtLeast,
    "max" Max, "min" Min, "+" Plus, "-" Minus, "*" Times, "/" Divide, "%" Modulo,
    "in" In, "cat" Cat, "substr" Substr, "merge" Merge,
    "map" Map, "filter" Filter, "reduce" Reduce, "all" All, "none" None, "some" Some,
    "starts_with" StartsWith, "ends_with" EndsWith, "sem_ver" SemVer, "fractional" Fractional,
}

/// `None` when the computation takes too many steps.
pub(super) fn run<'r, 'v>(
    run: &mut Run<'r>,
    operation: Operation,
    arguments: &'v [Expression],
    data: Data<'v>,
) -> Option<Computed<'v>>
where
    'r: 'v,
{
    match operation {
        Operation::If => return choose(run, arguments, data),
        Operation::And | Operation::Or => {
            let mut last = Cow::Owned(Value::Null);
            for argument in arguments {
                last = run.of(argument, data)?;
                if truthy(&last) == (operation == Operation::Or) {
                    break;
                }
            }
            return Some(last);
        }
        Operation::Map | Operation::Filter | Operation::Reduce | Operation::All | Operation::None | Operation::Some => {
            return over_list(run, operation, arguments, data).map(Cow::Owned);
        }
        _ => {}
    }
    let values: Vec<Computed<'v>> = arguments.iter().map(|argument| run.of(argument, data)).collect::<Option<_>>()?;
    if operation == Operation::Var {
        let path = values.first().map(|path| text_of(path)).unwrap_or_default();
        let found = run.find(&path, data);
        return Some(if found.is_null() { values.into_iter().nth(1).unwrap_or(found) } else { found });
    }
    Some(Cow::Owned(plain(run, operation, &values, data)))
}

fn choose<'r, 'v>(run: &mut Run<'r>, arguments: &'v [Expression], data: Data<'v>) -> Option<Computed<'v>>
where
    'r: 'v,
{
    for pair in arguments.chunks(2) {
        match pair {
            [condition, then] => {
                let holds = run.of(condition, data)?;
                if truthy(&holds) {
                    return run.of(then, data);
                }
            }
            [otherwise] => return run.of(otherwise, data),
            _ => {}
        }
    }
    Some(Cow::Owned(Value::Null))
}

fn over_list<'r, 'v>(
    run: &mut Run<'r>,
    operation: Operation,
    arguments: &'v [Expression],
    data: Data<'v>,
) -> Option<Value>
where
    'r: 'v,
{
    let list = match arguments.first() {
        Some(list) => run.of(list, data)?,
        None => Cow::Owned(Value::Null),
    };
    let elements = list.as_array().map_or(&[] as &[Value], Vec::as_slice);
    let nothing = Expression::Literal(Value::Null);
    let body = arguments.get(1).unwrap_or(&nothing);
    if operation == Operation::Reduce {
        let mut sum = match arguments.get(2) {
            Some(first) => run.of(first, data)?.into_owned(),
            None => Value::Null,
        };
        for element in elements {
            run.pay(element)?;
            let local = [("current".to_owned(), element.clone()), ("accumulator".to_owned(), sum)];
            sum = inside(run, body, &Value::Object(local.into_iter().collect()))?;
        }
        return Some(sum);
    }
    let mut results = Vec::new();
    let mut passed = 0;
    for element in elements {
        let result = inside(run, body, element)?;
        let counts = truthy(&result);
        passed += usize::from(counts);
        match operation {
            Operation::Map => results.push(result),
            Operation::Filter if counts => results.push(element.clone()),
            _ => {}
        }
    }
    Some(match operation {
        Operation::All => Value::from(!elements.is_empty() && passed == elements.len()),
        Operation::None => Value::from(passed == 0),
        Operation::Some => Value::from(passed > 0),
        _ => Value::Array(results),
    })
}

/// Evaluates with `value` as the data. The steps are those of the whole computation.
fn inside(run: &mut Run<'_>, body: &Expression, value: &Value) -> Option<Value> {
    let mut inner = Run { subject: run.subject, flag: run.flag, steps_left: run.steps_left };
    let computed = inner.of(body, Data::Local(value));
    let result = match computed {
        // Made by `of`, which has counted it.
        Some(Cow::Owned(made)) => Some(made),
        Some(Cow::Borrowed(found)) => inner.pay(found).map(|()| found.clone()),
        None => None,
    };
    run.steps_left = inner.steps_left;
    result
}

fn plain(run: &mut Run<'_>, operation: Operation, values: &[Computed<'_>], data: Data<'_>) -> Value {
    let at = |index: usize| values.get(index).map_or(&Value::Null, |value| &**value);
    let (a, b) = (at(0), at(1));
    let numbers = || values.iter().map(|value| parsed(value));
    match operation {
        Operation::Not => Value::from(!truthy(a)),
        Operation::Truth => Value::from(truthy(a)),
        Operation::Equal => Value::from(alike(a, b)),
        Operation::NotEqual => Value::from(!alike(a, b)),
        Operation::Same => Value::from(same(a, b)),
        Operation::NotSame => Value::from(!same(a, b)),
        // "Between" takes three arguments and goes one way only.
        Operation::Less => ordered(values, 3, |order| order == Ordering::Less),
        Operation::AtMost => ordered(values, 3, |order| order != Ordering::Greater),
        Operation::Greater => ordered(values, 2, |order| order == Ordering::Greater),
        Operation::AtLeast => ordered(values, 2, |order| order != Ordering::Less),
        Operation::Max => number(values.iter().map(|value| number_of(value)).reduce(|a, b| Some(a?.max(b?))).flatten()),
        Operation::Min => number(values.iter().map(|value| number_of(value)).reduce(|a, b| Some(a?.min(b?))).flatten()),
        Operation::Plus => number(numbers().try_fold(0.0, |sum, one| Some(sum + one?))),
        Operation::Times => number(numbers().try_fold(1.0, |product, one| Some(product * one?))),
        Operation::Minus if values.len() == 1 => number(number_of(a).map(|a| -a)),
        Operation::Minus => number(number_of(a).zip(number_of(b)).map(|(a, b)| a - b)),
        Operation::Divide => number(number_of(a).zip(number_of(b)).map(|(a, b)| a / b)),
        Operation::Modulo => number(number_of(a).zip(number_of(b)).map(|(a, b)| a % b)),
        Operation::In => Value::from(match b {
            Value::String(text) => !text.is_empty() && text.contains(&*js_text_of(a)),
            Value::Array(elements) => elements.iter().any(|element| same(element, a)),
            _ => false,
        }),
        Operation::Cat => Value::from(values.iter().map(|value| text_of(value)).collect::<String>()),
        Operation::Substr => {
            Value::from(substr(&js_text_of(a), number_of(b), values.get(2).and_then(|end| number_of(end))))
        }
        Operation::Merge => Value::Array(
            values
                .iter()
                .flat_map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value.as_ref().clone()]))
                .collect(),
        ),
        Operation::Missing => {
            let names = if a.is_array() { a.as_array().cloned().unwrap_or_default() } else { owned(values) };
            Value::Array(missing(run, &names, data))
        }
        Operation::MissingSome => {
            let names = b.as_array().cloned().unwrap_or_default();
            let gone = missing(run, &names, data);
            let there = names.len() - gone.len();
            #[expect(clippy::cast_precision_loss, reason = "no list in memory has 2^53 elements")]
            let enough = number_of(a).is_some_and(|needed| there as f64 >= needed);
            Value::Array(if enough { Vec::new() } else { gone })
        }
        Operation::StartsWith => two_texts(a, b).map_or(Value::Null, |(a, b)| Value::from(a.starts_with(b))),
        Operation::EndsWith => two_texts(a, b).map_or(Value::Null, |(a, b)| Value::from(a.ends_with(b))),
        Operation::SemVer => sem_ver(a, b, at(2)).map_or(Value::Null, Value::from),
        Operation::Fractional => fractional(run, values).unwrap_or_default(),
        // These look at their arguments one by one, above.
        _ => Value::Null,
    }
}

fn owned(values: &[Computed<'_>]) -> Vec<Value> {
    values.iter().map(|value| value.as_ref().clone()).collect()
}

/// Each neighbour against the next.
fn ordered(values: &[Computed<'_>], most: usize, holds: impl Fn(Ordering) -> bool) -> Value {
    let all = values.len() > 1
        && values.iter().take(most).collect::<Vec<_>>().windows(2).all(|pair| match pair {
            [a, b] => order(a, b).is_some_and(&holds),
            _ => false,
        });
    Value::from(all)
}

fn two_texts<'t>(a: &'t Value, b: &'t Value) -> Option<(&'t str, &'t str)> {
    a.as_str().zip(b.as_str())
}

fn missing(run: &mut Run<'_>, names: &[Value], data: Data<'_>) -> Vec<Value> {
    let gone = |name: &&Value| {
        let found = run.find(&text_of(name), data);
        found.is_null() || found.as_str() == Some("")
    };
    names.iter().filter(gone).cloned().collect()
}

/// By character; negative numbers count from the end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the length of the text before"
)]
fn substr(text: &str, from: Option<f64>, count: Option<f64>) -> String {
    let len = text.chars().count() as f64;
    let from = from.unwrap_or_default();
    let start = if from < 0.0 { (len + from).max(0.0) } else { from.min(len) };
    let end = match count {
        None => len,
        Some(count) if count < 0.0 => (len + count).max(start),
        Some(count) => (start + count).min(len),
    };
    text.chars().skip(start as usize).take((end - start) as usize).collect()
}

fn sem_ver(a: &Value, operator: &Value, b: &Value) -> Option<bool> {
    let text = |value: &Value| match value {
        Value::String(_) | Value::Number(_) => Some(text_of(value)),
        _ => None,
    };
    let (a, b) = (text(a)?, text(b)?);
    let (a, b) = (Version::parse(&a)?, Version::parse(&b)?);
    let order = a.compare(&b);
    let ([major, minor, _], [other_major, other_minor, _]) = (a.core(), b.core());
    Some(match operator.as_str()? {
        "=" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        "^" => major == other_major,
        "~" => major == other_major && minor == other_minor,
        _ => return None,
    })
}

/// flagd's second version: `(murmur3_32(text) * weights) >> 32` against cumulative weights.
fn fractional(run: &Run<'_>, values: &[Computed<'_>]) -> Option<Value> {
    let (hash, shares) = match values.split_first() {
        Some((first, rest)) if first.is_string() => (Murmur3::new(0, b"").finish(first.as_str()?.as_bytes()), rest),
        // Without a text in front everything is a share, but nothing that is computed to nothing.
        Some((first, rest)) if first.is_null() => (by_key(run)?, rest),
        _ => (by_key(run)?, values),
    };
    let mut weighted = Vec::with_capacity(shares.len());
    let mut total = 0_u64;
    for share in shares {
        let (name, weight) = match share.as_array()?.as_slice() {
            [name] => (name, 1),
            [name, weight] => (name, whole(weight)?),
            _ => return None,
        };
        total += weight;
        weighted.push((name, total));
    }
    if total == 0 || total > MAX_WEIGHT {
        return None;
    }
    let number = (u64::from(hash) * total) >> 32;
    weighted.into_iter().find(|(_, end)| number < *end).map(|(name, _)| name.clone())
}

/// Sum of weights that flagd allows.
const MAX_WEIGHT: u64 = (1 << 31) - 1;

fn by_key(run: &Run<'_>) -> Option<u32> {
    run.subject.context.key().with_unit(|unit| {
        unit.map(|unit| joined(&[run.flag, unit], |text| Murmur3::new(0, b"").finish(text.as_bytes())))
    })
}

/// A whole number, 0 for negative ones.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number within 0 and 2^31")]
fn whole(weight: &Value) -> Option<u64> {
    let weight = weight.as_f64().filter(|weight| weight.fract() == 0.0 && *weight <= 2_147_483_647.0)?;
    Some(weight.max(0.0) as u64)
}
