//! Texts by hash: a read-only table (flag keys, id lists, long `in` lists) with all bytes in one allocation.

use crate::limits::SCANNED_LIST;

/// Hash of a text, for tables and context names. In memory only: it is never stored or sent.
#[inline]
pub(crate) fn text_hash(text: &str) -> u64 {
    const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
    let bytes = text.as_bytes();
    let mut hash = (bytes.len() as u64).wrapping_mul(SEED);
    if let Some(tail) = bytes.last_chunk::<8>() {
        let mut rest = bytes;
        while let Some((chunk, more)) = rest.split_first_chunk::<8>() {
            hash = fold(hash ^ u64::from_le_bytes(*chunk));
            rest = more;
        }
        fold(hash ^ u64::from_le_bytes(*tail))
    } else if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        fold(hash ^ (u64::from(u32::from_le_bytes(*head)) << 32 | u64::from(u32::from_le_bytes(*tail))))
    } else {
        let short = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        fold(hash ^ short)
    }
}

/// Multiplies to 128 bits and folds the halves: every input bit reaches every output bit.
#[inline]
fn fold(x: u64) -> u64 {
    let wide = u128::from(x ^ 0xA076_1D64_78BD_642F) * 0xE703_7ED1_A0B4_28DB;
    #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
    let low = wide as u64;
    let high = (wide >> 64) as u64;
    low ^ high
}

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
        let mask = self.places.len() - 1;
        let (hash, mut at) = spread(text_hash(text), mask);
        loop {
            let place = self.places.get(at)?;
            if place.id == EMPTY {
                return None;
            }
            if place.hash == hash && place.text(&self.arena) == text.as_bytes() {
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
        let (hash, mut at) = spread(text_hash(text), mask);
        while let Some(place) = self.places.get_mut(at) {
            if place.id == EMPTY {
                *place = Place { hash, start, len, id };
                self.arena.push_str(text);
                self.len += 1;
                return;
            }
            if place.hash == hash && place.text(&self.arena) == text.as_bytes() {
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// The high half tells texts apart, the low half says where to look.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "halves of a hash")]
fn spread(hash: u64, mask: usize) -> (u32, usize) {
    ((hash >> 32) as u32, hash as usize & mask)
}

/// A set of texts: scanned when it is short, hashed when it is long.
#[derive(Debug)]
pub(crate) enum Texts {
    Few(Box<[Box<str>]>),
    Many(TextTable),
}

impl Texts {
    pub(crate) fn new(texts: &[String]) -> Self {
        if texts.len() <= SCANNED_LIST {
            Self::Few(texts.iter().map(|text| text.as_str().into()).collect())
        } else {
            Self::Many(TextTable::new(texts.iter().map(|text| (text.as_str(), 0))))
        }
    }

    #[inline]
    pub(crate) fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few(texts) => texts.iter().any(|one| **one == *text),
            Self::Many(table) => table.get(text).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_and_no_other() {
        for count in [0_u32, 1, 2, 3, 9, 100, 5_000] {
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
    fn of_equal_texts_the_first_counts() {
        let table = TextTable::new([("a", 1), ("a", 2), ("", 3)].into_iter());
        assert_eq!((table.get("a"), table.get(""), table.len()), (Some(1), Some(3), 2));
    }
}
