//! Conditions on the user. What cannot be evaluated is unknown: no user, an attribute that is missing or empty, a text that
//! is no number, version or list. A rule with an unknown condition is skipped, negated or not.

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Condition, Op, Reader, Test, Truth};

use super::source::UserCondition;
use crate::exact::leaf;

/// No version is lower (`SemVer` 2.0 §11).
const LOWEST: &str = "0.0.0-0";

/// A comparator that is not one of ConfigCat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownComparator;

/// Path of a user's attribute.
pub(super) fn path(attribute: &str) -> Vec<String> {
    vec![if attribute == "Identifier" { "targetingKey" } else { attribute }.to_owned()]
}

/// The condition, with `salt` (of the config) and `context` (key of the setting, name of the segment) in its hashes.
pub(super) fn user(condition: &UserCondition, salt: &str, context: &str) -> Result<Condition, UnknownComparator> {
    let attr = path(&condition.attribute);
    let test = |reader, op, arg| Test { ..leaf(attr.clone(), reader, op, arg) };
    let words = |op| test(Reader::StringConfigcat, op, listed(condition));
    let hashed = |reader, op| {
        // What is no hash is the hash of nothing.
        let hashes = texts(condition).into_iter().map(str::to_lowercase).filter(|text| is_hash(text, op));
        let hashes: Vec<String> = hashes.collect();
        test(reader, op, json!({"salt": format!("{salt}{context}"), "hashes": hashes}))
    };
    // What is no number cannot be compared with, and is as if it were not there.
    let bound = condition.number.as_ref().filter(|bound| bound.is_number());
    let number = |op| test(Reader::NumberComma, op, bound.cloned().unwrap_or_default());
    let date = |op| test(Reader::DateSeconds, op, bound.cloned().unwrap_or_default());
    let (test, negate) = match condition.comparator {
        at @ (0 | 1) => (words(Op::In), at == 1),
        at @ (2 | 3) => (words(Op::Contains), at == 3),
        at @ (4 | 5) => return Ok(versions(condition, &attr, at == 5)),
        at @ 6..=9 => return Ok(version(condition, &attr, [Op::Lt, Op::Lte, Op::Gt, Op::Gte][usize::from(at) - 6])),
        at @ 10..=15 if bound.is_some() => {
            let op = [Op::Eq, Op::Eq, Op::Lt, Op::Lte, Op::Gt, Op::Gte][usize::from(at) - 10];
            return Ok(negated(at == 11, Condition::Test(number(op))));
        }
        at @ (16 | 17 | 20 | 21) => (hashed(Reader::StringConfigcat, Op::Sha256In), at % 2 == 1),
        18 if bound.is_some() => return Ok(Condition::Test(date(Op::Lt))),
        19 if bound.is_some() => return Ok(Condition::Test(date(Op::Gt))),
        at @ (22 | 23) => (hashed(Reader::StringConfigcat, Op::Sha256Prefix), at == 23),
        at @ (24 | 25) => (hashed(Reader::StringConfigcat, Op::Sha256Suffix), at == 25),
        at @ (26 | 27) => return Ok(negated(at == 27, Condition::Test(hashed(Reader::ListTexts, Op::Sha256In)))),
        at @ (28 | 29) => (words(Op::In), at == 29),
        at @ (30 | 31) => (words(Op::Starts), at == 31),
        at @ (32 | 33) => (words(Op::Ends), at == 33),
        at @ (34 | 35) => {
            return Ok(negated(at == 35, Condition::Test(test(Reader::ListTexts, Op::HasAny, listed(condition)))));
        }
        _ => return Err(UnknownComparator),
    };
    Ok(Condition::Seq(vec![not_empty(&attr), negated(negate, Condition::Test(test))]))
}

/// Texts of a hashed comparison that are no hashes.
pub(super) fn no_hashes(condition: &UserCondition) -> Vec<&str> {
    let op = match condition.comparator {
        16 | 17 | 20 | 21 | 26 | 27 => Op::Sha256In,
        22..=25 => Op::Sha256Prefix,
        _ => return Vec::new(),
    };
    texts(condition).into_iter().filter(|text| !is_hash(&text.to_lowercase(), op)).collect()
}

/// 64 hexadecimal digits; of a prefix or a suffix with its length in bytes before: `5_…`.
fn is_hash(text: &str, op: Op) -> bool {
    let digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match op {
        Op::Sha256Prefix | Op::Sha256Suffix => text
            .split_once('_')
            .is_some_and(|(length, text)| length.parse::<u32>().is_ok_and(|n| n.to_string() == length) && digest(text)),
        _ => digest(text),
    }
}

fn negated(negate: bool, condition: Condition) -> Condition {
    if negate { Condition::Not(Box::new(condition)) } else { condition }
}

/// True, or unknown for the empty text: a number is asked of it.
fn not_empty(attr: &[String]) -> Condition {
    let empty = Test { invalid: Truth::False, ..leaf(attr.to_vec(), Reader::String, Op::Eq, "".into()) };
    let unknown = leaf(attr.to_vec(), Reader::Bool, Op::Eq, true.into());
    Condition::Any(vec![
        Condition::Not(Box::new(Condition::Test(empty))),
        Condition::Test(Test { invalid: Truth::Unknown, ..unknown }),
    ])
}

/// The comparison value, as a list of one where it is one text.
fn texts(condition: &UserCondition) -> Vec<&str> {
    match (&condition.list, &condition.text) {
        (Some(list), _) => list.iter().map(String::as_str).collect(),
        (None, Some(text)) => vec![text],
        (None, None) => Vec::new(),
    }
}

fn listed(condition: &UserCondition) -> Value {
    json!(texts(condition))
}

/// One of versions. Empty ones are ignored; one that is no version makes the condition false, negated or not.
fn versions(condition: &UserCondition, attr: &[String], negate: bool) -> Condition {
    let versions: Vec<&str> = texts(condition).into_iter().map(str::trim).filter(|text| !text.is_empty()).collect();
    if !versions.iter().all(|text| semver::Version::parse(text).is_ok()) {
        return false_where_known(attr);
    }
    let test = |op, version: &str| Condition::Test(leaf(attr.to_vec(), Reader::VersionSemverTrim, op, version.into()));
    if versions.is_empty() {
        return Condition::Seq(vec![test(Op::Gte, LOWEST), Condition::Const(negate)]);
    }
    negated(negate, Condition::Any(versions.iter().map(|version| test(Op::Eq, version)).collect()))
}

/// False for versions, unknown for the rest.
fn false_where_known(attr: &[String]) -> Condition {
    let known = leaf(attr.to_vec(), Reader::VersionSemverTrim, Op::Lt, LOWEST.into());
    Condition::Test(known)
}

fn version(condition: &UserCondition, attr: &[String], op: Op) -> Condition {
    let version = texts(condition).first().map_or("", |text| text.trim());
    match semver::Version::parse(version) {
        Ok(_) => Condition::Test(leaf(attr.to_vec(), Reader::VersionSemverTrim, op, version.into())),
        Err(_) => false_where_known(attr),
    }
}
