//! When a change request happens by itself.

use yardarm_model::authority::Permission;
use yardarm_model::change_request::{self, Schedule, Stage};
use yardarm_model::control::{LocalTimeError, local_instant};

use super::book::still_going;
use super::refusals;
use crate::auth::access::ProjectAccess;
use crate::auth::change::Changed;
use crate::auth::refusal::{self, invalid, wrong};
use crate::auth::right::can;
use crate::problem::Problem;

/// Furthest into the future that a change can be scheduled.
const FURTHEST: i64 = 366 * 24 * 60 * 60 * 1_000;
/// How late a change may still happen, at most.
const MOST_GRACE: u64 = 7 * 24 * 60 * 60;

/// When somebody wants it to happen.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleWish {
    /// Wall clock: `2026-03-29T02:30`.
    pub(crate) local: String,
    /// IANA name.
    pub(crate) zone: String,
    /// How late it may still happen, seconds.
    pub(crate) grace_seconds: Option<u64>,
}

impl ProjectAccess<can::ScheduleManage> {
    /// Gives a request a time, and submits it. Gives what was chosen where clocks are changed.
    pub(crate) async fn schedule_change_request(
        &self,
        id: &str,
        wish: &ScheduleWish,
    ) -> Result<(Changed, Option<String>), Problem> {
        self.may(id, Permission::ScheduleManage).await?;
        let instant = local_instant(&wish.local, &wish.zone).map_err(|error| {
            let (pointer, code) = match error {
                LocalTimeError::Zone(_) => ("/zone", "time_zone_unknown"),
                LocalTimeError::Time(_) | LocalTimeError::Range(_) => ("/at", "local_time_invalid"),
            };
            invalid(vec![wrong(pointer, code, error.to_string())])
        })?;
        let usual = self.request.gate.settings.timeouts.schedule_grace.as_secs();
        let grace_seconds = wish.grace_seconds.unwrap_or(usual);
        if grace_seconds > MOST_GRACE {
            return Err(invalid(vec![wrong("/grace_seconds", "out_of_range", format!("is at most {MOST_GRACE}"))]));
        }
        let now = self.now();
        if instant.instant <= now || instant.instant - now > FURTHEST {
            let text = "must be in the future, and at most 366 days away";
            return Err(invalid(vec![wrong("/at", "out_of_range", text)]));
        }
        if self.request.who.token().is_some() && self.request.who.ends_at().is_some_and(|end| end <= instant.instant) {
            let text = "is after your access token ends, and it happens with what that may do then; use one that lasts";
            return Err(invalid(vec![wrong("/at", "token_ends_before", text)]));
        }
        let schedule = Schedule {
            local: wish.local.clone(),
            zone: wish.zone.clone(),
            at: instant.instant,
            grace_seconds,
            by: self.request.person(),
            token: self.request.who.token().map(str::to_owned),
        };
        let authority = self.request.authority_now().await?;
        let changed = self
            .book(id, |live, request| {
                self.submitted(request)?;
                // It happens in their name: what they may not do now they cannot have done later.
                if let Some(permission) = self.missing(&authority, &live.state, &request.documents()) {
                    return Err(refusal::forbidden(permission));
                }
                request.schedule = Some(schedule.clone());
                request.hash = change_request::hash(&request.items, &request.depends, request.schedule.as_ref());
                Ok(())
            })
            .await?;
        Ok((changed, instant.note))
    }

    /// Calls a schedule off. The request stays, and what was approved was another time.
    pub(crate) async fn unschedule_change_request(&self, id: &str) -> Result<Changed, Problem> {
        self.may(id, Permission::ScheduleManage).await?;
        self.book(id, |_, request| {
            still_going(request)?;
            if request.schedule.take().is_none() {
                return Err(refusals::not_scheduled());
            }
            if request.stage == Stage::Failed {
                request.stage = Stage::Draft;
                request.stage_at = self.now();
            }
            request.hash = change_request::hash(&request.items, &request.depends, None);
            Ok(())
        })
        .await
    }
}
