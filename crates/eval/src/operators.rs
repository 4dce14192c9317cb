//! Operators: arguments prepared once, compared without allocating.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use regex::{Regex, RegexBuilder};
use serde::Serialize;
use serde_json::Value;

use crate::context::Attribute;
use crate::date::Shift;
use crate::limits::{MAX_PATTERN_BYTES, MAX_REGEX_BYTES};
use crate::members::{Members, Scalar, each};
use crate::network::Network;
use crate::readers::{Read, argument_reader, read};
use crate::ruleset::{Op, Reader, Truth};
use crate::sealed::{Part, Sealed};
use crate::version::{OwnedVersion, Version, compare_dotted, compare_prefix};

/// An operator with its argument.
#[derive(Debug)]
pub(crate) enum Operator {
    Present,
    /// `eq` and `in`.
    In(Members),
    /// `lt`, `lte`, `gt`, `gte`.
    Order {
        bound: Bound,
        less: bool,
        or_equal: bool,
    },
    Starts(Box<[Box<str>]>),
    Ends(Box<[Box<str>]>),
    Contains(Box<[Box<str>]>),
    Matches(Box<Regex>),
    Cidr(Box<[Network]>),
    HasAny(Members),
    HasAll(Box<[Scalar]>),
    Subset(Members),
    Modulo {
        divisor: f64,
        remainder: f64,
    },
    SameDay(i64),
    Sealed(Box<Sealed>),
    /// `eq` and `in` of reader `json`.
    Json(Box<[Value]>),
    Typed(Box<Typed>),
}

/// One operator for each type that a value may have.
#[derive(Debug)]
pub(crate) struct Typed {
    string: Option<Operator>,
    version: Option<Operator>,
    number: Option<Operator>,
    integer: Option<Operator>,
    bool: Option<Operator>,
}

/// What an ordered comparison compares with.
#[derive(Debug)]
pub(crate) enum Bound {
    Number(f64),
    Text(Box<str>),
    Version(OwnedVersion),
    Dotted(Box<str>),
    Prefix(Box<str>),
    /// The instant of the evaluation, moved.
    Now(Shift),
}

impl Operator {
    /// Prepares an operator; the argument is read by the same reader as the values will be.
    pub(crate) fn new(op: Op, reader: Reader, arg: &Value) -> Result<Self, String> {
        if matches!(reader, Reader::Typed | Reader::TypedParse) && op != Op::Present {
            return Ok(Self::Typed(Box::new(Typed::new(op, arg)?)));
        }
        let text = reader.is_text();
        let list = reader.is_list();
        let bool = matches!(reader, Reader::Bool | Reader::BoolText | Reader::BoolJsTruthy);
        let fits = match op {
            Op::Present => true,
            Op::Eq | Op::In => !list,
            Op::Lt | Op::Lte | Op::Gt | Op::Gte => !bool && !list && !matches!(reader, Reader::Type | Reader::Json),
            Op::Starts | Op::Ends | Op::Contains | Op::Matches | Op::MatchesStart | Op::Cidr => text,
            Op::HasAny | Op::HasAll | Op::Subset => list,
            Op::Modulo => reader.is_number(),
            Op::SameDay => reader.is_date() || reader == Reader::Number,
            Op::Sha256In | Op::Sha256Prefix | Op::Sha256Suffix => text || list,
        };
        if !fits {
            return Err(format!("operator `{}` does not work on values read as `{}`", Word(op), Word(reader)));
        }
        Ok(match op {
            Op::Present => Self::Present,
            Op::Eq | Op::In if Self::is_in(op, reader) => Self::In(Members::new(reader, arg)?),
            Op::Eq | Op::In if reader == Reader::Json => Self::Json(match (op, arg) {
                (Op::In, Value::Array(members)) => members.iter().cloned().collect(),
                _ => Box::new([arg.clone()]),
            }),
            // The words that reader `type` gives are no values that it could read.
            Op::Eq | Op::In => Self::In(Members::new(Reader::String, arg)?),
            Op::Subset => Self::Subset(Members::new(Reader::Any, arg)?),
            Op::Modulo => {
                match arg.as_array().map(|two| two.iter().map(Value::as_f64).collect::<Vec<_>>()).as_deref() {
                    Some([Some(divisor), Some(remainder)]) if *divisor != 0.0 => {
                        Self::Modulo { divisor: *divisor, remainder: *remainder }
                    }
                    _ => return Err(format!("argument {arg} is not [divisor, remainder]")),
                }
            }
            Op::SameDay => read(reader, arg.into(), |day| match day {
                Some(Read::Number(ms)) => day_of(ms).map(Self::SameDay).ok_or_else(|| unreadable(reader, arg)),
                _ => Err(unreadable(reader, arg)),
            })?,
            Op::Sha256In => Self::Sealed(Box::new(Sealed::new(Part::All, arg)?)),
            Op::Sha256Prefix => Self::Sealed(Box::new(Sealed::new(Part::Prefix, arg)?)),
            Op::Sha256Suffix => Self::Sealed(Box::new(Sealed::new(Part::Suffix, arg)?)),
            Op::HasAny => Self::HasAny(Members::new(Reader::Any, arg)?),
            Op::HasAll => Self::HasAll(each(Reader::Any, arg, Scalar::new)?.into()),
            Op::Lt | Op::Lte | Op::Gt | Op::Gte => Self::Order {
                bound: Bound::new(reader, arg)?,
                less: matches!(op, Op::Lt | Op::Lte),
                or_equal: matches!(op, Op::Lte | Op::Gte),
            },
            Op::Starts => Self::Starts(texts(reader, arg)?),
            Op::Ends => Self::Ends(texts(reader, arg)?),
            Op::Contains => Self::Contains(texts(reader, arg)?),
            Op::Cidr => {
                let networks = texts(Reader::String, arg)?;
                Self::Cidr(networks.iter().map(|text| Network::parse(text)).collect::<Result<_, _>>()?)
            }
            Op::Matches | Op::MatchesStart => {
                let pattern = arg.as_str().ok_or("the argument of `matches` is one pattern")?;
                if pattern.len() > MAX_PATTERN_BYTES {
                    let long = pattern.len();
                    return Err(format!("a regular expression of {long} bytes is longer than {MAX_PATTERN_BYTES}"));
                }
                let anchored = if op == Op::MatchesStart { format!(r"\A(?:{pattern})") } else { pattern.to_owned() };
                let regex = RegexBuilder::new(&anchored)
                    .size_limit(MAX_REGEX_BYTES)
                    .case_insensitive(reader.ignores_case())
                    .build()
                    .map_err(|error| format!("regular expression `{pattern}`: {error}"))?;
                Self::Matches(Box::new(regex))
            }
        })
    }

