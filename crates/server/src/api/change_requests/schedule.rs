//! `PUT /api/v1/projects/{project}/change-requests/{change_request}/schedule`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, ScheduleWish, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// When.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewSchedule {
    /// Wall clock without an offset: `2026-12-20T18:00`.
    at: String,
    /// IANA name of its time zone: `Europe/Berlin`.
    zone: String,
    /// How late it may still happen, when nothing was running at that time: seconds, at most seven days; a day by default.
    grace_seconds: Option<u64>,
}

/// The change request, and what its time means.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScheduledAnswer {
    #[serde(flatten)]
    request: ChangeRequestAnswer,
    /// What was chosen where clocks are changed: a time that is there twice is the first one, and one that is not there is
    /// as much later as the clock jumps. Null where there was nothing to choose.
    note: Option<String>,
}

/// Gives a change request a time and submits it. The time is part of what is approved. It happens in your name, with what you
/// may do then, exactly once; what policies refuse then fails and says so.
#[utoipa::path(put, path = "/api/v1/projects/{project}/change-requests/{change_request}/schedule",
    operation_id = "scheduleChangeRequest", tag = "change requests", params(OfChangeRequest),
    request_body = NewSchedule, responses((status = 200, body = ScheduledAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ScheduleManage>,
    Path(name): Path<OfChangeRequest>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let mut fields = Fields::of(body, &["at", "zone", "grace_seconds"])?;
    let (local, zone) = (fields.text("at", 32), fields.text("zone", 64));
    let grace_seconds = fields.any("grace_seconds").and_then(|value| {
        let seconds = value.as_u64();
        if seconds.is_none() {
            fields.wrong("grace_seconds", "type", "must be a whole number of seconds");
        }
        seconds
    });
    fields.done()?;
    let (changed, note) = access.schedule_change_request(&id, &ScheduleWish { local, zone, grace_seconds }).await?;
    let reviewed = access.review_in(changed.live, &id).await?;
    let (live, revision) = (std::sync::Arc::clone(&reviewed.live), reviewed.revision);
    let request = ChangeRequestAnswer::of(&access, &id, reviewed).await;
    Ok(Answer::ok(&ScheduledAnswer { request, note }).etag(revision).version(&live))
}
