//! Answers that were given before, by number: most flags have two or three, so JavaScript keeps an object for each.

use yardarm_eval::Answer;
use yardarm_eval::ruleset::{ErrorCode, Reason};

/// What tells answers apart without reading texts: they are borrowed from one snapshot, where a text stays in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    flag: u32,
    variant: usize,
    rule: usize,
    kind: u32,
}

/// What a number means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    /// The value as JSON; none for the caller's default.
    pub(crate) value: Option<String>,
    /// Variant key.
    pub(crate) variant: Option<String>,
    /// Why.
    pub(crate) reason: Reason,
    /// The rule that decided.
    pub(crate) rule: Option<String>,
    /// What went wrong.
    pub(crate) error: Option<ErrorCode>,
}

/// Open addressing: positions into `known`, never more than half full.
pub(crate) struct Answers {
    places: Vec<u32>,
    identities: Vec<Identity>,
    known: Vec<Known>,
}

const EMPTY: u32 = u32::MAX;
const FIRST: usize = 256;

impl Answers {
    pub(crate) fn new() -> Self {
        Self { places: vec![EMPTY; FIRST], identities: Vec::new(), known: Vec::new() }
    }

    /// Forgets all numbers: another snapshot may have other texts in the same places.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Known> {
        self.known.get(number as usize)
    }

    /// The number of an answer, a new one if need be.
    #[inline]
    pub(crate) fn number(&mut self, flag: u32, answer: &Answer<'_>) -> u32 {
        let identity = Identity {
            flag,
            variant: answer.variant.map_or(0, |text| text.as_ptr() as usize),
            rule: answer.rule.map_or(0, |text| text.as_ptr() as usize),
            kind: answer.reason as u32 | answer.error.map_or(0, |code| (code as u32 + 1) << 8),
        };
        let mask = self.places.len() - 1;
        let mut at = identity.hash() & mask;
        loop {
            match self.places.get(at) {
                Some(&place) if place != EMPTY => {
                    if self.identities.get(place as usize) == Some(&identity) {
                        return place;
                    }
                    at = (at + 1) & mask;
                }
                _ => return self.add(at, identity, answer),
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, at: usize, identity: Identity, answer: &Answer<'_>) -> u32 {
        let number = u32::try_from(self.known.len()).unwrap_or(EMPTY - 1);
        self.known.push(Known {
            value: answer.value.map(ToString::to_string),
            variant: answer.variant.map(str::to_owned),
            reason: answer.reason,
            rule: answer.rule.map(str::to_owned),
            error: answer.error,
        });
        self.identities.push(identity);
        if let Some(place) = self.places.get_mut(at) {
            *place = number;
        }
        if self.known.len() * 2 > self.places.len() {
            self.grow();
        }
        number
    }

    fn grow(&mut self) {
        let size = self.places.len() * 2;
        let mut places = vec![EMPTY; size];
        for (identity, number) in self.identities.iter().zip(0..) {
            let mut at = identity.hash() & (size - 1);
            while places.get(at).is_some_and(|place| *place != EMPTY) {
                at = (at + 1) & (size - 1);
            }
            if let Some(place) = places.get_mut(at) {
                *place = number;
            }
        }
        self.places = places;
    }
}

impl Identity {
    #[inline]
    fn hash(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
        let pointers = (self.variant as u32) ^ (self.rule as u32).rotate_left(11);
        let mixed = (self.flag ^ self.kind.rotate_left(24) ^ pointers.rotate_left(7)).wrapping_mul(0x9E37_79B1);
        (mixed ^ (mixed >> 15)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_keeps_its_number_while_the_table_grows() {
        let texts: Vec<String> = (0..1_000).map(|n| format!("v{n}")).collect();
        let answer = |at: usize, reason| Answer {
            variant: texts.get(at).map(String::as_str),
            rule: texts.get(at / 2).map(String::as_str),
            ..Answer::caller_default(reason)
        };
        let mut answers = Answers::new();
        let given = |answers: &mut Answers| -> Vec<u32> {
            let all = (0..1_000).flat_map(|at| [(at, Reason::Split), (at, Reason::Static)]);
            all.flat_map(|(at, reason)| {
                [answers.number(1, &answer(at, reason)), answers.number(2, &answer(at, reason))]
            })
            .collect()
        };
        let first = given(&mut answers);
        let mut numbers = first.clone();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..4_000), "each has a number of its own");
        assert_eq!(given(&mut answers), first);
        let last = answers.get(3_999).map(|known| (known.variant.as_deref(), known.reason));
        assert_eq!(last, Some((Some("v999"), Reason::Static)));
        answers.clear();
        assert!(answers.get(0).is_none());
    }
}
