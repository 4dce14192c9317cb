//! Operators: arguments prepared once, compared without allocating.

use std::cmp::Ordering;
use std::net::IpAddr;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::context::Attribute;
use crate::limits::{MAX_REGEX_BYTES, SCANNED_LIST};
use crate::readers::{Read, read};
use crate::ruleset::{Op, Reader};
use crate::texts::Texts;
use crate::version::OwnedVersion;

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
}

/// A set of scalars of any type; types never mix.
#[derive(Debug)]
pub(crate) struct Members {
    texts: Texts,
    numbers: Box<[f64]>,
    bools: [bool; 2],
    versions: Box<[OwnedVersion]>,
}

/// What an ordered comparison compares with.
#[derive(Debug)]
pub(crate) enum Bound {
    Number(f64),
    Text(Box<str>),
    Version(OwnedVersion),
}

/// One scalar of an argument.
#[derive(Debug)]
pub(crate) enum Scalar {
    Text(Box<str>),
    Number(f64),
    Bool(bool),
}

impl Operator {
    /// Prepares an operator; the argument is read by the same reader as the values will be.
    pub(crate) fn new(op: Op, reader: Reader, arg: &Value) -> Result<Self, String> {
        let text = matches!(reader, Reader::Any | Reader::String | Reader::StringLower);
        let fits = match op {
            Op::Present => true,
            Op::Eq | Op::In => reader != Reader::List,
            Op::Lt | Op::Lte | Op::Gt | Op::Gte => !matches!(reader, Reader::Bool | Reader::List),
            Op::Starts | Op::Ends | Op::Contains | Op::Matches | Op::Cidr => text,
            Op::HasAny | Op::HasAll => reader == Reader::List,
            _ => false,
        };
        if !fits {
            return Err(format!("operator `{}` does not work on values read as `{}`", name(op), reader_name(reader)));
        }
        Ok(match op {
            Op::Present => Self::Present,
            Op::Eq | Op::In => Self::In(Members::new(reader, arg)?),
            Op::HasAny => Self::HasAny(Members::new(Reader::Any, arg)?),
            Op::HasAll => Self::HasAll(each(Reader::Any, arg, Scalar::new)?.into()),
            Op::Lt | Op::Lte | Op::Gt | Op::Gte => Self::Order {
                bound: read(reader, arg.into(), |bound| match bound {
                    Some(Read::Number(number)) => Ok(Bound::Number(number)),
                    Some(Read::Text(text)) => Ok(Bound::Text(text.into())),
                    Some(Read::Version(version)) => Ok(Bound::Version(version.to_owned())),
                    _ => Err(unreadable(reader, arg)),
                })?,
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
            Op::Matches => {
                let pattern = arg.as_str().ok_or("the argument of `matches` is one pattern")?;
                let regex = RegexBuilder::new(pattern)
                    .size_limit(MAX_REGEX_BYTES)
                    .case_insensitive(reader == Reader::StringLower)
                    .build()
                    .map_err(|error| format!("regular expression `{pattern}`: {error}"))?;
                Self::Matches(Box::new(regex))
            }
            _ => return Err(format!("operator `{}` is not supported yet", name(op))),
        })
    }

    /// Does it hold? `None` when this kind of value cannot be compared so.
    #[inline]
    pub(crate) fn holds(&self, value: Read<'_>) -> Option<bool> {
        match self {
            Self::Present => Some(true),
            Self::In(members) => Some(members.contains(value)),
            Self::Order { bound, less, or_equal } => {
                let order = match (value, bound) {
                    (Read::Number(value), Bound::Number(bound)) => value.partial_cmp(bound)?,
                    (Read::Text(value), Bound::Text(bound)) => value.cmp(bound),
                    (Read::Version(value), Bound::Version(bound)) => value.compare(&bound.get()),
                    _ => return None,
                };
                Some(match order {
                    Ordering::Less => *less,
                    Ordering::Equal => *or_equal,
                    Ordering::Greater => !*less,
                })
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
        }
    }
}

impl Members {
    fn new(reader: Reader, arg: &Value) -> Result<Self, String> {
        let (mut texts, mut numbers, mut bools, mut versions) = (Vec::new(), Vec::new(), [false; 2], Vec::new());
        each(reader, arg, |member| {
            match member {
                Read::Text(text) => texts.push(text.to_owned()),
                Read::Number(number) => numbers.push(number),
                Read::Bool(value) => {
                    if let Some(has) = bools.get_mut(usize::from(value)) {
                        *has = true;
                    }
                }
                Read::Version(version) => versions.push(version.to_owned()),
                Read::List(_) => return None,
            }
            Some(())
        })?;
        numbers.sort_by(f64::total_cmp);
        Ok(Self { texts: Texts::new(&texts), numbers: numbers.into(), bools, versions: versions.into() })
    }

    #[inline]
    fn contains(&self, value: Read<'_>) -> bool {
        match value {
            Read::Text(text) => self.texts.contains(text),
            Read::Number(number) if self.numbers.len() <= SCANNED_LIST => self.numbers.contains(&number),
            Read::Number(number) => self.numbers.binary_search_by(|member| member.total_cmp(&number)).is_ok(),
            Read::Bool(value) => self.bools.get(usize::from(value)).is_some_and(|has| *has),
            Read::Version(version) => {
                self.versions.iter().any(|member| version.compare(&member.get()) == Ordering::Equal)
            }
            Read::List(_) => false,
        }
    }
}

impl Scalar {
    fn new(value: Read<'_>) -> Option<Self> {
        match value {
            Read::Text(text) => Some(Self::Text(text.into())),
            Read::Number(number) => Some(Self::Number(number)),
            Read::Bool(value) => Some(Self::Bool(value)),
            Read::Version(_) | Read::List(_) => None,
        }
    }

    #[expect(clippy::float_cmp, reason = "equality of the same decoded number is meant")]
    fn is(&self, value: &Value) -> bool {
        match (self, Attribute::from(value)) {
            (Self::Text(a), Attribute::Text(b)) => **a == *b,
            (Self::Number(a), Attribute::Number(b)) => *a == b,
            (Self::Bool(a), Attribute::Bool(b)) => *a == b,
            _ => false,
        }
    }
}

/// An IPv4 or IPv6 network. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) count as IPv4.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Network {
    V4 { bits: u32, mask: u32 },
    V6 { bits: u128, mask: u128 },
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a network: write 10.0.0.0/8, 2001:db8::/32 or an address");
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => full,
            Some(digits) if digits.len() <= 3 && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse::<u32>().map_err(|_| bad())?
            }
            Some(_) => return Err(bad()),
        };
        if length > full {
            return Err(bad());
        }
        // The top 96 bits of a mapped network are those of all mapped addresses.
        let (address, length) = match (address.to_canonical(), address) {
            (IpAddr::V4(v4), IpAddr::V6(_)) if length >= 96 => (IpAddr::V4(v4), length - 96),
            _ => (address, length),
        };
        Ok(match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                Self::V4 { bits: v4.to_bits() & mask, mask }
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
                Self::V6 { bits: v6.to_bits() & mask, mask }
            }
        })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { bits, mask }, IpAddr::V4(v4)) => v4.to_bits() & mask == *bits,
            (Self::V6 { bits, mask }, IpAddr::V6(v6)) => v6.to_bits() & mask == *bits,
            _ => false,
        }
    }
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

