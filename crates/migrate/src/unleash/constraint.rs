//! Constraints.

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};
use yardarm_model::limits;

use super::source::Constraint;
use super::{Form, path};
use crate::Report;

/// Makes a regular expression ignore case.
const IGNORE_CASE: &str = "(?i)";

/// The network of all IPv4 addresses that are written as IPv6.
const MAPPED: &str = "::ffff:0:0/96";

/// Where a constraint is, and the report.
pub(super) struct Scope<'r> {
    pub(super) place: &'r str,
    pub(super) report: &'r mut Report,
}

/// A leaf where nothing is unknown.
pub(super) fn leaf(attr: Vec<String>, reader: Reader, op: Op, arg: Value) -> Condition {
    Condition::Test(Test {
        attr,
        reader,
        op,
        arg,
        missing: Truth::False,
        invalid: Truth::False,
        each: false,
        null: false,
    })
}

/// Reads a constraint.
pub(super) fn read(constraint: &Constraint, scope: &mut Scope<'_>) -> Form {
    let field = constraint.context_name.as_str();
    let Some(condition) = condition(constraint, scope) else {
        return Form::Exact(Condition::Const(false));
    };
    if constraint.inverted {
        let why = "a missing field must match, as it does there";
        scope.report.kept(scope.place, format!("an inverted {} on {field}", constraint.operator), why);
        return Form::Exact(Condition::Not(Box::new(condition)));
    }
    if condition == Condition::Const(false) {
        return Form::Exact(condition);
    }
    if let Some(ours) = ours(constraint) {
        return Form::Ours(ours);
    }
    let why = match constraint.operator.as_str() {
        "NOT_IN" => "a missing field must match, as it does there",
        "NUM_EQ" | "NUM_GT" | "NUM_GTE" | "NUM_LT" | "NUM_LTE" => "numbers are written as text there",
        "SEMVER_EQ" | "SEMVER_GT" | "SEMVER_GTE" | "SEMVER_LT" | "SEMVER_LTE" => {
            "versions are read more strictly there"
        }
        _ if field == "currentTime" => "the clock counts where the context has no time",
        _ => "our own form cannot say it",
    };
    scope.report.kept(scope.place, format!("{} on {field}", constraint.operator), why);
    Form::Exact(condition)
}

