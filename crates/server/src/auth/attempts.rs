//! Failed sign-ins, counted for each account and address in bounded memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use yardarm_store::Millis;

/// Attempts within [`WINDOW`] for one account from one address.
const PER_ADDRESS: u32 = 10;
/// Attempts within [`WINDOW`] for one account from everywhere.
const PER_ACCOUNT: u32 = 100;
/// How long an attempt counts, milliseconds.
const WINDOW: Millis = 15 * 60 * 1_000;
/// Entries kept; beyond it the oldest goes.
const CAPACITY: usize = 10_000;

#[derive(Default)]
pub(super) struct Attempts {
    entries: Mutex<HashMap<(String, String), Entry>>,
}

struct Entry {
    since: Millis,
    count: u32,
}

impl Attempts {
    /// Counts an attempt before the password is looked at. `Err`: too many; try again in that many seconds.
    pub(super) fn take(&self, account: &str, address: &str, now: Millis) -> Result<(), u64> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = [(address, PER_ADDRESS), ("", PER_ACCOUNT)];
        for (address, limit) in limits.into_iter().skip(usize::from(address.is_empty())) {
            let key = (account.to_owned(), address.to_owned());
            if !entries.contains_key(&key) && entries.len() >= CAPACITY {
                make_room(&mut entries, now);
            }
            let entry = entries.entry(key).or_insert(Entry { since: now, count: 0 });
            if now - entry.since >= WINDOW {
                *entry = Entry { since: now, count: 0 };
            }
            if entry.count >= limit {
                return Err(u64::try_from(entry.since + WINDOW - now).unwrap_or(0).div_ceil(1_000));
            }
            entry.count += 1;
        }
        Ok(())
    }

    /// The right password was given: this address is the account's own.
    pub(super) fn clear(&self, account: &str, address: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&(account.to_owned(), address.to_owned()));
    }
}

fn make_room(entries: &mut HashMap<(String, String), Entry>, now: Millis) {
    entries.retain(|_, entry| now - entry.since < WINDOW);
    if entries.len() >= CAPACITY
        && let Some(oldest) = entries.iter().min_by_key(|(_, entry)| entry.since).map(|(key, _)| key.clone())
    {
        entries.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_attempt_waits_and_other_addresses_do_not() {
        let attempts = Attempts::default();
        for _ in 0..PER_ADDRESS {
            assert_eq!(attempts.take("ana@example.com", "192.0.2.1", 0), Ok(()));
        }
        assert_eq!(attempts.take("ana@example.com", "192.0.2.1", 1_000), Err(899));
        assert_eq!(attempts.take("ana@example.com", "192.0.2.2", 1_000), Ok(()));
        assert_eq!(attempts.take("bea@example.com", "192.0.2.1", 1_000), Ok(()));
        assert_eq!(attempts.take("ana@example.com", "192.0.2.1", WINDOW), Ok(()), "the window is over");
    }

    #[test]
    fn success_forgets_and_memory_is_bounded() {
        let attempts = Attempts::default();
        for _ in 0..PER_ADDRESS {
            attempts.take("ana@example.com", "192.0.2.1", 0).unwrap();
        }
        attempts.clear("ana@example.com", "192.0.2.1");
        assert_eq!(attempts.take("ana@example.com", "192.0.2.1", 1), Ok(()));
        for n in 0..CAPACITY {
            attempts.take(&format!("{n}@example.com"), "192.0.2.9", 1).unwrap();
        }
        assert!(attempts.entries.lock().unwrap().len() <= CAPACITY);
    }
}
