//! A project's changes as they happen, for as long as the credential is good.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use yardarm_eval::ruleset::Version;
use yardarm_model::authority::{Permission, Place};
use yardarm_store::ScopeRef;

use super::access::{ProjectAccess, Request};
use super::recent::ChangeNote;
use super::right::Right;

/// How often the credential is looked at again: what was revoked hears nothing more after this.
const RECHECK: Duration = Duration::from_secs(4);
/// Changes read at once when catching up.
const BATCH: u32 = 100;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(15);

/// What a watcher hears.
pub(crate) enum Heard {
    /// Nothing happened, but the stream is alive.
    Beat,
    /// A change of the project.
    Change(Arc<ChangeNote>, Version),
    /// More happened than can be told: read everything again.
    Resync(Version),
}

/// One console's ear. Holds no lock and at most [`BATCH`] changes.
pub(crate) struct ConsoleWatch {
    request: Request,
    permission: Option<Permission>,
    scope_id: String,
    project: String,
    epoch: String,
    seen: u64,
    pending: std::collections::VecDeque<Heard>,
    hints: Receiver<(String, Version)>,
    recheck: Interval,
    checked: Instant,
    beat: Interval,
    draining: watch::Receiver<bool>,
}

impl<R: Right> ProjectAccess<R> {
    /// Listens from a version on (`Last-Event-ID`), or from now.
    pub(crate) fn watch(&self, last: Option<Version>) -> ConsoleWatch {
        let hints = self.request.gate.hub.changes();
        let scope = &self.live().scope;
        let mut pending = std::collections::VecDeque::new();
        let seen = match last {
            Some(last) if last.epoch == scope.epoch && last.rev <= scope.rev => last.rev,
            Some(_) => {
                pending.push_back(Heard::Resync(Version { epoch: scope.epoch.clone(), rev: scope.rev }));
                scope.rev
            }
            None => scope.rev,
        };
        let mut recheck = interval_at(Instant::now() + RECHECK, RECHECK);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ConsoleWatch {
            beat,
            draining: self.request.gate.draining.clone(),
            request: self.request.clone(),
            permission: R::PERMISSION,
            scope_id: scope.id.clone(),
            project: scope.key.clone(),
            epoch: scope.epoch.clone(),
            seen,
            pending,
            hints,
            recheck,
            checked: Instant::now(),
        }
    }
}

impl ConsoleWatch {
    /// The next thing to tell; `None` ends the stream: the credential is no longer good, or the server goes away.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        loop {
            // A project that never rests gives no other moment.
            if self.checked.elapsed() > RECHECK && !self.check().await {
                return None;
            }
            if let Some(heard) = self.pending.pop_front() {
                return Some(heard);
            }
            self.catch_up().await;
            if !self.pending.is_empty() {
                continue;
            }
            tokio::select! {
                hint = self.hints.recv() => match hint {
                    // Lagging here loses hints, not changes: those are read from the log.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                _ = self.beat.tick() => return Some(Heard::Beat),
                _ = self.draining.changed() => return None,
                _ = self.recheck.tick() => if !self.check().await { return None },
            }
        }
    }

    async fn check(&mut self) -> bool {
        self.checked = Instant::now();
        self.still_allowed().await
    }

    async fn catch_up(&mut self) {
        let gate = self.request.gate.clone();
        let Some(live) = gate.hub.project(&self.request.who.tenant.id, &self.project) else { return };
        let now = Version { epoch: live.scope.epoch.clone(), rev: live.scope.rev };
        if now.epoch != self.epoch {
            self.epoch.clone_from(&now.epoch);
            self.seen = now.rev;
            self.pending.push_back(Heard::Resync(now));
            return;
        }
        while self.seen < now.rev {
            let Some(note) = gate.api.recent.get(&self.scope_id, &self.epoch, self.seen + 1) else { break };
            self.tell(note);
            if self.pending.len() >= BATCH as usize {
                return;
            }
        }
        if self.seen >= now.rev {
            return;
        }
        if now.rev - self.seen > u64::from(BATCH) {
            self.seen = now.rev;
            self.pending.push_back(Heard::Resync(now));
            return;
        }
        let scope = ScopeRef { tenant_id: &self.request.who.tenant.id, id: &self.scope_id };
        match gate.store.changes(scope, self.seen, BATCH).await {
            Ok(changes) => {
                for change in changes {
                    let note = Arc::new(ChangeNote::from(&change));
                    self.request.gate.api.recent.put(&self.scope_id, &self.epoch, Arc::clone(&note));
                    self.tell(note);
                }
            }
            Err(error) => {
                // The database is away; the change itself is not known here, but that there is one is.
                tracing::debug!(%error, "a console stream asks its reader to read everything again");
                self.seen = now.rev;
                self.pending.push_back(Heard::Resync(now));
            }
        }
    }

    fn tell(&mut self, note: Arc<ChangeNote>) {
        self.seen = note.rev;
        let version = Version { epoch: self.epoch.clone(), rev: note.rev };
        self.pending.push_back(Heard::Change(note, version));
    }

    /// Looks the credential up again. While the database is away nobody can take anything away, so the stream stays until
    /// what it was opened with ends by itself.
    async fn still_allowed(&self) -> bool {
        match self.request.gate.authenticate(&self.request.credential).await {
            Ok(who) => {
                let place = Place::project(&self.project);
                who.tenant.id == self.request.who.tenant.id
                    && self.permission.is_none_or(|permission| who.authority.allows(permission, place))
                    && self.request.gate.keep_sign_in_rules(&who, "").await.is_ok()
            }
            Err(problem) if problem.status == http::StatusCode::SERVICE_UNAVAILABLE => {
                let now = self.request.gate.now();
                self.request.who.ends_at().is_none_or(|end| now < end)
            }
            Err(_) => false,
        }
    }
}