/// The constraint, not inverted; `None` where it is false whatever is asked.
fn condition(constraint: &Constraint, scope: &mut Scope<'_>) -> Option<Condition> {
    let attr = || path(&constraint.context_name);
    let values = || Value::from(constraint.values.clone());
    let texts = if constraint.case_insensitive { Reader::StringScalarLower } else { Reader::StringScalar };
    let (reader, op) = match constraint.operator.as_str() {
        "IN" => return Some(leaf(attr(), Reader::StringScalar, Op::In, values())),
        "NOT_IN" => {
            return Some(Condition::Not(Box::new(leaf(attr(), Reader::StringScalar, Op::In, values()))));
        }
        "STR_STARTS_WITH" => return Some(leaf(attr(), texts, Op::Starts, values())),
        "STR_ENDS_WITH" => return Some(leaf(attr(), texts, Op::Ends, values())),
        "STR_CONTAINS" => return Some(leaf(attr(), texts, Op::Contains, values())),
        "IN_CIDR" => {
            let (good, bad): (Vec<_>, Vec<_>) = constraint.values.iter().partition(|value| is_network(value));
            if !bad.is_empty() {
                let what = format!("{} is not a network", serde_json::to_string(&bad).unwrap_or_default());
                scope.report.attention(scope.place, what, "it never matched", "remove it or write it right");
            }
            let families = families(good.iter().map(|good| good.as_str()));
            let families = families.into_iter().map(|(networks, v6)| {
                let colon = leaf(attr(), Reader::String, Op::Contains, json!([":"]));
                let colon = if v6 { colon } else { Condition::Not(Box::new(colon)) };
                Condition::All(vec![leaf(attr(), Reader::String, Op::Cidr, json!(networks)), colon])
            });
            return Some(Condition::Any(families.collect()));
        }
        "NUM_EQ" => (Reader::NumberParse, Op::Eq),
        "NUM_GT" => (Reader::NumberParse, Op::Gt),
        "NUM_GTE" => (Reader::NumberParse, Op::Gte),
        "NUM_LT" => (Reader::NumberParse, Op::Lt),
        "NUM_LTE" => (Reader::NumberParse, Op::Lte),
        "DATE_AFTER" => (Reader::DateRfc3339, Op::Gt),
        "DATE_BEFORE" => (Reader::DateRfc3339, Op::Lt),
        "SEMVER_EQ" => (Reader::VersionSemver, Op::Eq),
        "SEMVER_GT" => (Reader::VersionSemver, Op::Gt),
        "SEMVER_GTE" => (Reader::VersionSemver, Op::Gte),
        "SEMVER_LT" => (Reader::VersionSemver, Op::Lt),
        "SEMVER_LTE" => (Reader::VersionSemver, Op::Lte),
        "REGEX" => (Reader::StringScalar, Op::Matches),
        other => {
            let why = "there is no such operator, so it never matches";
            scope.report.attention(scope.place, format!("the operator {other:?}"), why, "choose another operator");
            return None;
        }
    };
    let mut value = constraint.value.clone().or_else(|| constraint.values.first().cloned()).unwrap_or_default();
    if op == Op::Matches && constraint.case_insensitive {
        value.insert_str(0, IGNORE_CASE);
    }
    if let Err(why) = usable(op, reader, &value) {
        let what = format!("{} {value:?}", constraint.operator);
        scope.report.attention(scope.place, what, format!("{why}, so it never matches"), "write the value right");
        // A pattern that cannot be read matches nothing; any other value makes the constraint false, inverted or not.
        return (op == Op::Matches).then_some(Condition::Const(false));
    }
    let arg = match reader {
        Reader::NumberParse => json!(value.parse::<f64>().unwrap_or_default()),
        _ => Value::from(value),
    };
    if constraint.context_name != "currentTime" || reader != Reader::DateRfc3339 {
        return Some(leaf(attr(), reader, op, arg));
    }
    // Without a time in the context it is the clock that counts.
    let given = leaf(attr(), Reader::Any, Op::Present, Value::Null);
    let clock = leaf(vec!["$now".to_owned()], Reader::Date, op, arg.clone());
    Some(Condition::Any(vec![
        leaf(attr(), reader, op, arg),
        Condition::All(vec![Condition::Not(Box::new(given)), clock]),
    ]))
}

/// Whether the argument can be compared with.
fn usable(op: Op, reader: Reader, value: &str) -> Result<(), String> {
    match (op, reader) {
        (Op::Matches, _) => {
            let compiled = regex::RegexBuilder::new(value).size_limit(limits::REGEX_COMPILED).build();
            compiled.map(|_| ()).map_err(|_| "the expression cannot be read by a linear-time engine".to_owned())
        }
        (_, Reader::NumberParse) => match value.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(()),
            Ok(_) | Err(_) => Err("it is not a number".to_owned()),
        },
        (_, Reader::DateRfc3339) => match value.parse::<jiff::Timestamp>() {
            Ok(_) => Ok(()),
            Err(_) => Err("it is not an instant with an offset".to_owned()),
        },
        (_, Reader::VersionSemver) => match semver::Version::parse(value) {
            Ok(_) => Ok(()),
            Err(_) => Err("it is not a SemVer version".to_owned()),
        },
        _ => Ok(()),
    }
}

