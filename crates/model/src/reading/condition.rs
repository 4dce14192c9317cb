//! Conditions.

use serde::de::IntoDeserializer;
use serde::{Deserialize, de::value::Error as NameError};
use serde_json::Value;

use super::exact::exact_condition;
use super::{At, Fields, Problems, did_you_mean, key, kind_of, list, text, values, wrong_type};
use crate::document::{AllOf, AnyOf, AttributeTest, Condition, InSegment, NotOf, Operator};
use crate::{codes, limits};

const SHAPES: [&str; 6] = ["attribute", "segment", "all", "any", "not", "exact"];

/// Names of all operators of attribute tests, in the order of [`Operator`].
pub const OPERATORS: [&str; 20] = [
    "in",
    "starts_with",
    "ends_with",
    "contains",
    "matches",
    "less_than",
    "at_most",
    "greater_than",
    "at_least",
    "before",
    "after",
    "semver_equal",
    "semver_less_than",
    "semver_at_most",
    "semver_greater_than",
    "semver_at_least",
    "in_cidr",
    "has_any",
    "has_all",
    "present",
];

/// Reads a condition of a targeting rule or a segment.
pub(crate) fn condition(problems: &mut Problems, at: &At, value: &Value) -> Condition {
    let mut left = limits::CONDITIONS;
    read(problems, at, value, 1, &mut left)
}

fn read(problems: &mut Problems, at: &At, value: &Value, depth: usize, left: &mut usize) -> Condition {
    let nothing = Condition::All(AllOf { all: Vec::new() });
    let Some(map) = value.as_object() else {
        wrong_type(problems, at, "an object", value);
        return nothing;
    };
    if depth > limits::CONDITION_DEPTH {
        let message = format!("conditions are nested more than {} levels; use a segment", limits::CONDITION_DEPTH);
        problems.add(at, codes::NESTING_TOO_DEEP, message);
        return nothing;
    }
    if *left == 0 {
        problems.add(at, codes::TOO_MANY, format!("more than {} conditions in one rule", limits::CONDITIONS));
        return nothing;
    }
    *left -= 1;
    let present: Vec<&str> = SHAPES.into_iter().filter(|shape| map.contains_key(*shape)).collect();
    let [shape] = present[..] else {
        let found = map.keys().find(|name| !did_you_mean(name, SHAPES).is_empty());
        let hint = found.map_or_else(String::new, |name| did_you_mean(name, SHAPES));
        let message = if present.is_empty() {
            format!("a condition has exactly one of {}{hint}", SHAPES.join(", "))
        } else {
            format!("a condition has exactly one of {}, not {} together", SHAPES.join(", "), present.join(" and "))
        };
        problems.add(at, codes::CONDITION_SHAPE, message);
        return nothing;
    };
    let mut operands = |problems: &mut Problems, name: &str| -> Vec<Condition> {
        let fields = Fields::of(problems, at, value, &[name]);
        let Some(items) = fields.need(problems, name) else { return Vec::new() };
        let at = fields.at.field(name);
        let items = list(problems, &at, items, limits::CONDITIONS);
        items.iter().enumerate().map(|(index, item)| read(problems, &at.index(index), item, depth + 1, left)).collect()
    };
    match shape {
        "all" => Condition::All(AllOf { all: operands(problems, "all") }),
        "any" => Condition::Any(AnyOf { any: operands(problems, "any") }),
        "not" => {
            let fields = Fields::of(problems, at, value, &["not"]);
            let Some(operand) = fields.need(problems, "not") else { return nothing };
            let not = Box::new(read(problems, &fields.at.field("not"), operand, depth + 1, left));
            Condition::Not(NotOf { not })
        }
        "segment" => {
            let fields = Fields::of(problems, at, value, &["segment", "negate"]);
            let segment = fields.reference(problems, "segment");
            let negate = fields.boolean(problems, "negate").unwrap_or_default();
            Condition::Segment(InSegment { segment, negate })
        }
        "exact" => exact_condition(problems, at, value).map_or(nothing, Condition::Exact),
        _ => Condition::Attribute(attribute_test(problems, at, value)),
    }
}

