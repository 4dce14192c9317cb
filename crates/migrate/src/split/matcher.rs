//! Matchers as conditions, two-valued: what is missing or of another type is a "no", and `negate` makes it a "yes".

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

use super::source::Matcher;
use crate::exact::leaf;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What matchers refer to, by Split's names.
pub(super) struct Scope<'s> {
    /// Key of a segment.
    pub(super) segment: &'s dyn Fn(&str) -> Option<String>,
    /// Key of a flag, and the keys of these of its treatments.
    pub(super) flag: &'s FindFlag<'s>,
    /// What instants in attributes count: milliseconds, or seconds.
    pub(super) instants: Instants,
}

/// What SDKs take an instant in an attribute for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instants {
    /// JavaScript, Java.
    Milliseconds,
    /// Python, Go.
    Seconds,
}

impl Instants {
    /// Milliseconds that one of them is long.
    fn unit(self) -> i64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
        }
    }
}

/// By Split's names of a flag and its treatments: our keys of them.
pub(super) type FindFlag<'s> = dyn Fn(&str, &[String]) -> Option<(String, Vec<String>)> + 's;

/// The condition of a matcher, or why there is none: SDKs answer `control` then.
pub(super) fn matcher(scope: &Scope<'_>, matcher: &Matcher) -> Result<Condition, String> {
    let condition = plain(scope, matcher)?;
    Ok(if matcher.negate { Condition::Not(Box::new(condition)) } else { condition })
}

/// Where Split looks: at an attribute, or at the key.
fn path(matcher: &Matcher) -> Vec<String> {
    let attribute = matcher.key_selector.as_ref().and_then(|selector| selector.attribute.clone());
    vec![attribute.filter(|name| !name.is_empty()).unwrap_or_else(|| "targetingKey".to_owned())]
}

fn plain(scope: &Scope<'_>, matcher: &Matcher) -> Result<Condition, String> {
    let attr = path(matcher);
    let test = |reader, op, arg: Value| {
        let leaf = leaf(attr.clone(), reader, op, arg);
        Condition::Test(Test { missing: Truth::False, invalid: Truth::False, ..leaf })
    };
    let list = || matcher.whitelist_matcher_data.as_ref().map(|data| json!(data.whitelist)).unwrap_or(json!([]));
    let words = |op| test(Reader::StringScalar, op, list());
    let set = |op| test(Reader::List, op, scalars(matcher).collect());
    let none = scalars(matcher).next().is_none();
    let each = || Condition::All(scalars_of_each(matcher).map(|forms| test(Reader::List, Op::HasAny, forms)).collect());
    let version = |op, version: &str| match semver::Version::parse(version) {
        Ok(_) => test(Reader::VersionSplit, op, version.into()),
        Err(_) => Condition::Const(false),
    };
    let own_version = |op| version(op, matcher.string_matcher_data.as_deref().unwrap_or_default());
    Ok(match matcher.matcher_type.as_str() {
        "ALL_KEYS" => Condition::Const(true),
        "IN_SEGMENT" | "IN_LARGE_SEGMENT" | "IN_RULE_BASED_SEGMENT" => {
            let name = matcher.segment().ok_or("a segment without a name")?;
            (scope.segment)(name).map_or(Condition::Const(false), Condition::Segment)
        }
        "WHITELIST" => words(Op::In),
        "STARTS_WITH" => words(Op::Starts),
        "ENDS_WITH" => words(Op::Ends),
        "CONTAINS_STRING" => words(Op::Contains),
        "MATCHES_STRING" => {
            let pattern = matcher.string_matcher_data.as_deref().unwrap_or_default();
            let limit = yardarm_eval::limits::MAX_REGEX_BYTES;
            regex::RegexBuilder::new(pattern).size_limit(limit).build().map_err(|error| {
                format!(
                    "the regular expression {pattern:?} (look-around and back-references do not exist here): {error}"
                )
            })?;
            test(Reader::StringScalar, Op::Matches, pattern.into())
        }
        "EQUAL_TO_BOOLEAN" => test(Reader::BoolText, Op::Eq, matcher.boolean_matcher_data.unwrap_or_default().into()),
        "EQUAL_TO" | "GREATER_THAN_OR_EQUAL_TO" | "LESS_THAN_OR_EQUAL_TO" => {
            let data = matcher.unary_numeric_matcher_data.as_ref().ok_or("a number is missing")?;
            let (low, high) = match matcher.matcher_type.as_str() {
                "EQUAL_TO" => (Some(data.value), Some(data.value)),
                "GREATER_THAN_OR_EQUAL_TO" => (Some(data.value), None),
                _ => (None, Some(data.value)),
            };
            let whole = if matcher.matcher_type == "EQUAL_TO" { DAY } else { MINUTE };
            let dates = is_date(data.data_type.as_deref()).then_some((whole, scope.instants));
            between(&test, dates, low, high)
        }
        "BETWEEN" => {
            let data = matcher.between_matcher_data.as_ref().ok_or("the numbers are missing")?;
            let dates = is_date(data.data_type.as_deref()).then_some((MINUTE, scope.instants));
            between(&test, dates, Some(data.start), Some(data.end))
        }
        "CONTAINS_ALL_OF_SET" | "EQUAL_TO_SET" if none => Condition::Const(false),
        "CONTAINS_ALL_OF_SET" => each(),
        "CONTAINS_ANY_OF_SET" => set(Op::HasAny),
        "EQUAL_TO_SET" => Condition::All(vec![each(), set(Op::Subset)]),
        // The empty set is no part of any.
        "PART_OF_SET" => Condition::All(vec![set(Op::Subset), set(Op::HasAny)]),
        "IN_SPLIT_TREATMENT" => {
            let data = matcher.dependency_matcher_data.as_ref().ok_or("the other flag is missing")?;
            needed(scope, &data.split, &data.treatments)
        }
        "EQUAL_TO_SEMVER" => own_version(Op::Eq),
        "GREATER_THAN_OR_EQUAL_TO_SEMVER" => own_version(Op::Gte),
        "LESS_THAN_OR_EQUAL_TO_SEMVER" => own_version(Op::Lte),
        "BETWEEN_SEMVER" => {
            let data = matcher.between_string_matcher_data.as_ref().ok_or("the versions are missing")?;
            Condition::All(vec![version(Op::Gte, &data.start), version(Op::Lte, &data.end)])
        }
        "IN_LIST_SEMVER" => {
            let versions = matcher.whitelist_matcher_data.iter().flat_map(|data| &data.whitelist);
            Condition::Any(versions.map(|one| version(Op::Eq, one)).collect())
        }
        other => return Err(format!("the matcher {other:?}")),
    })
}