/// Reads each member of a list argument; a scalar is a list of one.
fn each<T>(reader: Reader, arg: &Value, mut take: impl FnMut(Read<'_>) -> Option<T>) -> Result<Vec<T>, String> {
    let members = arg.as_array().map_or(std::slice::from_ref(arg), Vec::as_slice);
    members
        .iter()
        .map(|member| {
            read(reader, member.into(), |value| value.and_then(&mut take)).ok_or_else(|| unreadable(reader, member))
        })
        .collect()
}

fn unreadable(reader: Reader, arg: &Value) -> String {
    format!("argument {arg} cannot be read as `{}`", reader_name(reader))
}

/// The wire name of an operator.
pub(crate) fn name(op: Op) -> String {
    wire_name(&op)
}

fn reader_name(reader: Reader) -> String {
    wire_name(&reader)
}

fn wire_name(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn networks() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7", "192.168.1.8", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "::1", true),
            ("::/0", "10.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "10.1.1.1", true),
        ] {
            let operator = Operator::new(Op::Cidr, Reader::String, &json!([network])).unwrap();
            assert_eq!(operator.holds(Read::Text(address)), Some(inside), "{address} in {network}");
        }
        for bad in ["10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "::/129", "x", "", "10.0.0.0/8/8"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
    }

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
        ] {
            assert!(Operator::new(op, reader, &arg).is_err(), "{op:?} {reader:?} {arg}");
        }
    }

    #[test]
    fn long_lists_answer_like_short_ones() {
        let numbers: Vec<i32> = (0..50).map(|n| n * 2).collect();
        let operator = Operator::new(Op::In, Reader::Any, &json!(numbers)).unwrap();
        for n in -1..=101 {
            assert_eq!(operator.holds(Read::Number(f64::from(n))), Some(numbers.contains(&n)), "{n}");
        }
        // -0 is 0 in arguments, too.
        let zeros: Vec<f64> = std::iter::once(-0.0).chain((1..20).map(f64::from)).collect();
        let operator = Operator::new(Op::In, Reader::Number, &json!(zeros)).unwrap();
        assert_eq!(operator.holds(Read::Number(0.0)), Some(true));
    }
}
