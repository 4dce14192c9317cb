//! Arguments that are sets: what `eq`, `in`, `has_any`, `has_all` and `subset` look in.

use std::cmp::Ordering;

use serde_json::Value;

use crate::context::Attribute;
use crate::limits::SCANNED_LIST;
use crate::operators::unreadable;
use crate::readers::{Read, argument_reader, read};
use crate::ruleset::Reader;
use crate::texts::Texts;
use crate::version::{OwnedVersion, compare_dotted, compare_prefix};

/// A set of scalars of any type; types never mix.
#[derive(Debug)]
pub(crate) struct Members {
    pub(crate) texts: Texts,
    numbers: Box<[f64]>,
    bools: [bool; 2],
    versions: Box<[OwnedVersion]>,
    dotted: Box<[Box<str>]>,
    prefixes: Box<[Box<str>]>,
}

/// One scalar of an argument.
#[derive(Debug)]
pub(crate) enum Scalar {
    Text(Box<str>),
    Number(f64),
    Bool(bool),
}

impl Members {
    pub(crate) fn new(reader: Reader, arg: &Value) -> Result<Self, String> {
        let members = members(arg);
        Self::of(reader, members.iter().map(Attribute::from))
            .map_err(|at| unreadable(argument_reader(reader), members.get(at).unwrap_or(arg)))
    }

    /// `Err`: the position of one that cannot be read.
    pub(crate) fn of<'a>(reader: Reader, members: impl Iterator<Item = Attribute<'a>>) -> Result<Self, usize> {
        let (mut texts, mut numbers, mut bools) = (Joined::default(), Vec::new(), [false; 2]);
        let (mut versions, mut dotted, mut prefixes) = (Vec::new(), Vec::<Box<str>>::new(), Vec::<Box<str>>::new());
        let reader = argument_reader(reader);
        let mut take = |member: Read<'_>| {
            match member {
                Read::Text(text) | Read::Tagged(text) => texts.push(text),
                Read::Dotted(text) => dotted.push(text.into()),
                Read::Prefix(text) => prefixes.push(text.into()),
                // Nothing is equal to NaN, and a search would find it.
                Read::Number(number) => numbers.extend(Some(number).filter(|number| !number.is_nan())),
                Read::Bool(value) => {
                    if let Some(has) = bools.get_mut(usize::from(value)) {
                        *has = true;
                    }
                }
                Read::Version(version) => versions.push(version.to_owned()),
                Read::List(_) | Read::Json(_) => return None,
            }
            Some(())
        };
        for (at, member) in members.enumerate() {
            read(reader, member, |value| value.and_then(&mut take)).ok_or(at)?;
        }
        numbers.sort_by(f64::total_cmp);
        Ok(Self {
            texts: Texts::new(texts.iter()),
            numbers: numbers.into(),
            bools,
            versions: versions.into(),
            dotted: dotted.into(),
            prefixes: prefixes.into(),
        })
    }

    #[inline]
    pub(crate) fn contains(&self, value: Read<'_>) -> bool {
        match value {
            Read::Text(text) | Read::Tagged(text) => self.texts.contains(text),
            Read::Number(number) if self.numbers.len() <= SCANNED_LIST => self.numbers.contains(&number),
            Read::Number(number) => self.numbers.binary_search_by(|member| member.total_cmp(&number)).is_ok(),
            Read::Bool(value) => self.bools.get(usize::from(value)).is_some_and(|has| *has),
            Read::Version(version) => {
                self.versions.iter().any(|member| version.compare(&member.get()) == Ordering::Equal)
            }
            Read::Dotted(text) => self.dotted.iter().any(|member| compare_dotted(member, text) == Ordering::Equal),
            Read::Prefix(text) => {
                self.prefixes.iter().any(|member| compare_prefix(text, member) == Some(Ordering::Equal))
            }
            Read::List(_) | Read::Json(_) => false,
        }
    }
}

impl Scalar {
    pub(crate) fn new(value: Read<'_>) -> Option<Self> {
        match value {
            Read::Text(text) => Some(Self::Text(text.into())),
            Read::Number(number) => Some(Self::Number(number)),
            Read::Bool(value) => Some(Self::Bool(value)),
            _ => None,
        }
    }

    #[expect(clippy::float_cmp, reason = "equality of the same decoded number is meant")]
    pub(crate) fn is(&self, value: &Value) -> bool {
        match (self, Attribute::from(value)) {
            (Self::Text(a), Attribute::Text(b)) => **a == *b,
            (Self::Number(a), Attribute::Number(b)) => *a == b,
            (Self::Bool(a), Attribute::Bool(b)) => *a == b,
            _ => false,
        }
    }
}

/// Texts one after the other, and where each ends.
#[derive(Default)]
struct Joined {
    all: String,
    ends: Vec<usize>,
}

impl Joined {
    fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| self.all.get(*start..*end).unwrap_or_default())
    }
}

/// The members of a list argument; a scalar is a list of one.
pub(crate) fn members(arg: &Value) -> &[Value] {
    arg.as_array().map_or(std::slice::from_ref(arg), Vec::as_slice)
}

/// Reads each member of a list argument.
pub(crate) fn each<T>(
    reader: Reader,
    arg: &Value,
    mut take: impl FnMut(Read<'_>) -> Option<T>,
) -> Result<Vec<T>, String> {
    members(arg)
        .iter()
        .map(|member| {
            read(reader, member.into(), |value| value.and_then(&mut take)).ok_or_else(|| unreadable(reader, member))
        })
        .collect()
}
