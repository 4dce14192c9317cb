//! Texts by hash: a read-only table (flag keys, id lists, long `in` lists) with all bytes in one allocation.

use crate::limits::SCANNED_LIST;

/// A number for a text, by which names and members are told apart before their bytes are looked at. In memory only: it is
/// never stored or sent. Up to seven bytes the number *is* the text: equal numbers are equal texts ([`is_exact`]).
#[inline]
pub(crate) fn text_key(text: &str) -> u64 {
    let bytes = text.as_bytes();
    if let (Some(head), Some(tail), ..=SHORT) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>(), bytes.len()) {
        // Most names: one multiplication. They may overlap, so that the length counts, too.
        let (head, tail) = (u64::from_le_bytes(*head), u64::from_le_bytes(*tail));
        product(head ^ SEED, tail ^ FACTOR ^ bytes.len() as u64) | LONG
    } else if bytes.len() > SHORT {
        long_key(bytes)
    } else if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // Head and tail may overlap: the same bytes are then put in the same place twice.
        let shift = (bytes.len() - 4) * 8;
        length(bytes) | u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << shift
    } else {
        // Up to three: first, middle and last are all there are, in their places.
        let byte = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte) << (at * 8));
        length(bytes) | byte(0) | byte(bytes.len() / 2) | byte(bytes.len().saturating_sub(1))
    }
}

/// Texts up to here are looked up without a call: it holds for nearly all keys and names.
const SHORT: usize = 16;

#[inline(never)]
fn long_key(bytes: &[u8]) -> u64 {
    let (chunks, _) = bytes.as_chunks::<8>();
    let hash = chunks.iter().fold(bytes.len() as u64, |hash, chunk| fold(hash ^ u64::from_le_bytes(*chunk)));
    let tail = bytes.last_chunk().map_or(0, |tail| u64::from_le_bytes(*tail));
    fold(hash ^ tail) | LONG
}

/// The top byte of a long text's key; that of a short one holds its length.
const LONG: u64 = 0xFF << 56;

#[inline]
fn length(bytes: &[u8]) -> u64 {
    (bytes.len() as u64) << 56
}

/// Whether texts with this key are equal without looking.
#[inline]
pub(crate) fn is_exact(key: u64) -> bool {
    key < LONG
}

/// The text that an exact key is.
pub(crate) fn short_text(key: u64) -> Option<String> {
    let bytes = key.to_le_bytes();
    let bytes = is_exact(key).then(|| bytes.get(..usize::from(bytes[7])))??;
    String::from_utf8(bytes.to_vec()).ok()
}

/// Whether a text and its key are another text and its key.
#[inline]
pub(crate) fn same(key: u64, text: &str, other_key: u64, other: &str) -> bool {
    key == other_key && (is_exact(key) || equal(text.as_bytes(), other.as_bytes()))
}

/// Equality without a call for the lengths that keys and names have.
#[inline]
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match (a.first_chunk::<8>(), a.last_chunk::<8>(), b.first_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(a_head), Some(a_tail), Some(b_head), Some(b_tail)) if a.len() <= SHORT => {
            a_head == b_head && a_tail == b_tail
        }
        _ => a == b,
    }
}

/// Of the place's text and one of up to [`SHORT`] bytes.
#[inline]
fn equal_short(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match (a.first_chunk::<8>(), a.last_chunk::<8>(), b.first_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(a_head), Some(a_tail), Some(b_head), Some(b_tail)) => a_head == b_head && a_tail == b_tail,
        _ => a.iter().eq(b),
    }
}

/// Multiplies to 128 bits and folds the halves: every input bit reaches every output bit.
#[inline]
fn fold(x: u64) -> u64 {
    product(x ^ SEED, FACTOR)
}

const SEED: u64 = 0xA076_1D64_78BD_642F;
const FACTOR: u64 = 0xE703_7ED1_A0B4_28DB;

#[inline]
#[cfg(not(target_arch = "wasm32"))]
fn product(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
    let low = wide as u64;
    let high = (wide >> 64) as u64;
    low ^ high
}