/// Does another flag answer one of these? One that does not exist answers `control`.
pub(super) fn needed(scope: &Scope<'_>, name: &str, treatments: &[String]) -> Condition {
    match (scope.flag)(name, treatments) {
        Some((key, variants)) => Condition::Flag { key, variants, on: false },
        None => Condition::Const(treatments.iter().any(|treatment| treatment == "control")),
    }
}

fn is_date(data_type: Option<&str>) -> bool {
    data_type == Some("DATETIME")
}

/// Both ends are in it. Instants count by the whole minute or day (of UTC), in the rule and in the attribute; they are numbers,
/// like any other.
fn between(
    test: &dyn Fn(Reader, Op, Value) -> Condition,
    dates: Option<(i64, Instants)>,
    low: Option<i64>,
    high: Option<i64>,
) -> Condition {
    let ends = if let Some((length, instants)) = dates {
        let whole = |instant: i64| instant.saturating_sub(instant.rem_euclid(length));
        let at = |instant: i64| Value::from(instant / instants.unit());
        [
            low.map(|low| test(Reader::NumberParse, Op::Gte, at(whole(low)))),
            high.map(|high| test(Reader::NumberParse, Op::Lt, at(whole(high).saturating_add(length)))),
        ]
    } else {
        [
            low.map(|low| test(Reader::NumberParse, Op::Gte, low.into())),
            high.map(|high| test(Reader::NumberParse, Op::Lte, high.into())),
        ]
    };
    Condition::All(ends.into_iter().flatten().collect())
}

/// The members of a set, each in every form that SDKs take for it: they compare texts, and write numbers and booleans in
/// the attribute as texts before.
fn scalars(matcher: &Matcher) -> impl Iterator<Item = Value> {
    scalars_of_each(matcher)
        .filter_map(|forms| match forms {
            Value::Array(forms) => Some(forms),
            _ => None,
        })
        .flatten()
}

fn scalars_of_each(matcher: &Matcher) -> impl Iterator<Item = Value> {
    let texts = matcher.whitelist_matcher_data.iter().flat_map(|data| &data.whitelist);
    texts.map(|text| {
        let scalar = serde_json::from_str::<Value>(text).ok().filter(|value| value.is_number() || value.is_boolean());
        let written = |value: &Value| value.to_string();
        let same = scalar.filter(|value| written(value) == *text);
        std::iter::once(Value::from(text.as_str())).chain(same).collect()
    })
}