    /// Whether it is [`Operator::In`] of the members of its argument, read by this reader.
    pub(crate) fn is_in(op: Op, reader: Reader) -> bool {
        let otherwise = matches!(reader, Reader::Typed | Reader::TypedParse | Reader::Json | Reader::Type);
        matches!(op, Op::Eq | Op::In) && !reader.is_list() && !otherwise
    }

    /// The answer of [`read`] and [`Operator::holds`] together for what most tests are: nothing is copied on the way.
    /// `None`: not one of these.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: a call is a tenth of a test")]
    pub(crate) fn holds_at_once(&self, reader: Reader, value: &Attribute<'_>, invalid: Truth) -> Option<Truth> {
        match (self, reader, value) {
            (Self::In(members), Reader::Any | Reader::String, Attribute::Text(text)) => {
                Some(Truth::from(members.texts.contains(text)))
            }
            (
                Self::Order { bound: Bound::Number(bound), less, or_equal },
                Reader::Number,
                Attribute::Number(number),
            ) => Some(number.partial_cmp(bound).map_or(invalid, |order| Truth::from(ordered(order, *less, *or_equal)))),
            (
                Self::Order { bound: Bound::Version(bound), less, or_equal },
                Reader::VersionLoose,
                Attribute::Text(text),
            ) => Some(ordered_versions(text, bound, [*less, *or_equal], invalid)),
            _ => None,
        }
    }

