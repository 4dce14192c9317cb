//! Everybody who is measured, each in its own words.

pub mod eppo;
pub mod flagd;
pub mod flagsmith;
pub mod growthbook;
pub mod launchdarkly;
pub mod yardarm;
pub mod yggdrasil;

use crate::scenario::{Shape, Who};

/// A flag, by key and shape.
pub type Flags<'a> = &'a mut dyn Iterator<Item = (String, Shape)>;

/// An evaluator with its flags loaded. What [`Peer::is_on`] does is the least that answers the question; where a peer's
/// SDK must do more for every answer (count it, copy something), that is a way of its own.
pub trait Peer: Sized {
    /// Name of the crate and the version measured.
    const CRATE: (&'static str, &'static str);
    /// What an SDK does beyond `is_on`, if anything: `counted`.
    const AS_SDK: Option<&'static str> = None;
    /// What the crate offers to answer for all flags at once.
    const ALL_AT_ONCE: Option<&'static str> = None;
    /// Whether every question is answered for all flags, so that it makes no difference how many are asked.
    const ALWAYS_ALL: bool = false;
    /// How a change of one flag is taken.
    const CHANGE: &'static str = "everything is loaded again";

    /// Who asks.
    type Context;

    /// Flags as they come over the wire; a segment `beta` of [`crate::scenario::members`] comes with them.
    fn wire(flags: Flags<'_>) -> String;
    fn load(wire: &str) -> Self;
    /// The context of [`crate::scenario`], of somebody.
    fn context(&self, who: Who<'_>) -> Self::Context;
    fn is_on(&self, key: &str, context: &Self::Context) -> bool;

    /// As an SDK does it; see [`Peer::AS_SDK`].
    fn is_on_as_sdk(&self, key: &str, context: &Self::Context) -> bool {
        self.is_on(key, context)
    }

    /// How many of all flags are on; see [`Peer::ALL_AT_ONCE`].
    fn all_on(&self, _context: &Self::Context) -> usize {
        0
    }

    /// One changed flag as it comes over the wire. `everything`: the whole, with the change.
    fn change_wire(_key: &str, _shape: Shape, everything: String) -> String {
        everything
    }

    /// Takes what [`Peer::change_wire`] made.
    fn change(&mut self, _key: &str, wire: &str) {
        *self = Self::load(wire);
    }
}

/// Crates with the versions measured.
pub type Versions = Vec<(&'static str, &'static str)>;
