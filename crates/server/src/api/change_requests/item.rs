//! Change requests as they are answered.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::change_request::{ChangeRequest, Conflict, Person, Remark, Schedule, Stage};
use yardarm_model::control::Verdict;
use yardarm_model::document::Kind;

use crate::api::policies::schema::PolicyVerdict;
use crate::api::transfer::planned::{self, PlanEntry};
use crate::auth::{Drafted, GivenApproval, Glance, NeededApproval, ProjectAccess, Reviewed, Right};

/// How far a change request is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeRequestState {
    /// Nobody is asked yet.
    Draft,
    /// Others are asked.
    Open,
    /// Open, and nobody's consent is missing.
    Approved,
    /// Open, and happens by itself at its time if it is approved by then.
    Scheduled,
    /// Somebody asked for something else.
    Rejected,
    /// Its time came, and it could not be applied.
    Failed,
    /// Over: taken back.
    Withdrawn,
    /// Over: done.
    Applied,
}

impl ChangeRequestState {
    /// `approved`: nobody's consent is missing.
    pub(crate) fn of(request: &ChangeRequest, approved: bool) -> Self {
        match request.stage {
            Stage::Draft => Self::Draft,
            Stage::Open if request.schedule.is_some() => Self::Scheduled,
            Stage::Open if approved => Self::Approved,
            Stage::Open => Self::Open,
            Stage::Rejected => Self::Rejected,
            Stage::Failed => Self::Failed,
            Stage::Withdrawn => Self::Withdrawn,
            Stage::Applied => Self::Applied,
        }
    }
}

/// Somebody, as they were called then.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonAnswer {
    /// `usr_…` or `svc_…`.
    id: String,
    /// Shown name.
    name: String,
}

impl From<&Person> for PersonAnswer {
    fn from(person: &Person) -> Self {
        Self { id: person.id.clone(), name: person.name.clone() }
    }
}

/// A document by its name.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlaceAnswer {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind; `environment/flag` for configurations.
    key: String,
}

fn places(places: &[(Kind, String)]) -> Vec<PlaceAnswer> {
    let shown = places.iter().filter(|(kind, _)| *kind != Kind::SegmentList);
    shown.map(|(kind, key)| PlaceAnswer { kind: kind.as_str().to_owned(), key: key.clone() }).collect()
}

/// When it happens by itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScheduleAnswer {
    /// Wall clock, as it was said.
    at: String,
    /// IANA name of its time zone.
    zone: String,
    /// The instant, milliseconds since 1970.
    instant: i64,
    /// How late it may still happen, seconds.
    grace_seconds: u64,
    /// In whose name.
    by: PersonAnswer,
}

impl From<&Schedule> for ScheduleAnswer {
    fn from(schedule: &Schedule) -> Self {
        Self {
            at: schedule.local.clone(),
            zone: schedule.zone.clone(),
            instant: schedule.at,
            grace_seconds: schedule.grace_seconds,
            by: PersonAnswer::from(&schedule.by),
        }
    }
}

/// A change request in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeRequestItem {
    /// `chr_…`.
    pub(crate) id: String,
    /// For people.
    title: String,
    /// How far it is.
    pub(crate) state: ChangeRequestState,
    /// Since when, milliseconds since 1970.
    since: i64,
    /// Who made it.
    author: PersonAnswer,
    /// Milliseconds since 1970.
    created_at: i64,
    /// Of everything that will be applied: what an approval is of.
    hash: String,
    /// What it touches, the first 100.
    touches: Vec<PlaceAnswer>,
    /// When it happens by itself.
    schedule: Option<ScheduleAnswer>,
    /// Nobody's consent is missing.
    approved: bool,
    /// You may approve it, and your approval is missing.
    pub(crate) waits_for_me: bool,
    /// Consent that policies want; in lists of those that are open only.
    needed: Vec<NeededAnswer>,
    /// What was changed under it: it needs a rebase. The first 100; of those that are over none.
    moved: Vec<PlaceAnswer>,
}

/// Documents listed with a request.
const LISTED: usize = 100;

impl ChangeRequestItem {
    pub(crate) fn of(id: &str, request: &ChangeRequest, glance: Glance) -> Self {
        let Glance { approved, waits_for_me, needed, moved } = glance;
        let (mut touches, mut moved) = (places(&request.touches), places(&moved));
        touches.truncate(LISTED);
        moved.truncate(LISTED);
        Self {
            id: id.to_owned(),
            title: request.title.clone(),
            state: ChangeRequestState::of(request, approved),
            since: request.stage_at,
            author: PersonAnswer::from(&request.author),
            created_at: request.created_at,
            hash: request.hash.clone(),
            touches,
            schedule: request.schedule.as_ref().map(ScheduleAnswer::from),
            approved,
            waits_for_me,
            needed: needed.into_iter().map(NeededAnswer::from).collect(),
            moved,
        }
    }
}

/// What became of a change that was put into a change request.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftedAnswer {
    /// Where it waits.
    change_request: ChangeRequestItem,
}

