//! The evaluator's conditions as authored ones, wherever ours say the same; the rest is `{"exact": …}`.
//!
//! This is for conditions where only "true" counts (a rule's, a segment's): there a missing attribute may be false or
//! unknown alike. Under `not` it may not, so what is under one stays exact.

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

use crate::exact_condition;

/// Texts up to this length fit our own forms (`yardarm_model::limits::VALUE_TEXT`).
const TEXT: usize = yardarm_model::limits::VALUE_TEXT;

/// A condition in our own words as far as they say the same, and whether all of it is.
pub(crate) fn authored(condition: &Condition) -> (Value, bool) {
    match condition {
        Condition::Const(true) => (json!({"all": []}), true),
        Condition::All(parts) | Condition::Seq(parts) => group("all", parts),
        Condition::Any(parts) if !parts.is_empty() => group("any", parts),
        Condition::IsTrue(part) => authored(part),
        Condition::Segment(key) => (json!({"segment": key}), true),
        Condition::Not(part) => match &**part {
            Condition::Segment(key) => (json!({"segment": key, "negate": true}), true),
            _ => (exact_condition(condition), false),
        },
        Condition::Test(test) => match leaf(test) {
            Some(value) => (value, true),
            None => (exact_condition(condition), false),
        },
        _ => (exact_condition(condition), false),
    }
}

fn group(word: &str, parts: &[Condition]) -> (Value, bool) {
    if let [one] = parts {
        return authored(one);
    }
    let parts: Vec<_> = parts.iter().map(authored).collect();
    // Conditions nest less deep in our own form: what has nothing of ours in it is better kept in one piece.
    let all_ours = parts.iter().all(|(_, ours)| *ours);
    let values: Vec<Value> = parts.into_iter().map(|(value, _)| value).collect();
    (json!({word: values}), all_ours)
}

fn leaf(test: &Test) -> Option<Value> {
    if test.missing == Truth::True || test.invalid == Truth::True || test.each || test.null {
        return None;
    }
    let attribute = attribute(&test.attr)?;
    let ours =
        |operator: &str, values: Value| Some(json!({"attribute": attribute, "operator": operator, "values": values}));
    let strings = || listed(&test.arg, |value| value.as_str().is_some_and(|text| text.chars().count() <= TEXT));
    let scalars = || {
        listed(&test.arg, |value| match value {
            Value::String(string) => string.chars().count() <= TEXT,
            Value::Number(_) | Value::Bool(_) => true,
            _ => false,
        })
    };
    match (test.op, test.reader) {
        (Op::Present, _) => Some(json!({"attribute": attribute, "operator": "present"})),
        (Op::Eq | Op::In, Reader::Any) => ours("in", scalars()?),
        (Op::Eq | Op::In, Reader::String) => ours("in", strings()?),
        (Op::Starts, Reader::String) => ours("starts_with", strings()?),
        (Op::Ends, Reader::String) => ours("ends_with", strings()?),
        (Op::Contains, Reader::String) => ours("contains", strings()?),
        (Op::Lt, Reader::Number) => ours("less_than", number(&test.arg)?),
        (Op::Lte, Reader::Number) => ours("at_most", number(&test.arg)?),
        (Op::Gt, Reader::Number) => ours("greater_than", number(&test.arg)?),
        (Op::Gte, Reader::Number) => ours("at_least", number(&test.arg)?),
        (Op::HasAny, Reader::List) => ours("has_any", scalars()?),
        (Op::HasAll, Reader::List) => ours("has_all", scalars()?),
        _ => None,
    }
}

fn number(arg: &Value) -> Option<Value> {
    arg.is_number().then(|| json!([arg]))
}

fn listed(arg: &Value, fits: impl Fn(&Value) -> bool) -> Option<Value> {
    let members = arg.as_array().map_or(std::slice::from_ref(arg), Vec::as_slice);
    let fine = !members.is_empty() && members.len() <= yardarm_model::limits::VALUES && members.iter().all(fits);
    fine.then(|| Value::from(members))
}

/// The name of a path, if it has one that means just this path.
fn attribute(path: &[String]) -> Option<String> {
    let plain =
        |part: &String| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !path.iter().all(plain) || path.len() > 7 {
        return None;
    }
    match path {
        [] => None,
        [key] if key == "targetingKey" => Some("user.key".to_owned()),
        [one] => Some(format!("user.{one}")),
        [kind, ..] if kind == "user" => None,
        _ => Some(path.join(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(attr: &[&str], reader: Reader, op: Op, arg: Value, missing: Truth) -> Condition {
        let attr = attr.iter().map(ToString::to_string).collect();
        Condition::Test(Test { attr, reader, op, arg, missing, invalid: Truth::False, each: false, null: false })
    }

    #[test]
    fn what_ours_say_just_as_well_is_ours() {
        let country = test(&["country"], Reader::String, Op::In, json!(["DE"]), Truth::False);
        let missing_counts = test(&["country"], Reader::String, Op::In, json!(["DE"]), Truth::True);
        let ours = json!({"attribute": "user.country", "operator": "in", "values": ["DE"]});
        assert_eq!(authored(&country), (ours.clone(), true));
        assert_eq!(authored(&Condition::Const(true)), (json!({"all": []}), true));
        let group = Condition::Any(vec![country.clone(), missing_counts.clone()]);
        assert_eq!(authored(&group), (json!({"any": [ours, exact_condition(&missing_counts)]}), false));
        // Under `not`, a missing country is a match here and none in our own form.
        let not = Condition::Not(Box::new(country));
        assert_eq!(authored(&not), (exact_condition(&not), false));
        let odd = test(&["a.b"], Reader::String, Op::Eq, json!("x"), Truth::False);
        assert!(!authored(&odd).1, "a name with a dot is not a path of two");
    }
}
