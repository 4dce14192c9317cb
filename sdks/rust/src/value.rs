//! The types a flag's value is asked for as, and what comes back.

use serde_json::Value;
use yardarm_eval::ruleset::{ErrorCode, Reason, Version};

/// A flag's answer with the reasons for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Details<T> {
    /// The value; the caller's default when `error` is set or the flag leaves it to the caller.
    pub value: T,
    /// Key of the variant, unless the value is the caller's default.
    pub variant: Option<String>,
    /// Why.
    pub reason: Reason,
    /// The rule that decided.
    pub rule: Option<String>,
    /// What went wrong, when `reason` is [`Reason::Error`].
    pub error: Option<ErrorCode>,
    /// The ruleset that answered.
    pub version: Option<Version>,
}

impl<T> Details<T> {
    /// The same with the value as something else.
    pub(crate) fn map<O>(&self, value: impl FnOnce(&T) -> O) -> Details<O> {
        Details {
            value: value(&self.value),
            variant: self.variant.clone(),
            reason: self.reason,
            rule: self.rule.clone(),
            error: self.error,
            version: self.version.clone(),
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bool {}
    impl Sealed for String {}
    impl Sealed for f64 {}
    impl Sealed for i64 {}
    impl Sealed for serde_json::Value {}
}

/// `bool`, `String`, `f64`, `i64` (whole numbers up to 2^53) and `serde_json::Value` (any type of flag).
pub trait FlagValue: sealed::Sealed + Clone {
    /// The word for it: `boolean`, `string`, `number`, `integer` or `json`.
    const NAME: &'static str;

    /// The value as this type, if it is of it.
    fn read(value: &Value) -> Option<Self>;

    /// As JSON.
    fn to_json(&self) -> Value;
}

impl FlagValue for bool {
    const NAME: &'static str = "boolean";

    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FlagValue for String {
    const NAME: &'static str = "string";

    fn to_json(&self) -> Value {
        self.as_str().into()
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl FlagValue for f64 {
    const NAME: &'static str = "number";

    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_f64()
    }
}

impl FlagValue for i64 {
    const NAME: &'static str = "integer";

    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn read(value: &Value) -> Option<Self> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        let whole = |n: f64| (n.fract() == 0.0 && n.abs() <= EXACT).then_some(n as i64);
        value.as_i64().or_else(|| value.as_f64().and_then(whole))
    }
}

impl FlagValue for Value {
    const NAME: &'static str = "json";

    fn to_json(&self) -> Value {
        self.clone()
    }

    fn read(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for (value, expected) in [
            (json!(42), Some(42)),
            (json!(42.0), Some(42)),
            (json!(-1e3), Some(-1000)),
            (json!(0.5), None),
            (json!(1e300), None),
            (json!("42"), None),
        ] {
            assert_eq!(i64::read(&value), expected, "{value}");
        }
    }
}
