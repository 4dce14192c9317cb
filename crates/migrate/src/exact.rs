//! What importers share that keep things exactly: leaves, thresholds, and conditions of either kind.

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

use crate::exact_condition;

/// A condition in our own form, or the evaluator's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Authored {
    /// Our own form.
    Native(Value),
    /// The evaluator's.
    Exact(Condition),
}

impl Authored {
    /// The document's form.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Native(value) => value,
            Self::Exact(condition) => exact_condition(&condition),
        }
    }

    /// All of them; neighbours that are exact stay one condition.
    pub(crate) fn all(conditions: Vec<Self>) -> Value {
        let mut conditions: Vec<Value> = conditions.into_iter().map(Self::into_value).collect();
        if conditions.len() == 1 { conditions.remove(0) } else { json!({"all": conditions}) }
    }
}

/// A leaf that is unknown where the attribute is missing or of another type.
pub(crate) fn leaf(attr: Vec<String>, reader: Reader, op: Op, arg: Value) -> Test {
    Test { attr, reader, op, arg, missing: Truth::Unknown, invalid: Truth::Unknown, each: false, null: false }
}

/// The first of `0..count` for which `inside` does not hold, where it holds for all before: where a half-open range ends
/// whose peer compares fractions in its own arithmetic.
pub(crate) fn end_of(count: u64, inside: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if inside(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_where_its_condition_does() {
        for (count, end) in [(0, 0), (1, 0), (1, 1), (100, 37), (1 << 60, 1 << 59), (u64::MAX, u64::MAX)] {
            assert_eq!(end_of(count, |number| number < end), end);
        }
    }
}