/// The same by halves: WebAssembly multiplies no wider than 64 bits, and would call a function that does.
#[inline]
#[cfg(any(target_arch = "wasm32", test))]
fn product_by_halves(a: u64, b: u64) -> u64 {
    let (a_low, a_high, b_low, b_high) = (a & 0xFFFF_FFFF, a >> 32, b & 0xFFFF_FFFF, b >> 32);
    let (low, first, second) = (a_low * b_low, a_high * b_low, a_low * b_high);
    let middle = (low >> 32) + (first & 0xFFFF_FFFF) + (second & 0xFFFF_FFFF);
    let high = a_high * b_high + (first >> 32) + (second >> 32) + (middle >> 32);
    a.wrapping_mul(b) ^ high
}

#[cfg(target_arch = "wasm32")]
use product_by_halves as product;

/// Text → small number, open addressing, never changed after it is built.
#[derive(Debug)]
pub(crate) struct TextTable {
    arena: Box<str>,
    places: Box<[Place]>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    start: u32,
    len: u32,
    id: u32,
}

const EMPTY: u32 = u32::MAX;

impl TextTable {
    /// Of texts and their numbers; of two equal texts the first counts.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = (&'t str, u32)> + Clone) -> Self {
        let (count, bytes) =
            texts.clone().fold((0_usize, 0), |(count, bytes), (text, _)| (count + 1, bytes + text.len()));
        // At most two thirds full, so that a probe ends soon.
        let places = (count + count / 2 + 1).next_power_of_two();
        let mut table = Builder {
            arena: String::with_capacity(bytes),
            places: vec![Place { hash: 0, start: 0, len: 0, id: EMPTY }; places],
            len: 0,
        };
        for (text, id) in texts {
            table.insert(text, id);
        }
        Self { arena: table.arena.into_boxed_str(), places: table.places.into_boxed_slice(), len: table.len }
    }

    #[inline]
    pub(crate) fn get(&self, text: &str) -> Option<u32> {
        if text.len() <= SHORT { self.probe(text, equal_short) } else { self.get_long(text) }
    }

    #[inline(never)]
    fn get_long(&self, text: &str) -> Option<u32> {
        self.probe(text, |a, b| a == b)
    }

    /// Out of line: a set that is scanned is not to pay for one that is hashed.
    #[inline(never)]
    fn contains(&self, text: &str) -> bool {
        self.get(text).is_some()
    }

    #[inline]
    fn probe(&self, text: &str, equal: impl Fn(&[u8], &[u8]) -> bool) -> Option<u32> {
        let mask = self.places.len() - 1;
        let (hash, mut at) = spread(text_key(text), mask);
        loop {
            let place = self.places.get(at)?;
            if place.id == EMPTY {
                return None;
            }
            if place.hash == hash && equal(place.text(&self.arena), text.as_bytes()) {
                return Some(place.id);
            }
            at = (at + 1) & mask;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Place {
    #[inline]
    fn text<'a>(&self, arena: &'a str) -> &'a [u8] {
        let start = self.start as usize;
        arena.as_bytes().get(start..start + self.len as usize).unwrap_or_default()
    }
}

struct Builder {
    arena: String,
    places: Vec<Place>,
    len: usize,
}