fn attribute_test(problems: &mut Problems, at: &At, value: &Value) -> AttributeTest {
    let fields = Fields::of(problems, at, value, &["attribute", "operator", "values", "negate", "ignore_case"]);
    let attribute = fields
        .need(problems, "attribute")
        .map(|value| attribute(problems, &fields.at.field("attribute"), value))
        .unwrap_or_default();
    let operator =
        fields.need(problems, "operator").and_then(|value| operator(problems, &fields.at.field("operator"), value));
    let given = fields.list(problems, "values", limits::VALUES);
    let ignore_case = fields.boolean(problems, "ignore_case").unwrap_or_default();
    let negate = fields.boolean(problems, "negate").unwrap_or_default();
    let at = fields.at.field("values");
    if let Some(operator) = operator {
        check_count(problems, &at, operator, given.len());
        for (index, value) in given.iter().enumerate() {
            check_value(problems, &at, index, operator, ignore_case, value);
        }
        if ignore_case && !ignores_case(operator) {
            let message = format!("{} does not compare text without regard to case", operator.as_str());
            problems.add(&fields.at.field("ignore_case"), codes::IGNORE_CASE_NOT_TEXT, message);
        }
    }
    AttributeTest {
        attribute,
        operator: operator.unwrap_or(Operator::Present),
        values: given.to_vec(),
        negate,
        ignore_case,
    }
}

impl Operator {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Contains => "contains",
            Self::Matches => "matches",
            Self::LessThan => "less_than",
            Self::AtMost => "at_most",
            Self::GreaterThan => "greater_than",
            Self::AtLeast => "at_least",
            Self::Before => "before",
            Self::After => "after",
            Self::SemverEqual => "semver_equal",
            Self::SemverLessThan => "semver_less_than",
            Self::SemverAtMost => "semver_at_most",
            Self::SemverGreaterThan => "semver_greater_than",
            Self::SemverAtLeast => "semver_at_least",
            Self::InCidr => "in_cidr",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
            Self::Present => "present",
        }
    }
}

fn operator(problems: &mut Problems, at: &At, value: &Value) -> Option<Operator> {
    let Some(name) = value.as_str() else {
        wrong_type(problems, at, "text", value);
        return None;
    };
    let deserializer: serde::de::value::StrDeserializer<'_, NameError> = name.into_deserializer();
    let read = Operator::deserialize(deserializer).ok();
    if read.is_none() {
        let hint = did_you_mean(name, OPERATORS);
        let message = format!("no operator {name:?}{hint}; there are {}", OPERATORS.join(", "));
        problems.add(at, codes::OPERATOR_UNKNOWN, message);
    }
    read
}

/// Reads an attribute name: parts separated by dots, the first one may be a context kind.
pub(super) fn attribute(problems: &mut Problems, at: &At, value: &Value) -> String {
    let name = text(problems, at, value, limits::ATTRIBUTE);
    if !value.is_string() || (name.is_empty() && value.as_str() != Some("")) {
        return name;
    }
    let parts = name.split('.').count();
    let problem = if name.split('.').any(str::is_empty) {
        Some("has an empty part; write it like country, user.country or account.plan".to_owned())
    } else if name.chars().any(char::is_control) {
        Some("has a control character".to_owned())
    } else if parts > limits::ATTRIBUTE_DEPTH {
        Some(format!("has {parts} parts; at most {} are allowed", limits::ATTRIBUTE_DEPTH))
    } else if name == "user" {
        Some("is a context kind; name an attribute of it, like user.country".to_owned())
    } else {
        None
    };
    if let Some(problem) = problem {
        problems.add(at, codes::ATTRIBUTE_INVALID, format!("the attribute {name:?} {problem}"));
    }
    name
}

fn ignores_case(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::In | Operator::StartsWith | Operator::EndsWith | Operator::Contains | Operator::Matches
    )
}

