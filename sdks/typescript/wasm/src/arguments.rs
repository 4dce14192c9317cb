//! What crosses with a call: a few slots, each a word (kind and length), a number, and texts one after the other.

use serde_json::Value;
use yardarm_eval::Attribute;

/// Slots of one call: a flag that reads more attributes gets its context as JSON.
pub const SLOTS: usize = 64;

/// Not in the context.
pub const ABSENT: u32 = 0;
/// `null`.
pub const NULL: u32 = 1;
/// `false`; [`TRUE`] is the next.
pub const FALSE: u32 = 2;
/// `true`.
pub const TRUE: u32 = 3;
/// A number, in the slot's double.
pub const NUMBER: u32 = 4;
/// UTF-8 text of this length.
pub const TEXT: u32 = 5;
/// JSON of this length: a list, an object.
pub const JSON: u32 = 6;
/// A text of the plan, by its position there.
pub const KNOWN: u32 = 7;

/// A word is `length << KIND_BITS | kind`.
const KIND_BITS: u32 = 3;

/// What JavaScript writes into.
pub struct Input {
    /// Numbers of slots.
    pub numbers: Box<[f64; SLOTS]>,
    /// Kinds and lengths of slots.
    pub words: Box<[u32; SLOTS]>,
    text: Vec<u8>,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { numbers: Box::new([0.0; SLOTS]), words: Box::new([0; SLOTS]), text: vec![0; 4096] }
    }

    /// Makes room for this many bytes of text. Large room is given back with [`Input::shrink`].
    pub fn room(&mut self, bytes: usize) -> *mut u8 {
        if self.text.len() < bytes {
            self.text.resize(bytes, 0);
        }
        self.text.as_mut_ptr()
    }

    /// Gives back the room that a ruleset took.
    pub(crate) fn shrink(&mut self) {
        self.text.truncate(4096);
        self.text.shrink_to_fit();
    }

    /// The first bytes of the text area.
    pub(crate) fn text(&self, length: usize) -> &str {
        part(&self.text, 0, length)
    }

    /// The slots in order; texts begin where the slots before them ended.
    #[inline]
    pub(crate) fn slots(&self) -> Slots<'_> {
        Slots { input: self, places: self.words.iter().zip(self.numbers.iter()), text: 0 }
    }
}

/// Reads slots in order.
pub(crate) struct Slots<'i> {
    input: &'i Input,
    places: std::iter::Zip<std::slice::Iter<'i, u32>, std::slice::Iter<'i, f64>>,
    text: usize,
}

/// One slot.
pub(crate) enum Slot<'i> {
    Absent,
    Null,
    Bool(bool),
    Number(f64),
    Text(&'i str),
    /// A list or an object that is still text.
    Json(&'i str),
    /// See [`KNOWN`].
    Known(usize),
}

impl<'i> Slot<'i> {
    /// Of a targeting key.
    #[inline]
    pub(crate) fn key(self) -> Attribute<'i> {
        match self {
            Self::Text(text) => Attribute::Text(text),
            Self::Number(number) => Attribute::from(number),
            _ => Attribute::Null,
        }
    }
}

impl<'i> Slots<'i> {
    #[inline]
    fn text(&mut self, length: usize) -> &'i str {
        let start = self.text;
        self.text += length;
        part(&self.input.text, start, length)
    }
}

impl<'i> Iterator for Slots<'i> {
    type Item = Slot<'i>;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: a slot that is returned in memory is read before it is there")]
    fn next(&mut self) -> Option<Slot<'i>> {
        let (word, number) = self.places.next()?;
        let rest = (word >> KIND_BITS) as usize;
        Some(match word & ((1 << KIND_BITS) - 1) {
            NULL => Slot::Null,
            kind @ (FALSE | TRUE) => Slot::Bool(kind == TRUE),
            NUMBER => Slot::Number(*number),
            TEXT => Slot::Text(self.text(rest)),
            JSON => Slot::Json(self.text(rest)),
            KNOWN => Slot::Known(rest),
            _ => Slot::Absent,
        })
    }
}

/// Parsed JSON of a slot; what is not JSON is absent.
pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

#[inline]
#[expect(unsafe_code, reason = "measured: looking at every byte again is one part in fifteen of a rollout")]
fn part(bytes: &[u8], start: usize, length: usize) -> &str {
    let bytes = bytes.get(start..start + length).unwrap_or_default();
    debug_assert!(std::str::from_utf8(bytes).is_ok(), "evaluator.ts writes UTF-8");
    // SAFETY: only `evaluator.ts` writes here: texts without a character above 127 byte by byte, all others with the
    // platform's `TextEncoder`; and no text is read that it has not written for this call.
    unsafe { std::str::from_utf8_unchecked(bytes) }
}
