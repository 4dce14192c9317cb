//! Change control: what stands between a decision and its commit.
//!
//! [`ProjectAccess::change`](super::access::ProjectAccess::change) asks [`gate`] about everything that it is about to write,
//! whatever command it comes from: policies may want others' consent, or forbid it. A caller may put what the command leaves
//! into a change request instead ([`drafting`]), or pass in an emergency, which is written down with what was passed over.
//! A change request comes back through the same gate when it is applied ([`applying`]), by somebody or at its time
//! ([`firing`]), with the consent it was given ([`consent`]).

mod applying;
mod book;
mod consent;
mod drafting;
mod firing;
mod gate;
mod rebasing;
pub(super) mod refusals;
mod scheduling;
mod way;

pub(crate) use book::{Glance, Reviewed};
pub(crate) use consent::{GivenApproval, NeededApproval};
pub(crate) use drafting::Drafted;
pub(crate) use firing::{Schedules, keep_firing};
pub(super) use gate::Passage;
pub(crate) use scheduling::ScheduleWish;
pub(super) use way::Way;

use crate::problem::Problem;

/// Why a handler does not come to its own answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Refused; nothing was changed.
    Refused(Problem),
    /// What was asked for is in a change request.
    Drafted(Box<Drafted>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}