fn check_count(problems: &mut Problems, at: &At, operator: Operator, count: usize) {
    let wanted = match operator {
        Operator::Present => (count != 0).then_some("no values"),
        Operator::In
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Contains
        | Operator::Matches
        | Operator::SemverEqual
        | Operator::InCidr
        | Operator::HasAny
        | Operator::HasAll => (count == 0).then_some("at least one value"),
        Operator::LessThan
        | Operator::AtMost
        | Operator::GreaterThan
        | Operator::AtLeast
        | Operator::Before
        | Operator::After
        | Operator::SemverLessThan
        | Operator::SemverAtMost
        | Operator::SemverGreaterThan
        | Operator::SemverAtLeast => (count != 1).then_some("exactly one value"),
    };
    if let Some(wanted) = wanted {
        problems.add(at, codes::OPERATOR_VALUES, format!("{} takes {wanted}, here are {count}", operator.as_str()));
    }
}

fn check_value(problems: &mut Problems, list: &At, index: usize, operator: Operator, ignore_case: bool, value: &Value) {
    let text_only = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let (good, expected, code) = match operator {
        Operator::In if ignore_case => {
            (value.is_string(), "text (case can only be ignored in text)", codes::WRONG_TYPE)
        }
        Operator::In | Operator::HasAny | Operator::HasAll => (
            value.is_string() || value.is_number() || value.is_boolean(),
            "text, a number or a boolean",
            codes::WRONG_TYPE,
        ),
        Operator::StartsWith | Operator::EndsWith | Operator::Contains => {
            (text_only(value), "text that is not empty", codes::WRONG_TYPE)
        }
        Operator::Matches => {
            let Some(pattern) = value.as_str() else {
                return wrong_type(problems, &list.index(index), "a regular expression as text", value);
            };
            if let Err(why) = values::regex(pattern) {
                problems.add(
                    &list.index(index),
                    codes::REGEX_INVALID,
                    format!("the regular expression is refused: {why}"),
                );
            }
            return;
        }
        Operator::LessThan | Operator::AtMost | Operator::GreaterThan | Operator::AtLeast => {
            (value.is_number(), "a number", codes::WRONG_TYPE)
        }
        Operator::Before | Operator::After => (
            values::instant(value).is_some(),
            "an instant: RFC 3339 with an offset, like 2026-01-31T12:00:00Z, or milliseconds since 1970",
            codes::DATE_INVALID,
        ),
        Operator::SemverEqual
        | Operator::SemverLessThan
        | Operator::SemverAtMost
        | Operator::SemverGreaterThan
        | Operator::SemverAtLeast => (
            value.as_str().is_some_and(values::is_version),
            "a version as text, like \"2.4.0\"",
            codes::VERSION_INVALID,
        ),
        Operator::InCidr => (
            value.as_str().is_some_and(values::is_cidr),
            "an address or a network, like 10.0.0.0/8 or 2001:db8::/32",
            codes::CIDR_INVALID,
        ),
        Operator::Present => return,
    };
    if !good {
        let shown = if value.is_object() || value.is_array() { kind_of(value).to_owned() } else { value.to_string() };
        problems.add(&list.index(index), code, format!("must be {expected}, not {shown}"));
    } else if let Some(text) = value.as_str()
        && text.chars().count() > limits::VALUE_TEXT
    {
        let message = format!("{} characters; at most {} are allowed", text.chars().count(), limits::VALUE_TEXT);
        problems.add(&list.index(index), codes::TOO_LONG, message);
    }
}

/// Reads a context kind.
pub(super) fn context_kind(problems: &mut Problems, fields: &Fields<'_>) -> String {
    fields
        .get("context_kind")
        .map_or_else(|| "user".to_owned(), |value| key(problems, &fields.at.field("context_kind"), value))
}

/// Milliseconds since 1970 of an argument that was checked when it was read.
pub(crate) fn checked_instant(value: &Value) -> Option<i64> {
    values::instant(value)
}
