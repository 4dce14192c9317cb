//! Scheduled change requests, applied when their time has come.
//!
//! Every node looks. What happens is one commit on exactly the revision that it was decided on, together with the end of the
//! request: whichever node is first, it happens once, and a node that dies has either done it or left it to be done. What is
//! refused then fails, with the reason, and is not tried again by itself; a database that does not answer is waited for.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use yardarm_hub::LiveProject;
use yardarm_model::authority::{AccessTokenDocument, tenant_kind};
use yardarm_model::change_request::{ChangeRequest, Outcome, Schedule, Stage};
use yardarm_store::{Attribution, Commit, CommitError};

use super::Way;
use super::applying::Sign;
use super::book::document;
use crate::app::{App, Parts};
use crate::auth::access::{ProjectAccess, Request};
use crate::auth::authenticated::{Credential, Via};
use crate::auth::change::{TRIES, writes};
use crate::auth::right::can;
use crate::auth::{fresh, refusal};
use crate::problem::Problem;
use crate::trace;

/// Actions in the audit log.
const APPLY: &str = "change_request.apply";
const FAIL: &str = "change_request.fail";
/// Waits between two tries while the database does not answer. How late it may happen ends them.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Longest reason kept, characters.
const REASON: usize = 1_000;

/// Requests that are due and wait for the database: how often they were tried, and when they are next.
#[derive(Default)]
pub(crate) struct Schedules(Mutex<HashMap<String, (u32, Instant)>>);

impl Schedules {
    fn waits(&self, id: &str) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(id).is_some_and(|(_, next)| *next > Instant::now())
    }

    fn later(&self, id: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tries, next) = waiting.entry(id.to_owned()).or_insert((0, Instant::now()));
        *next = Instant::now() + wait_after(*tries);
        *tries = tries.saturating_add(1);
    }

    /// Forgets whatever is not due any more.
    fn keep(&self, due: &[Due]) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|id, _| due.iter().any(|due| due.id == *id));
    }
}

/// How long to wait after so many tries that failed before. Nodes that failed together come back one by one.
fn wait_after(tries: u32) -> Duration {
    let most = FIRST_WAIT.saturating_mul(1 << tries.min(10)).min(LONGEST_WAIT);
    let percent = u32::try_from(trace::spread(50, 100)).unwrap_or(100);
    most * percent / 100
}

/// A request whose time has come.
struct Due {
    live: Arc<LiveProject>,
    id: String,
    request: Arc<ChangeRequest>,
    schedule: Schedule,
}

/// Ends by itself when the application is gone.
pub(crate) async fn keep_firing(app: Weak<Parts>) {
    loop {
        let Some(pause) = app.upgrade().map(|parts| parts.settings.timeouts.schedules) else { return };
        tokio::time::sleep(pause).await;
        let Some(app) = App::of(&app) else { return };
        app.fire().await;
    }
}

impl App {
    /// Applies what is due. Happens by itself, see [`crate::settings::Timeouts::schedules`].
    pub async fn fire(&self) {
        let due = self.due();
        self.api.schedules.keep(&due);
        for one in due {
            if self.api.schedules.waits(&one.id) {
                continue;
            }
            if let Err(problem) = self.fire_one(&one).await {
                tracing::warn!(change_request = one.id, code = %problem.code, "a scheduled change waits: {}", problem.detail);
                self.api.schedules.later(&one.id);
            }
        }
    }

    fn due(&self) -> Vec<Due> {
        let now = self.now();
        let mut due = Vec::new();
        for live in self.hub.all_projects() {
            for (id, request) in &live.state.change_requests {
                if request.stage == Stage::Open
                    && let Some(schedule) = request.schedule.as_ref().filter(|schedule| schedule.at <= now)
                {
                    let (live, request, schedule) = (Arc::clone(&live), Arc::clone(request), schedule.clone());
                    due.push(Due { live, id: id.clone(), request, schedule });
                }
            }
        }
        due.sort_by(|a, b| (a.schedule.at, &a.id).cmp(&(b.schedule.at, &b.id)));
        due
    }

