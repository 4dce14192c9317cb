//! Where an attribute is found: paths with what they mean decided once.

use crate::context::{Attribute, Context};
use crate::hash::Murmur3;
use crate::texts::{is_exact, short_text, text_key};

/// What paths are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'c> {
    pub(crate) context: &'c Context<'c>,
    pub(crate) now_ms: i64,
    /// Inside `some`: the element at hand.
    pub(crate) element: Attribute<'c>,
}

impl<'c> Subject<'c> {
    pub(crate) fn new(context: &'c Context<'c>, now_ms: i64) -> Self {
        Self { context, now_ms, element: Attribute::Null }
    }

    /// The context's `$random`, a number from 0 to below 1; without one, a number that follows from `now`.
    pub(crate) fn random(&self) -> f64 {
        match self.context.get(text_key("$random"), "$random") {
            Attribute::Number(number) if (0.0..1.0).contains(number) => *number,
            _ => f64::from(Murmur3::new(0, b"").finish(&self.now_ms.to_le_bytes())) / 4_294_967_296.0,
        }
    }
}

/// A compiled attribute path.
#[derive(Debug)]
pub(crate) enum Path {
    /// `targetingKey`, `key`, `user.key`.
    Key,
    /// `$now`: the caller's clock in milliseconds since 1970.
    Now,
    /// `$random`: see [`Subject::random`].
    Random,
    /// An attribute.
    Attribute(Name),
    /// A member somewhere below an attribute.
    Member { name: Name, below: Box<[Box<str>]> },
    /// Inside `some`: the element, or a member somewhere below it.
    Element(Box<[Box<str>]>),
}

/// The name of an attribute. Most are short, and their key is all there is of them.
#[derive(Debug)]
pub(crate) struct Name {
    key: u64,
    /// Nothing where the key is exact.
    long: Box<str>,
}

impl Name {
    fn new(name: &str) -> Self {
        let key = text_key(name);
        Self { key, long: if is_exact(key) { Box::default() } else { name.into() } }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match short_text(self.key) {
            Some(short) => f.write_str(&short),
            None => f.write_str(&self.long),
        }
    }
}

impl Path {
    pub(crate) fn new<S: AsRef<str>>(names: &[S], in_some: bool) -> Result<Self, String> {
        if in_some {
            return Ok(Self::Element(boxed(names)));
        }
        match names {
            [] => Err("an empty attribute path means the element of `some` and is used outside of it".to_owned()),
            [user, rest @ ..] if user.as_ref() == "user" && !rest.is_empty() => Self::new(rest, false),
            [name] => Ok(match name.as_ref() {
                "targetingKey" | "key" => Self::Key,
                "$now" => Self::Now,
                "$random" => Self::Random,
                name => Self::Attribute(Name::new(name)),
            }),
            [name, below @ ..] => Ok(Self::Member { name: Name::new(name.as_ref()), below: boxed(below) }),
        }
    }

    #[inline]
    pub(crate) fn find<'c>(&self, subject: &Subject<'c>) -> Attribute<'c> {
        match self.at_hand(subject) {
            Some(found) => *found,
            None => self.find_elsewhere(subject),
        }
    }

    /// What the context holds as it is, which is what most paths lead to: nothing is copied.
    #[inline]
    pub(crate) fn at_hand<'c>(&self, subject: &Subject<'c>) -> Option<&'c Attribute<'c>> {
        match self {
            Self::Attribute(Name { key, long }) => Some(subject.context.get(*key, long)),
            Self::Key => Some(subject.context.key()),
            _ => None,
        }
    }

    #[inline(never)]
    fn find_elsewhere<'c>(&self, subject: &Subject<'c>) -> Attribute<'c> {
        let below =
            |found: Attribute<'c>, names: &[Box<str>]| names.iter().fold(found, |found, name| found.member(name));
        match self {
            Self::Now => Attribute::from(subject.now_ms),
            Self::Random => Attribute::Number(subject.random()),
            Self::Member { name: Name { key, long }, below: names } => below(*subject.context.get(*key, long), names),
            Self::Element(names) => below(subject.element, names),
            Self::Attribute(_) | Self::Key => Attribute::Null,
        }
    }
}

impl Path {
    /// Like [`Path::find`], and an empty targeting key is one.
    pub(crate) fn find_with_empty_key<'c>(&self, subject: &Subject<'c>) -> Attribute<'c> {
        match self {
            Self::Key => subject.context.raw_key(),
            _ => self.find(subject),
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key => f.write_str("user.key"),
            Self::Now => f.write_str("now"),
            Self::Random => f.write_str("random"),
            Self::Attribute(name) => write!(f, "user.{name}"),
            Self::Member { name, below } => write!(f, "{name}.{}", below.join(".")),
            Self::Element(below) if below.is_empty() => f.write_str("element"),
            Self::Element(below) => write!(f, "element.{}", below.join(".")),
        }
    }
}

fn boxed<S: AsRef<str>>(names: &[S]) -> Box<[Box<str>]> {
    names.iter().map(|name| name.as_ref().into()).collect()
}
