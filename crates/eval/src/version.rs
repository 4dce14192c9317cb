//! Loose SemVer 2.0, borrowed: comparing two versions allocates nothing (the `semver` crate boxes long pre-releases).

use std::cmp::Ordering;

/// A version, its text checked; build metadata is gone, it never orders (`SemVer` §10).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version<'a> {
    core: [u64; 3],
    pre: &'a str,
}

impl<'a> Version<'a> {
    /// `SemVer` 2.0 with two liberties: a leading `v` or `V`, and a missing minor or patch that reads as 0.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = if let [b'v' | b'V', ..] = text.as_bytes() { text.get(1..)? } else { text };
        Self::parse_as(text, true)
    }

    /// `SemVer` 2.0 to the letter.
    pub(crate) fn strict(text: &'a str) -> Option<Self> {
        Self::parse_as(text, false)
    }

    /// Loose, and without its pre-release.
    pub(crate) fn triple(text: &'a str) -> Option<Self> {
        Self::parse(text.split(['-', '+']).next()?)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: what it returns is too large for registers")]
    fn parse_as(text: &'a str, partial: bool) -> Option<Self> {
        // What ends early is filled up with zeros.
        let next = |rest: &'a [u8]| match rest {
            [b'.', more @ ..] => number_ahead(more),
            _ if partial => Some((0, rest)),
            _ => None,
        };
        let (major, rest) = number_ahead(text.as_bytes())?;
        let (minor, rest) = next(rest)?;
        let (patch, rest) = next(rest)?;
        let pre = match rest {
            [] => "",
            [b'-' | b'+', ..] => tags(text.get(text.len() - rest.len()..)?)?,
            _ => return None,
        };
        Some(Self { core: [major, minor, patch], pre })
    }

    /// `SemVer` §11.
    #[inline]
    pub(crate) fn compare(&self, other: &Version<'_>) -> Ordering {
        self.core.cmp(&other.core).then_with(|| match (self.pre, other.pre) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_pre(a, b),
        })
    }

    /// The three numbers.
    pub(crate) fn core(&self) -> [u64; 3] {
        self.core
    }

    pub(crate) fn to_owned(self) -> OwnedVersion {
        OwnedVersion { core: self.core, pre: self.pre.into() }
    }
}

/// A version kept in a compiled ruleset.
#[derive(Clone, Debug)]
pub(crate) struct OwnedVersion {
    core: [u64; 3],
    pre: Box<str>,
}

impl OwnedVersion {
    #[inline]
    pub(crate) fn get(&self) -> Version<'_> {
        Version { core: self.core, pre: &self.pre }
    }
}

/// Digits without a leading zero, and what comes after them.
#[inline]
fn number_ahead(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let mut number = digit(*first)?;
    while let Some(next) = rest.first().and_then(|byte| digit(*byte)) {
        if number == 0 {
            return None;
        }
        // A checked multiplication is a call where the machine has none of 128 bits.
        if number > u64::MAX / 10 {
            return None;
        }
        number = (number * 10).checked_add(next)?;
        rest = rest.get(1..)?;
    }
    Some((number, rest))
}

#[inline]
fn digit(byte: u8) -> Option<u64> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(u64::from(value))
}