    /// `Err`: not now; what was refused for good is written down.
    async fn fire_one(&self, due: &Due) -> Result<(), Problem> {
        let late = self.now().saturating_sub(due.schedule.at) / 1_000;
        if u64::try_from(late).unwrap_or_default() > due.schedule.grace_seconds {
            let reason = format!(
                "it was due {late} seconds ago, and may be at most {} late; the server, or its database, was away then",
                due.schedule.grace_seconds
            );
            return self.fail(due, reason).await;
        }
        let access = match self.scheduled_access(due).await? {
            Ok(access) => access,
            Err(reason) => return self.fail(due, reason).await,
        };
        match access.apply_on(&due.id, Sign::Time(&due.request.hash)).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.status.is_server_error() => Err(problem),
            Err(problem) => self.fail(due, told(&problem)).await,
        }
    }

    /// What the one who scheduled it may do now, with the token they came with; or why they may nothing any more.
    async fn scheduled_access(&self, due: &Due) -> Result<Result<ProjectAccess<can::ScheduleManage>, String>, Problem> {
        let Schedule { by, token, .. } = &due.schedule;
        let tenant_id = &due.live.scope.tenant_id;
        let gone = || Ok(Err(format!("{} is in the tenant no more", by.name)));
        let Some(user) = self.store.user(&by.id).await? else { return gone() };
        let memberships = self.store.memberships(&by.id).await?;
        if !memberships.iter().any(|membership| membership.tenant_id == *tenant_id) {
            return gone();
        }
        let via = Via::Schedule(token.clone());
        let Some(who) = self.as_member(user, memberships, tenant_id, via, None).await? else { return gone() };
        if let Some(token) = token {
            let document = who.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, token);
            if document.is_none_or(|document| document.revoked_at.is_some()) {
                return Ok(Err("the access token that it was scheduled with was revoked".to_owned()));
            }
            // Its time is what counts: that the server was away then takes nothing from anybody.
            if who.ends_at().is_some_and(|end| end <= due.schedule.at) {
                return Ok(Err("the access token that it was scheduled with had ended".to_owned()));
            }
        }
        let request = Request {
            gate: self.clone(),
            who,
            credential: Credential::Schedule,
            action: Some(APPLY),
            reason: String::new(),
            trace_id: fresh::trace_id(self),
            if_match: None,
            way: Way::Straight,
            caller: None,
            admitted: Instant::now(),
        };
        Ok(Ok(ProjectAccess { request, live: Arc::clone(&due.live), right: PhantomData }))
    }

    /// Writes down that a request did not happen, if it is still the one that was due.
    async fn fail(&self, due: &Due, reason: String) -> Result<(), Problem> {
        let scope_id = &due.live.scope.id;
        let by = &due.schedule.by;
        let reason: String = reason.chars().take(REASON).collect();
        for _ in 0..TRIES {
            let live = self.hub.refresh(scope_id).await?.ok_or_else(refusal::not_found)?;
            let Some(request) = live.state.change_requests.get(&due.id) else { return Ok(()) };
            if request.stage != Stage::Open || request.hash != due.request.hash {
                return Ok(());
            }
            let mut after = ChangeRequest::clone(request);
            let at = self.now();
            after.end(Stage::Failed, Outcome { by: by.clone(), at, revision: None, reason: reason.clone() });
            let commit = Commit {
                tenant_id: live.scope.tenant_id.clone(),
                scope_id: scope_id.clone(),
                expected: Some((live.scope.epoch.clone(), live.scope.rev)),
                attribution: Attribution {
                    actor: format!("user:{}", by.id),
                    actor_name: by.name.clone(),
                    via: "schedule".to_owned(),
                    action: FAIL.to_owned(),
                    reason: reason.clone(),
                    trace_id: fresh::trace_id(self),
                    at,
                },
                documents: writes(vec![document(&due.id, &after)]),
                rows: Vec::new(),
            };
            match self.store.commit(commit).await {
                Ok(_) => {
                    self.hub.wake(scope_id);
                    tracing::warn!(change_request = due.id, reason, "a scheduled change did not happen");
                    return Ok(());
                }
                Err(CommitError::Stale { .. }) => {}
                Err(error) => return Err(refusal::commit(error)),
            }
        }
        Err(refusal::busy())
    }
}

/// A refusal in one line.
fn told(problem: &Problem) -> String {
    let errors = problem.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ");
    if errors.is_empty() { problem.detail.clone() } else { format!("{} {errors}", problem.detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_are_not_the_same() {
        for tries in (0..40).chain([u32::MAX]) {
            let most = Duration::from_secs(1 << tries.min(6)).min(LONGEST_WAIT);
            let waits: Vec<_> = (0..200).map(|_| wait_after(tries)).collect();
            assert!(waits.iter().all(|wait| *wait <= most && *wait * 2 >= most), "{tries}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{tries}");
        }
    }
}