    /// Does it hold at this instant? `None` when this kind of value cannot be compared so.
    #[inline]
    pub(crate) fn holds(&self, value: Read<'_>, now_ms: i64) -> Option<bool> {
        match self {
            Self::Present => Some(true),
            Self::In(members) => Some(members.contains(value)),
            Self::Order { bound, less, or_equal } => {
                // NaN can be compared: it is neither below nor above anything.
                let ordered_numbers = |order: Option<Ordering>| order.is_some_and(|it| ordered(it, *less, *or_equal));
                let order = match (value, bound) {
                    (Read::Number(value), Bound::Number(bound)) => {
                        return Some(ordered_numbers(value.partial_cmp(bound)));
                    }
                    (Read::Number(value), Bound::Now(shift)) => {
                        return Some(ordered_numbers(value.partial_cmp(&shift.from(now_ms))));
                    }
                    (Read::Text(value), Bound::Text(bound)) => value.cmp(bound),
                    (Read::Version(value), Bound::Version(bound)) => value.compare(&bound.get()),
                    (Read::Tagged(value), Bound::Version(bound)) => Version::strict(value)?.compare(&bound.get()),
                    (Read::Dotted(value), Bound::Dotted(bound)) => compare_dotted(value, bound),
                    (Read::Prefix(value), Bound::Prefix(bound)) => compare_prefix(value, bound)?,
                    _ => return None,
                };
                Some(ordered(order, *less, *or_equal))
            }
            Self::Starts(starts) => text(value).map(|value| starts.iter().any(|start| value.starts_with(&**start))),
            Self::Ends(ends) => text(value).map(|value| ends.iter().any(|end| value.ends_with(&**end))),
            Self::Contains(parts) => text(value).map(|value| parts.iter().any(|part| value.contains(&**part))),
            Self::Matches(regex) => text(value).map(|value| regex.is_match(value)),
            Self::Cidr(networks) => {
                let address = text(value)?.parse::<IpAddr>().ok()?.to_canonical();
                Some(networks.iter().any(|network| network.contains(address)))
            }
            Self::HasAny(members) => list(value).map(|elements| {
                elements.iter().any(|element| {
                    read(Reader::Any, element.into(), |read| read.is_some_and(|read| members.contains(read)))
                })
            }),
            Self::HasAll(scalars) => {
                list(value).map(|elements| scalars.iter().all(|scalar| elements.iter().any(|one| scalar.is(one))))
            }
            _ => self.holds_foreign(value, now_ms),
        }
    }
}

impl Operator {
    /// Operators that other systems' flags need.
    #[inline(never)]
    fn holds_foreign(&self, value: Read<'_>, now_ms: i64) -> Option<bool> {
        match (self, value) {
            (Self::Subset(members), Read::List(elements)) => Some(elements.iter().all(|element| {
                read(Reader::Any, element.into(), |read| read.is_some_and(|read| members.contains(read)))
            })),
            (Self::Modulo { divisor, remainder }, Read::Number(number)) => {
                let rest = number % divisor;
                let rest = if rest != 0.0 && (rest < 0.0) != (*divisor < 0.0) { rest + divisor } else { rest };
                #[expect(clippy::float_cmp, reason = "as the systems that have this operator do")]
                Some(rest == *remainder)
            }
            (Self::SameDay(day), Read::Number(ms)) => Some(day_of(ms) == Some(*day)),
            (Self::Sealed(sealed), Read::Text(text)) => Some(sealed.contains(text)),
            (Self::Sealed(sealed), Read::List(elements)) => {
                Some(elements.iter().filter_map(Value::as_str).any(|text| sealed.contains(text)))
            }
            (Self::Json(members), Read::Json(value)) => Some(members.iter().any(|member| same_json(member, value))),
            (Self::Json(members), Read::Text(text)) => Some(members.iter().any(|member| member == text)),
            (Self::Json(members), Read::Bool(value)) => Some(members.iter().any(|member| *member == value)),
            (Self::Json(members), Read::Number(number)) => {
                Some(members.iter().any(|member| member.as_f64() == Some(number)))
            }
            (Self::Typed(typed), _) => typed.holds(value, now_ms),
            _ => None,
        }
    }
}

/// Out of line: the registers that it needs are not saved for tests of another kind.
#[inline(never)]
fn ordered_versions(text: &str, bound: &OwnedVersion, [less, or_equal]: [bool; 2], invalid: Truth) -> Truth {
    Version::parse(text).map_or(invalid, |version| Truth::from(ordered(version.compare(&bound.get()), less, or_equal)))
}

#[inline]
fn ordered(order: Ordering, less: bool, or_equal: bool) -> bool {
    match order {
        Ordering::Less => less,
        Ordering::Equal => or_equal,
        Ordering::Greater => !less,
    }
}

impl Bound {
    fn new(reader: Reader, arg: &Value) -> Result<Self, String> {
        if let Some(shift) = arg.get("now").filter(|_| reader.is_date()) {
            let shift = shift.as_str().and_then(Shift::parse);
            return shift.map(Self::Now).ok_or_else(|| format!("argument {arg} is not a distance such as `-7d`"));
        }
        read(argument_reader(reader), arg.into(), |bound| match bound {
            Some(Read::Number(number)) => Ok(Self::Number(number)),
            Some(Read::Text(text)) => Ok(Self::Text(text.into())),
            Some(Read::Version(version)) => Ok(Self::Version(version.to_owned())),
            Some(Read::Tagged(text)) => {
                let version = Version::strict(text).ok_or_else(|| unreadable(reader, arg))?;
                Ok(Self::Version(version.to_owned()))
            }
            Some(Read::Dotted(text)) => Ok(Self::Dotted(text.into())),
            Some(Read::Prefix(text)) => Ok(Self::Prefix(text.into())),
            _ => Err(unreadable(reader, arg)),
        })
    }
}