/// The constraint in our own form, if that says the same.
fn ours(constraint: &Constraint) -> Option<Value> {
    let attribute = attribute(&constraint.context_name)?;
    let operator = match constraint.operator.as_str() {
        "IN" => "in",
        "STR_STARTS_WITH" => "starts_with",
        "STR_ENDS_WITH" => "ends_with",
        "STR_CONTAINS" => "contains",
        "IN_CIDR" => "in_cidr",
        "REGEX" => "matches",
        "DATE_AFTER" if constraint.context_name != "currentTime" => "after",
        "DATE_BEFORE" if constraint.context_name != "currentTime" => "before",
        _ => return None,
    };
    let values = match operator {
        "matches" if constraint.case_insensitive => vec![format!("{IGNORE_CASE}{}", constraint.value.as_deref()?)],
        "matches" | "after" | "before" => vec![constraint.value.clone()?],
        _ => constraint.values.clone(),
    };
    let fits = |value: &String| match operator {
        "in_cidr" => is_network(value),
        "matches" => value.chars().count() <= limits::REGEX && !value.is_empty(),
        "in" => value.chars().count() <= limits::VALUE_TEXT,
        _ => !value.is_empty() && value.chars().count() <= limits::VALUE_TEXT,
    };
    if values.is_empty() || values.len() > limits::VALUES || !values.iter().all(fits) {
        return None;
    }
    if operator == "in_cidr" {
        return Some(in_networks(&attribute, values.iter().map(String::as_str)));
    }
    let mut test = json!({"attribute": attribute, "operator": operator, "values": values});
    if constraint.case_insensitive && matches!(operator, "starts_with" | "ends_with" | "contains") {
        test["ignore_case"] = true.into();
    }
    Some(test)
}

/// The name of a field as an attribute, if it can be one.
pub(super) fn attribute(field: &str) -> Option<String> {
    let odd = |c: char| c == '.' || c.is_control();
    match field {
        "userId" => Some("user.key".to_owned()),
        "" | "key" | "targetingKey" | "user" => None,
        _ if field.contains(odd) || field.chars().count() > limits::ATTRIBUTE || field.starts_with('$') => None,
        _ => Some(field.to_owned()),
    }
}

/// In one of these networks, in our own form.
pub(super) fn in_networks<'n>(attribute: &str, networks: impl Iterator<Item = &'n str>) -> Value {
    let families = families(networks).into_iter().map(|(networks, v6)| {
        json!({"all": [
            {"attribute": attribute, "operator": "in_cidr", "values": networks},
            {"attribute": attribute, "operator": "contains", "values": [":"], "negate": !v6},
        ]})
    });
    let mut families: Vec<Value> = families.collect();
    if families.len() == 1 { families.remove(0) } else { json!({"any": families}) }
}

/// Networks of IPv4 and of IPv6 (`true`). The engine never takes one for the other, and we do: `::ffff:10.0.0.1` is in
/// `10.0.0.0/8` here, so an address is asked how it is written, too.
fn families<'n>(networks: impl Iterator<Item = &'n str>) -> Vec<(Vec<&'n str>, bool)> {
    let (mut v6, v4): (Vec<&str>, Vec<&str>) = networks.partition(|network| network.contains(':'));
    if v6.iter().any(|network| holds_mapped(network)) {
        v6.push(MAPPED);
    }
    [(v4, false), (v6, true)].into_iter().filter(|(networks, _)| !networks.is_empty()).collect()
}

/// Whether all addresses that IPv4 is mapped to are in a larger network of IPv6; for ours they are no addresses of IPv6.
fn holds_mapped(network: &str) -> bool {
    let Some((address, length)) = network.split_once('/') else { return false };
    let (Ok(address), Ok(length)) = (address.parse::<std::net::Ipv6Addr>(), length.parse::<u32>()) else {
        return false;
    };
    let mapped = std::net::Ipv4Addr::UNSPECIFIED.to_ipv6_mapped();
    let outside = (address.to_bits() ^ mapped.to_bits()).leading_zeros() < length;
    length < 96 && !outside
}

/// Whether it is an address or a network.
pub(super) fn is_network(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| {
        prefix.bytes().all(|b| b.is_ascii_digit()) && prefix.parse::<u32>().is_ok_and(|prefix| prefix <= bits)
    })
}