/// The pre-release in `-pre+build`, both checked; empty without one.
fn tags(text: &str) -> Option<&str> {
    let (pre, build) = text.split_once('+').map_or((text, None), |(pre, build)| (pre, Some(build)));
    if build.is_some_and(|build| !build.split('.').all(is_identifier)) {
        return None;
    }
    let Some(pre) = pre.strip_prefix('-') else { return Some("") };
    pre.split('.').all(|one| is_identifier(one) && !has_leading_zero(one)).then_some(pre)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && is_number(text)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(x), Some(y)) => match (is_number(x), is_number(y)) {
                // Without leading zeros the longer number is the larger one, of any size.
                (true, true) => x.len().cmp(&y.len()).then_with(|| x.cmp(y)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Checks numbers with dots between; what follows a `-` is dropped.
pub(crate) fn dotted(text: &str) -> Option<&str> {
    let text = text.split('-').next().unwrap_or_default();
    text.split('.').all(|part| !part.is_empty() && is_number(part) && part.len() <= 18).then_some(text)
}

/// Number by number; missing ones are 0.
pub(crate) fn compare_dotted(a: &str, b: &str) -> Ordering {
    // At most 18 digits, checked by `dotted`.
    let numbers = |text: &'_ str| text.split('.').map(|part| part.parse().unwrap_or(0_u64)).collect::<Vec<_>>();
    let (mut a, mut b) = (numbers(a), numbers(b));
    let len = a.len().max(b.len());
    a.resize(len, 0);
    b.resize(len, 0);
    a.cmp(&b)
}

/// Up to three numbers with dots between, then what follows a `-` or a `+`, whichever comes first.
#[derive(Clone, Copy)]
struct Prefix<'a> {
    numbers: &'a str,
    /// Whether it follows a `-`, and it.
    tag: Option<(bool, &'a str)>,
}

impl<'a> Prefix<'a> {
    fn new(text: &'a str) -> Self {
        text.split_once(['-', '+']).map_or(Self { numbers: text, tag: None }, |(numbers, tag)| {
            let is_pre = text.as_bytes().get(numbers.len()) == Some(&b'-');
            Self { numbers, tag: Some((is_pre, tag)) }
        })
    }

    fn is_pre(self) -> bool {
        self.tag.is_some_and(|(is_pre, _)| is_pre)
    }

    fn parts(self) -> impl Iterator<Item = &'a str> {
        self.numbers.split('.').chain(self.tag.map(|(_, tag)| tag))
    }
}

/// Checks a version for [`compare_prefix`].
pub(crate) fn prefixed(text: &str) -> Option<&str> {
    let numbers = Prefix::new(text).numbers;
    let fits = numbers.split('.').count() <= 3 && numbers.split('.').all(|part| !part.is_empty() && is_number(part));
    (fits && !text.contains(' ')).then_some(text)
}

/// A version against another, as far as the other goes. Nothing when a number meets a word.
pub(crate) fn compare_prefix(version: &str, other: &str) -> Option<Ordering> {
    let (version, other) = (Prefix::new(version), Prefix::new(other));
    let (is_pre, other_is_pre) = (version.is_pre(), other.is_pre());
    let mut parts = version.parts();
    for wanted in other.parts() {
        let order = match parts.next() {
            None => return Some(if other.tag.is_some() { Ordering::Greater } else { Ordering::Less }),
            Some(part) if !part.is_empty() && is_number(part) => {
                let (part, wanted) = (part.trim_start_matches('0'), is_number(wanted).then_some(wanted)?);
                let wanted = wanted.trim_start_matches('0');
                part.len().cmp(&wanted.len()).then_with(|| part.cmp(wanted))
            }
            Some(part) => match part.cmp(wanted) {
                Ordering::Less if other_is_pre && !is_pre => Ordering::Greater,
                Ordering::Greater if is_pre && !other_is_pre => Ordering::Less,
                order => order,
            },
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(if is_pre && !other_is_pre { Ordering::Less } else { Ordering::Equal })
}

/// `GrowthBook`'s key of a version: without a leading `v` and build metadata, numbers padded to five places; a version
/// without a pre-release gets one that comes after all others.
pub(crate) fn padded(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let text = text.split('+').next().unwrap_or_default();
    let mut parts: Vec<String> = text
        .split(['-', '.'])
        .map(|part| if !part.is_empty() && is_number(part) { format!("{part:>5}") } else { part.to_owned() })
        .collect();
    if parts.len() == 3 {
        parts.push("~".to_owned());
    }
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_specification() {
        let ascending = [
            "0.9",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-99999999999999999999999",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1",
            "1.0.1",
            "v2",
            "10.0.0",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                let order = Version::parse(a).unwrap().compare(&Version::parse(b).unwrap());
                assert_eq!(order, i.cmp(&j), "{a} against {b}");
            }
        }
    }

    #[test]
    fn what_is_equal_and_what_is_not_a_version() {
        for (a, b) in [("1", "1.0.0"), ("v1.2", "1.2.0"), ("1.2.3+a", "1.2.3+b.7"), ("1-rc", "1.0.0-rc")] {
            assert_eq!(Version::parse(a).unwrap().compare(&Version::parse(b).unwrap()), Ordering::Equal, "{a} = {b}");
        }
        for bad in [
            "",
            "v",
            "1.",
            ".1",
            "1.2.3.4",
            "01.2.3",
            "1.02.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3+",
            "1.2.3 ",
            "a.b.c",
            "1.2.x",
            "-1.2.3",
            "18446744073709551616.0.0",
            "vv1",
            "1.2.3-ä",
        ] {
            assert!(Version::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn versions_as_far_as_the_argument_goes() {
        use Ordering::{Equal, Greater, Less};
        for (version, other, order) in [
            ("2.1.3", "2.1", Some(Equal)),
            ("2.1", "2.1.3", Some(Less)),
            ("2.1", "2.1.0-beta", Some(Greater)),
            ("2.1.0", "2.1.0-beta", Some(Greater)),
            ("2.1.0-beta", "2.1.0", Some(Less)),
            ("2.1.0-beta", "2.1", Some(Less)),
            ("2.1.0-beta", "2.1.0-alpha", Some(Greater)),
            ("2.1.0-alpha", "2.1.0-beta", Some(Less)),
            ("2.1.0-alpha+a", "2.1.0-alpha+a", Some(Equal)),
            ("2.1.0+a-b", "2.1.0", Some(Equal)),
            ("2.1.0", "2.1.0+a", Some(Greater)),
            ("2.1.0-1", "2.1.0-alpha", None),
            ("010.0", "10", Some(Equal)),
            ("99999999999999999999", "100000000000000000000", Some(Less)),
        ] {
            assert!(prefixed(version).is_some() && prefixed(other).is_some(), "{version} {other}");
            assert_eq!(compare_prefix(version, other), order, "{version} against {other}");
        }
        for bad in ["", "v1", "1.", "1..2", "1.2.3.4", "1.x", "1.2 ", "1.2.3-a b", "-1"] {
            assert!(prefixed(bad).is_none(), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_semver_crate_agrees(
            a in r"[0-3]\.[0-2]\.(0|10|2)(-[a-c0-2]{1,2}(\.(a|1|10|x-y)){0,2})?(\+[a-z0-9]{1,3})?",
            b in r"[0-3]\.[0-2]\.(0|10|2)(-[a-c0-2]{1,2}(\.(a|1|10|x-y)){0,2})?(\+[a-z0-9]{1,3})?",
        ) {
            let ours = Version::parse(&a).zip(Version::parse(&b)).map(|(a, b)| a.compare(&b));
            let theirs = semver::Version::parse(&a).ok().zip(semver::Version::parse(&b).ok());
            proptest::prop_assert_eq!(ours, theirs.map(|(a, b)| a.cmp_precedence(&b)), "{} against {}", a, b);
        }
    }
}
