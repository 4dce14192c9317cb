//! What imported conditions say only for the sake of exactness is left out of their sentences, where the rest says it all to
//! a reader. Comparing two configurations never goes through here.

use serde_json::json;
use yardarm_eval::ruleset::{Condition, Op, Reader, Test};

/// The condition without what a reader does not need.
pub(super) fn tidied(condition: &Condition) -> Condition {
    match condition {
        Condition::All(parts) | Condition::Seq(parts) => {
            let mut parts = all(parts);
            if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) }
        }
        Condition::Any(parts) => any(parts),
        Condition::Not(part) => Condition::Not(Box::new(tidied(part))),
        Condition::IsTrue(part) => Condition::IsTrue(Box::new(tidied(part))),
        Condition::Some { attr, condition } => {
            Condition::Some { attr: attr.clone(), condition: Box::new(tidied(condition)) }
        }
        other => other.clone(),
    }
}

fn all(parts: &[Condition]) -> Vec<Condition> {
    let tidy: Vec<Condition> = parts.iter().map(tidied).collect();
    let needed = |index: usize| {
        let rest = || tidy.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, part)| part);
        match &tidy[index] {
            // A letter before a version: what follows reads no version there.
            Condition::Not(part) => match &**part {
                Condition::Test(test) if test.op == Op::Starts && test.arg == json!(["v", "V"]) => {
                    !rest().any(|part| tests(part).any(|other| other.attr == test.attr && is_loose(other)))
                }
                // A text that is not empty: it is said by any comparison with a text that must hold.
                Condition::Test(test) if is_empty_text(test) => !rest().any(|part| match part {
                    Condition::Test(other) => other.attr == test.attr && asks_for_text(other),
                    _ => false,
                }),
                _ => true,
            },
            _ => true,
        }
    };
    (0..tidy.len()).filter(|index| needed(*index)).map(|index| tidy[index].clone()).collect()
}

fn any(parts: &[Condition]) -> Condition {
    if let [Condition::Not(empty), Condition::Test(bool)] = parts
        && let Condition::Test(test) = &**empty
        && is_empty_text(test)
        && bool.reader == Reader::Bool
        && bool.attr == test.attr
    {
        return Condition::Not(empty.clone());
    }
    let mut tidy: Vec<Condition> = Vec::new();
    for part in parts.iter().map(tidied) {
        let same = tidy.iter().any(|known| element_of(&part).is_some_and(|element| element == *known));
        if !same && !is_nothing(&part) {
            tidy.push(part);
        }
    }
    match tidy.len() {
        0 => Condition::Any(parts.to_vec()),
        1 => tidy.remove(0),
        _ => Condition::Any(tidy),
    }
}

/// `some element of x fits (…)`, said of `x` itself.
fn element_of(condition: &Condition) -> Option<Condition> {
    match condition {
        Condition::IsTrue(part) => element_of(part),
        Condition::Some { attr, condition } => Some(said_of(condition, attr)),
        _ => None,
    }
}

fn said_of(condition: &Condition, attr: &[String]) -> Condition {
    let each = |parts: &[Condition]| parts.iter().map(|part| said_of(part, attr)).collect();
    match condition {
        Condition::All(parts) => Condition::All(each(parts)),
        Condition::Seq(parts) => Condition::Seq(each(parts)),
        Condition::Any(parts) => Condition::Any(each(parts)),
        Condition::Not(part) => Condition::Not(Box::new(said_of(part, attr))),
        Condition::Test(test) => {
            let whole = attr.iter().chain(&test.attr).cloned().collect();
            Condition::Test(Test { attr: whole, ..test.clone() })
        }
        other => other.clone(),
    }
}

/// One of no values: it only tells what is missing from what does not match.
fn is_nothing(condition: &Condition) -> bool {
    matches!(condition, Condition::Test(test) if test.op == Op::In && test.arg.as_array().is_some_and(Vec::is_empty))
}

fn is_empty_text(test: &Test) -> bool {
    test.op == Op::Eq && test.reader == Reader::String && test.arg.as_str() == Some("")
}

fn is_loose(test: &Test) -> bool {
    test.reader == Reader::VersionLoose
}

fn asks_for_text(test: &Test) -> bool {
    matches!(
        test.op,
        Op::In | Op::Starts | Op::Ends | Op::Contains | Op::Sha256In | Op::Sha256Prefix | Op::Sha256Suffix
    )
}

fn tests(condition: &Condition) -> Box<dyn Iterator<Item = &Test> + '_> {
    match condition {
        Condition::Test(test) => Box::new(std::iter::once(test)),
        Condition::All(parts) | Condition::Any(parts) | Condition::Seq(parts) => Box::new(parts.iter().flat_map(tests)),
        Condition::Not(part) | Condition::IsTrue(part) => tests(part),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use yardarm_eval::ruleset::Truth;

    use super::*;

    fn test(attr: &[&str], reader: Reader, op: Op, arg: Value) -> Condition {
        let attr = attr.iter().map(ToString::to_string).collect();
        let (missing, invalid) = (Truth::False, Truth::False);
        Condition::Test(Test { attr, reader, op, arg, missing, invalid, each: false, null: false })
    }

    fn not(condition: Condition) -> Condition {
        Condition::Not(Box::new(condition))
    }

    #[test]
    fn what_is_there_for_exactness_only_is_not_said() {
        // A version, in the attribute or in an element of it, without a letter before.
        let versions = |attr: &[&str]| {
            let letter = not(test(attr, Reader::String, Op::Starts, json!(["v", "V"])));
            let nothing = test(attr, Reader::Any, Op::In, json!([]));
            let above = test(attr, Reader::VersionLoose, Op::Gt, "2.0".into());
            Condition::All(vec![letter, Condition::Any(vec![above, nothing])])
        };
        let element = Condition::Some { attr: vec!["v".to_owned()], condition: Box::new(versions(&[])) };
        let clause = Condition::Any(vec![versions(&["v"]), Condition::IsTrue(Box::new(element))]);
        assert_eq!(tidied(&clause), test(&["v"], Reader::VersionLoose, Op::Gt, "2.0".into()));
        // A text that is not empty.
        let empty = not(test(&["e"], Reader::String, Op::Eq, "".into()));
        let not_empty = Condition::Any(vec![empty.clone(), test(&["e"], Reader::Bool, Op::Eq, true.into())]);
        let contains = test(&["e"], Reader::StringConfigcat, Op::Contains, json!(["x"]));
        assert_eq!(tidied(&Condition::Seq(vec![not_empty.clone(), contains.clone()])), contains);
        let both = Condition::Seq(vec![not_empty, not(contains.clone())]);
        assert_eq!(tidied(&both), Condition::All(vec![empty, not(contains)]), "here it says something");
    }

    #[test]
    fn what_says_something_stays() {
        let letter = not(test(&["name"], Reader::String, Op::Starts, json!(["v", "V"])));
        let other = test(&["v"], Reader::VersionLoose, Op::Gt, "2.0".into());
        let nobody = Condition::Any(vec![test(&["a"], Reader::Any, Op::In, json!([]))]);
        for condition in [Condition::All(vec![letter, other]), nobody] {
            assert_eq!(tidied(&condition), condition);
        }
    }
}
