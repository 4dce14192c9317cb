//! Attempts to sign in: counted before a secret is looked at, whoever it belongs to, so that an account that does not exist
//! is answered like one that does.

use std::net::IpAddr;

use super::{Cells, Rate, address::budget_of};

/// Budgets and notes kept.
const CELLS: usize = 1 << 14;
/// How long an address counts as the account's own after the right secret came from it.
const OWN: u64 = 30 * 24 * 60 * 60 * 1_000_000_000;

/// What is being tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Secret {
    /// A password.
    Password,
    /// A second factor: a code of six digits, a recovery code, a passkey after a password.
    Code,
    /// A passkey in place of everything else, which nobody guesses: a bound on noise.
    Passkey,
    /// A one-time link or an invitation, which nobody guesses: a bound on noise.
    Link,
}

impl Secret {
    /// For one account from one address.
    const fn rate_of_one_address(self) -> Rate {
        match self {
            Self::Password => Rate::per_hour(40, 10),
            Self::Code => Rate::per_hour(20, 5),
            Self::Link | Self::Passkey => Rate::per_hour(120, 30),
        }
    }

    /// For one account from all addresses that are not its own. Where no account is named that would be one budget of
    /// everybody's, which a few could use up for all.
    const fn rate_of_strangers(self) -> Option<Rate> {
        match self {
            Self::Password => Some(Rate::per_hour(400, 100)),
            Self::Code => Some(Rate::per_hour(40, 10)),
            Self::Link | Self::Passkey => None,
        }
    }
}

/// How often each account was tried.
pub(crate) struct Attempts {
    cells: Cells,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { cells: Cells::new(CELLS) }
    }
}

impl Attempts {
    /// Counts one. `Err`: too many; the seconds until the next may come. A stranger who tries again and again uses up what
    /// strangers have; addresses from which the account was opened before go on with their own budgets, so nobody is
    /// locked out of where they usually are. `now`: milliseconds since 1970.
    pub(crate) fn take(&self, what: Secret, account: &str, address: Option<IpAddr>, now: i64) -> Result<(), u64> {
        let now = nanoseconds(now);
        let mut own = false;
        if let Some(address) = address.map(budget_of) {
            own = self.cells.noted(self.cells.id((what, account, address, "own")), now);
            self.take_one(self.cells.id((what, account, address)), what.rate_of_one_address(), now)?;
        }
        match what.rate_of_strangers() {
            Some(rate) if !own => self.take_one(self.cells.id((what, account)), rate, now),
            _ => Ok(()),
        }
    }

    /// The right secret was given: this address is the account's own.
    pub(crate) fn right(&self, what: Secret, account: &str, address: Option<IpAddr>, now: i64) {
        let Some(address) = address.map(budget_of) else { return };
        let now = nanoseconds(now);
        self.cells.forget(self.cells.id((what, account, address)));
        self.cells.note(self.cells.id((what, account, address, "own")), now.saturating_add(OWN), now);
    }

    fn take_one(&self, id: u64, rate: Rate, now: u64) -> Result<(), u64> {
        let taken = self.cells.take(id, rate, now);
        if taken.allowed { Ok(()) } else { Err(super::seconds(taken.wait).max(1)) }
    }
}

fn nanoseconds(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or_default().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;
    const MINUTE: i64 = 60 * 1_000;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn tries(attempts: &Attempts, account: &str, from: IpAddr, now: i64) -> usize {
        (0..200).take_while(|_| attempts.take(Secret::Password, account, Some(from), now).is_ok()).count()
    }

    #[test]
    fn the_eleventh_attempt_waits_and_other_addresses_do_not() {
        let attempts = Attempts::default();
        assert_eq!(tries(&attempts, "ana@example.com", address(1), NOW), 10);
        assert_eq!(attempts.take(Secret::Password, "ana@example.com", Some(address(1)), NOW), Err(90));
        assert_eq!(tries(&attempts, "ana@example.com", address(2), NOW), 10);
        assert_eq!(tries(&attempts, "bea@example.com", address(1), NOW), 10);
        assert_eq!(tries(&attempts, "ana@example.com", address(1), NOW + 15 * MINUTE), 10, "all of it is back");
    }

    #[test]
    fn strangers_cannot_lock_anybody_out_of_where_they_usually_are() {
        let attempts = Attempts::default();
        attempts.take(Secret::Password, "ana@example.com", Some(address(1)), NOW).unwrap();
        attempts.right(Secret::Password, "ana@example.com", Some(address(1)), NOW);
        let all: usize = (2..200).map(|last| tries(&attempts, "ana@example.com", address(last), NOW)).sum();
        assert_eq!(all, 99, "from all strangers together");
        assert!(attempts.take(Secret::Password, "ana@example.com", None, NOW).is_err(), "nor from nowhere");
        assert_eq!(tries(&attempts, "ana@example.com", address(1), NOW), 10);
        let day = 24 * 60 * MINUTE;
        assert_eq!(
            tries(&attempts, "ana@example.com", address(250), NOW + day),
            10,
            "and strangers wait, not for ever"
        );
    }

    #[test]
    fn where_no_account_is_named_nobody_uses_up_what_others_have() {
        let attempts = Attempts::default();
        for what in [Secret::Link, Secret::Passkey] {
            let tries =
                |from: IpAddr| (0..200).take_while(|_| attempts.take(what, "", Some(from), NOW).is_ok()).count();
            for last in 0..=255 {
                assert_eq!(tries(address(last)), 30, "{what:?} from {last}");
            }
        }
    }

    #[test]
    fn a_network_of_many_addresses_is_one() {
        let attempts = Attempts::default();
        let v6 = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        assert_eq!((0..50).map(|last| tries(&attempts, "ana@example.com", v6(last), NOW)).sum::<usize>(), 10);
    }
}