impl Typed {
    fn new(op: Op, arg: &Value) -> Result<Self, String> {
        let Value::Object(members) = arg else {
            return Err(format!("argument {arg} is not an object of arguments by type"));
        };
        let one = |name: &str, reader| members.get(name).map(|arg| Operator::new(op, reader, arg)).transpose();
        Ok(Self {
            string: one("string", Reader::String)?,
            version: one("version", Reader::VersionSemver)?,
            number: one("number", Reader::Number)?,
            integer: one("integer", Reader::Number)?,
            bool: one("bool", Reader::Bool)?,
        })
    }

    fn holds(&self, value: Read<'_>, now_ms: i64) -> Option<bool> {
        match value {
            Read::Text(text) => match &self.version {
                Some(version) => version.holds(Read::Version(Version::strict(text)?), now_ms),
                None => self.string.as_ref()?.holds(value, now_ms),
            },
            Read::Number(number) => {
                let integer = self.integer.as_ref().filter(|_| number.fract() == 0.0);
                integer.or(self.number.as_ref())?.holds(value, now_ms)
            }
            Read::Bool(_) => self.bool.as_ref()?.holds(value, now_ms),
            _ => None,
        }
    }
}

/// Equal values; numbers by what they are, not by how they are written.
fn same_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}

/// Days since 1970 in UTC; what is not finite is on no day.
#[expect(clippy::cast_possible_truncation, reason = "saturates; such instants are on no calendar")]
fn day_of(ms: f64) -> Option<i64> {
    ms.is_finite().then(|| (ms / 86_400_000.0).floor() as i64)
}

fn text(value: Read<'_>) -> Option<&str> {
    match value {
        Read::Text(text) => Some(text),
        _ => None,
    }
}

fn list(value: Read<'_>) -> Option<&[Value]> {
    match value {
        Read::List(elements) => Some(elements),
        _ => None,
    }
}

fn texts(reader: Reader, arg: &Value) -> Result<Box<[Box<str>]>, String> {
    Ok(each(reader, arg, |member| text(member).map(Box::from))?.into())
}

pub(crate) fn unreadable(reader: Reader, arg: &Value) -> String {
    format!("argument {arg} cannot be read as `{}`", Word(reader))
}

/// The word on the wire of an [`Op`] or a [`Reader`].
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Serialize> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_is_refused_when_it_is_compiled() {
        for (op, reader, arg) in [
            (Op::Lt, Reader::Bool, json!(true)),
            (Op::Lt, Reader::Number, json!("5")),
            (Op::Lt, Reader::VersionLoose, json!("five")),
            (Op::Gt, Reader::Date, json!("yesterday")),
            (Op::In, Reader::Number, json!([1, "2"])),
            (Op::In, Reader::Any, json!([null])),
            (Op::In, Reader::Any, json!([{}])),
            (Op::In, Reader::List, json!([1])),
            (Op::Starts, Reader::Number, json!(["a"])),
            (Op::Starts, Reader::Any, json!([1])),
            (Op::Matches, Reader::String, json!("(")),
            (Op::Matches, Reader::String, json!("(?=a)")),
            (Op::Matches, Reader::String, json!(r"\w{200}{200}")),
            (Op::HasAny, Reader::Any, json!([1])),
            (Op::Cidr, Reader::String, json!(["10.0.0.0/64"])),
            (Op::Lt, Reader::Date, json!({"now": "7d"})),
            (Op::Lt, Reader::Date, json!({"now": -7})),
            (Op::Lt, Reader::Number, json!({"now": "-7d"})),
            (Op::Eq, Reader::Date, json!({"now": "-7d"})),
            (Op::Lt, Reader::VersionPrefix, json!("1.2.x")),
        ] {
            assert!(Operator::new(op, reader, &arg).is_err(), "{op:?} {reader:?} {arg}");
        }
    }

    #[test]
    fn long_lists_answer_like_short_ones() {
        let numbers: Vec<i32> = (0..50).map(|n| n * 2).collect();
        let operator = Operator::new(Op::In, Reader::Any, &json!(numbers)).unwrap();
        for n in -1..=101 {
            assert_eq!(operator.holds(Read::Number(f64::from(n)), 0), Some(numbers.contains(&n)), "{n}");
        }
        // -0 is 0 in arguments, too.
        let zeros: Vec<f64> = std::iter::once(-0.0).chain((1..20).map(f64::from)).collect();
        let operator = Operator::new(Op::In, Reader::Number, &json!(zeros)).unwrap();
        assert_eq!(operator.holds(Read::Number(0.0), 0), Some(true));
    }
}