impl DraftedAnswer {
    pub(crate) fn of(drafted: &Drafted) -> Self {
        Self { change_request: ChangeRequestItem::of(&drafted.id, &drafted.request, Glance::default()) }
    }
}

/// Consent that a policy wants.
#[derive(Serialize, ToSchema)]
pub(crate) struct NeededAnswer {
    /// Key of the policy.
    policy: String,
    /// Its name.
    name: String,
    /// Environments that it is about.
    environments: Vec<String>,
    /// How many people.
    required: u8,
    /// Ids of those whose approval counts.
    given: Vec<String>,
    /// Roles of which one is enough.
    roles: Vec<String>,
    /// Groups of which one is enough.
    groups: Vec<String>,
    /// The author's own consent counts.
    author_may_approve: bool,
}

impl From<NeededApproval> for NeededAnswer {
    fn from(needed: NeededApproval) -> Self {
        let NeededApproval { requirement, given } = needed;
        Self {
            policy: requirement.policy,
            name: requirement.name,
            environments: requirement.environments,
            required: requirement.required,
            given,
            roles: requirement.roles,
            groups: requirement.groups,
            author_may_approve: requirement.author_may_approve,
        }
    }
}

/// Somebody's consent.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovalAnswer {
    /// Who.
    by: PersonAnswer,
    /// Milliseconds since 1970.
    at: i64,
    /// What they consented to.
    hash: String,
    /// Their words.
    comment: String,
    /// Why it does not count; null when it does.
    void: Option<String>,
}

impl From<GivenApproval> for ApprovalAnswer {
    fn from(given: GivenApproval) -> Self {
        let GivenApproval { approval, void } = given;
        Self {
            by: PersonAnswer::from(&approval.by),
            at: approval.at,
            hash: approval.hash,
            comment: approval.comment,
            void: void.map(str::to_owned),
        }
    }
}

/// Somebody's words.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommentAnswer {
    /// Who.
    by: PersonAnswer,
    /// Milliseconds since 1970.
    at: i64,
    /// `comment` or `rejection`.
    remark: String,
    /// The words.
    text: String,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeAnswer {
    /// Who did it.
    by: PersonAnswer,
    /// Milliseconds since 1970.
    at: i64,
    /// The project's revision that it became.
    revision: Option<u64>,
    /// Why it failed.
    reason: String,
}

/// A place that both sides changed.
#[derive(serde::Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes model's Conflict, which knows nothing of OpenAPI")]
pub(crate) struct MergeConflict {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind.
    key: String,
    /// JSON pointer into the document, with ids where lists have them; empty for the whole.
    pointer: String,
    /// What the request was made from.
    base: Value,
    /// What the request says.
    request: Value,
    /// What is there now.
    current: Value,
}

/// A change request with everything that somebody needs to judge it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeRequestAnswer {
    #[serde(flatten)]
    item: ChangeRequestItem,
    /// Why, at length.
    description: String,
    /// Ids of everybody who put something into it.
    editors: Vec<String>,
    /// What it would do, document by document; empty once it is over.
    entries: Vec<PlanEntry>,
    /// What the policies say about it now.
    #[schema(value_type = PolicyVerdict)]
    verdict: Verdict,
    /// Consent that was given.
    approvals: Vec<ApprovalAnswer>,
    /// What a rebase will ask.
    #[schema(value_type = Vec<MergeConflict>)]
    conflicts: Vec<Conflict>,
    /// Oldest first.
    comments: Vec<CommentAnswer>,
    /// What became of it.
    outcome: Option<OutcomeAnswer>,
}

impl ChangeRequestAnswer {
    pub(crate) async fn of<R: Right>(access: &ProjectAccess<R>, id: &str, reviewed: Reviewed) -> Self {
        let Reviewed { request, entries, verdict, standing, moved, conflicts, waits_for_me, .. } = reviewed;
        let approved = request.stage == Stage::Open && moved.is_empty() && standing.is_complete();
        let glance = Glance { approved, waits_for_me, needed: standing.needed, moved };
        let comments = request.comments.iter().map(|comment| CommentAnswer {
            by: PersonAnswer::from(&comment.by),
            at: comment.at,
            remark: match comment.remark {
                Remark::Comment => "comment".to_owned(),
                Remark::Rejection => "rejection".to_owned(),
            },
            text: comment.text.clone(),
        });
        let outcome = request.outcome.as_ref().map(|outcome| OutcomeAnswer {
            by: PersonAnswer::from(&outcome.by),
            at: outcome.at,
            revision: outcome.revision,
            reason: outcome.reason.clone(),
        });
        Self {
            item: ChangeRequestItem::of(id, &request, glance),
            description: request.description.clone(),
            editors: request.editors.iter().cloned().collect(),
            entries: planned::entries(access, entries).await,
            verdict,
            approvals: standing.approvals.into_iter().map(ApprovalAnswer::from).collect(),
            conflicts,
            comments: comments.collect(),
            outcome,
        }
    }
}
