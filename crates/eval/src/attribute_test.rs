//! Tests of an attribute, whatever it is: missing, a list, to be read first.

use crate::compiled::CompiledTest;
use crate::context::Attribute;
use crate::operators::Operator;
use crate::path::Subject;
use crate::readers::read;
use crate::ruleset::Truth;

/// Out of line, so that what most tests are stays short.
#[inline(never)]
pub(crate) fn test_any(test: &CompiledTest, subject: &Subject<'_>) -> Truth {
    let value = test.path.find(subject);
    match value {
        _ if matches!(test.operator, Operator::Present) => Truth::from(value != Attribute::Null),
        Attribute::Null if test.null => test_one(test, value, subject.now_ms),
        Attribute::Null => test.missing,
        Attribute::Json(_) if test.each && value.elements().is_some() => {
            any(value.elements().unwrap_or_default(), |element| test_one(test, element.into(), subject.now_ms))
        }
        _ => test_one(test, value, subject.now_ms),
    }
}

fn test_one(test: &CompiledTest, value: Attribute<'_>, now_ms: i64) -> Truth {
    let holds = read(test.reader, value, |read| read.and_then(|read| test.operator.holds(read, now_ms)));
    holds.map_or(test.invalid, Truth::from)
}

/// Of the elements of a list.
pub(crate) fn any<'e, T>(elements: &'e [T], mut test: impl FnMut(&'e T) -> Truth) -> Truth {
    let mut result = Truth::False;
    for element in elements {
        match test(element) {
            Truth::True => return Truth::True,
            Truth::Unknown => result = Truth::Unknown,
            Truth::False => {}
        }
    }
    result
}
