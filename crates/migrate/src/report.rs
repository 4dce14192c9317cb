//! What became of everything that was read: in words, and as data.

use std::fmt;

use serde::Serialize;

/// How far back a line may have been said already.
const NEAR: usize = 64;

/// The report of an import. Everything in the files is in one of the three lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Now in our own forms, editable like anything made here.
    pub mapped: Vec<Mapped>,
    /// Answers the same, in the evaluator's own forms: it reads as a sentence and stays as it is until it is replaced.
    pub kept_exactly: Vec<Kept>,
    /// A person should look.
    pub needs_attention: Vec<NeedsAttention>,
}

/// Something in our own forms now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapped {
    /// Flag, segment or environment: `flag checkout`.
    pub place: String,
    /// What it was and is: `3 rules, 2 individual targets`.
    pub what: String,
}

/// Something kept exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// `flag checkout, strategy 2`.
    pub place: String,
    /// `an inverted constraint on country`.
    pub what: String,
    /// Why our own form would answer differently: `a missing country must match`.
    pub why: String,
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeedsAttention {
    /// `flag checkout, strategy 2`.
    pub place: String,
    /// `the strategy "applicationHostname"`.
    pub what: String,
    /// `only the SDK knows its host`.
    pub why: String,
    /// `pass hostname as an attribute`.
    pub to_do: String,
}

impl Report {
    /// Adds to [`Report::mapped`].
    pub fn mapped(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.mapped.push(Mapped { place: place.into(), what: what.into() });
    }

    /// Adds to [`Report::kept_exactly`].
    pub fn kept(&mut self, place: impl Into<String>, what: impl Into<String>, why: impl Into<String>) {
        self.kept_exactly.push(Kept { place: place.into(), what: what.into(), why: why.into() });
    }

    /// Adds to [`Report::needs_attention`].
    pub fn attention(
        &mut self,
        place: impl Into<String>,
        what: impl Into<String>,
        why: impl Into<String>,
        to_do: impl Into<String>,
    ) {
        self.needs_attention.push(NeedsAttention {
            place: place.into(),
            what: what.into(),
            why: why.into(),
            to_do: to_do.into(),
        });
    }
}

impl Report {
    /// Says everything once.
    pub(crate) fn once(&mut self) {
        fn unique<T: PartialEq>(lines: &mut Vec<T>) {
            let mut kept: Vec<T> = Vec::with_capacity(lines.len());
            for line in lines.drain(..) {
                // Lines about the same place follow each other.
                if !kept.iter().rev().take(NEAR).any(|known| *known == line) {
                    kept.push(line);
                }
            }
            *lines = kept;
        }
        unique(&mut self.mapped);
        unique(&mut self.kept_exactly);
        unique(&mut self.needs_attention);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = |f: &mut fmt::Formatter<'_>, words: &str, count: usize| writeln!(f, "{words}: {count}");
        heading(f, "Mapped", self.mapped.len())?;
        for Mapped { place, what } in &self.mapped {
            writeln!(f, "  {place}: {what}")?;
        }
        heading(f, "Kept exactly", self.kept_exactly.len())?;
        for Kept { place, what, why } in &self.kept_exactly {
            writeln!(f, "  {place}: {what} ({why})")?;
        }
        heading(f, "Needs attention", self.needs_attention.len())?;
        for NeedsAttention { place, what, why, to_do } in &self.needs_attention {
            writeln!(f, "  {place}: {what}: {why}; {to_do}")?;
        }
        Ok(())
    }
}