impl Builder {
    fn insert(&mut self, text: &str, id: u32) {
        // Beyond 4 GiB of text nothing more is found; such a ruleset cannot be in memory twice to get here.
        let (Ok(start), Ok(len)) = (u32::try_from(self.arena.len()), u32::try_from(text.len())) else { return };
        let mask = self.places.len() - 1;
        let (hash, mut at) = spread(text_key(text), mask);
        while let Some(place) = self.places.get_mut(at) {
            if place.id == EMPTY {
                *place = Place { hash, start, len, id };
                self.arena.push_str(text);
                self.len += 1;
                return;
            }
            if place.hash == hash && equal(place.text(&self.arena), text.as_bytes()) {
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// The low bits say where to look, those above tell texts apart.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "halves of a hash")]
fn spread(key: u64, mask: usize) -> (u32, usize) {
    // A long text's key is mixed already, but for its top byte.
    let hash = if is_exact(key) { fold(key) } else { key };
    ((hash >> 24) as u32, hash as usize & mask)
}

/// A set of texts: scanned when it is short, hashed when it is long.
#[derive(Debug)]
pub(crate) enum Texts {
    /// Keys that are their texts; the others with theirs.
    Few {
        exact: Box<[u64]>,
        long: Box<[(u64, Box<str>)]>,
    },
    Many(TextTable),
}

impl Texts {
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Self {
        if texts.clone().count() > SCANNED_LIST {
            return Self::Many(TextTable::new(texts.map(|text| (text, 0))));
        }
        let keys = texts.clone().map(text_key);
        // Counted first: room that grows is room that shrinks.
        let exact_count = keys.clone().filter(|key| is_exact(*key)).count();
        let (mut exact, mut long) = (Vec::with_capacity(exact_count), Vec::with_capacity(keys.count() - exact_count));
        for text in texts {
            match text_key(text) {
                key if is_exact(key) => exact.push(key),
                key => long.push((key, text.into())),
            }
        }
        Self::Few { exact: exact.into(), long: long.into() }
    }

    #[inline]
    pub(crate) fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few { exact, long } => {
                let key = text_key(text);
                if is_exact(key) { exact.contains(&key) } else { among(long, key, text) }
            }
            Self::Many(table) => table.contains(text),
        }
    }
}

/// Out of line: texts whose key does not say it all.
#[inline(never)]
fn among(long: &[(u64, Box<str>)], key: u64, text: &str) -> bool {
    long.iter().any(|(one, member)| same(*one, member, key, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_and_no_other() {
        for count in [0_u32, 1, 2, 3, 17, 100, 5_000] {
            let texts: Vec<String> = (0..count).map(|n| format!("user-{n}")).collect();
            let table = TextTable::new(texts.iter().zip(0..).map(|(text, id)| (text.as_str(), id)));
            assert_eq!(table.len(), count as usize);
            for (text, id) in texts.iter().zip(0..) {
                assert_eq!(table.get(text), Some(id));
            }
            for other in ["", "user-", "user-5000", "usér-1"] {
                assert_eq!(table.get(other), None, "{other} in {count}");
            }
        }
    }

    #[test]
    fn short_keys_are_exact_and_no_long_one_is() {
        let mut texts: Vec<String> = vec![String::new()];
        for len in 1..=9 {
            for n in 0..len {
                for byte in ["a", "b", "\0", "\u{7f}"] {
                    let mut text = "a".repeat(len);
                    text.replace_range(n..=n, byte);
                    texts.push(text);
                }
            }
        }
        texts.extend(["ü", "üü", "üüü", "aüüü", "üüüü"].map(str::to_owned));
        for a in &texts {
            assert_eq!(is_exact(text_key(a)), a.len() < 8, "{a:?}");
            assert_eq!(short_text(text_key(a)), (a.len() < 8).then(|| a.clone()));
            for b in &texts {
                assert_eq!(text_key(a) == text_key(b), a == b, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn texts_of_any_length_differ_in_any_byte() {
        for len in 0..40 {
            let text = "a".repeat(len);
            assert!(equal(text.as_bytes(), text.clone().as_bytes()));
            assert!(!equal(text.as_bytes(), "a".repeat(len + 1).as_bytes()));
            for at in 0..len {
                let mut other = text.clone();
                other.replace_range(at..=at, "b");
                assert!(!equal(text.as_bytes(), other.as_bytes()), "{text} {other}");
            }
        }
    }

    #[test]
    fn products_are_the_same_by_halves() {
        let numbers = [0, 1, u64::MAX, SEED, FACTOR, u64::from(u32::MAX), 1 << 32, text_key("someone@example.com")];
        for a in numbers {
            for b in numbers {
                assert_eq!(product_by_halves(a, b), product(a, b), "{a} {b}");
            }
        }
    }

    #[test]
    fn of_equal_texts_the_first_counts() {
        let table = TextTable::new([("a", 1), ("a", 2), ("", 3)].into_iter());
        assert_eq!((table.get("a"), table.get(""), table.len()), (Some(1), Some(3), 2));
    }
}
