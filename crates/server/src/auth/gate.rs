//! What sign-in and the management API keep in memory. All of it is bounded, and losing it loses nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use yardarm_store::Millis;

use super::control::Schedules;
use super::recent::RecentChanges;
use super::sign_in::sso::Providers;
use super::tenant_state::Tenants;
use crate::rates::Attempts;
use crate::settings::Settings;

/// Password hashes computed at the same time: each takes 19 MiB for some 20 ms.
const HASHES_AT_ONCE: usize = 2;
/// Locks and notes kept at most; beyond it those that nobody holds go.
const KEPT: usize = 10_000;

/// State of sign-in and the management API.
pub struct Api {
    pub(super) attempts: Attempts,
    pub(super) hashing: Semaphore,
    pub(super) setup: tokio::sync::Mutex<()>,
    pub(super) recent: RecentChanges,
    pub(super) tenants: Tenants,
    pub(super) providers: Providers,
    pub(super) schedules: Schedules,
    touched: Mutex<HashMap<String, Millis>>,
    commits: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Api {
    /// Empty.
    pub fn new(_settings: &Settings) -> Self {
        Self {
            attempts: Attempts::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            setup: tokio::sync::Mutex::new(()),
            recent: RecentChanges::default(),
            tenants: Tenants::default(),
            providers: Providers::default(),
            schedules: Schedules::default(),
            touched: Mutex::default(),
            commits: Mutex::default(),
        }
    }

    /// Writers of one scope queue up here instead of refusing each other in the database. Only an economy: the truth is
    /// the expected version of the commit.
    pub(super) fn commit_lock(&self, scope_id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() >= KEPT {
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        locks.entry(scope_id.to_owned()).or_default().clone()
    }

    /// Whether a token's last use is to be written now: at most once a minute for each token.
    pub(super) fn touch_due(&self, token_id: &str, now: Millis) -> bool {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.get(token_id).is_some_and(|last| now - last < 60_000) {
            return false;
        }
        if touched.len() >= KEPT {
            touched.retain(|_, last| now - *last < 60_000);
        }
        touched.insert(token_id.to_owned(), now);
        true
    }
}
