//! Change requests.

pub(crate) mod apply;
pub(crate) mod approve;
pub(crate) mod comment;
pub(crate) mod item;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod rebase;
pub(crate) mod reject;
pub(crate) mod schedule;
pub(crate) mod submit;
pub(crate) mod unschedule;
pub(crate) mod update;
pub(crate) mod withdraw;

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::LOCATION;
use yardarm_model::document::Kind;
use yardarm_model::limits;

use self::item::{ChangeRequestAnswer, DraftedAnswer};
use super::answer::Answer;
use super::fields::Fields;
use crate::auth::{Changed, Drafted, ProjectAccess, Right, Stop, revision};
use crate::problem::Problem;

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(problem) => problem.into_response(),
            Self::Drafted(drafted) => accepted(&drafted),
        }
    }
}

/// 202: what was asked for waits in a change request.
fn accepted(drafted: &Drafted) -> Response {
    let project = &drafted.live.scope.key;
    let revision = revision(&drafted.live.state, Kind::ChangeRequest, &drafted.id);
    let answer = Answer::accepted(&DraftedAnswer::of(drafted)).etag(revision).version(&drafted.live);
    let mut response = answer.into_response();
    // Keys and ids have no characters that a path would need to escape.
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/projects/{project}/change-requests/{}", drafted.id)) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// A change request after something was done to it.
pub(crate) async fn answered<R: Right>(
    access: &ProjectAccess<R>,
    id: &str,
    changed: Changed,
) -> Result<Answer, Problem> {
    let reviewed = access.review_in(changed.live, id).await?;
    let live = std::sync::Arc::clone(&reviewed.live);
    let revision = reviewed.revision;
    Ok(Answer::ok(&ChangeRequestAnswer::of(access, id, reviewed).await).etag(revision).version(&live))
}

/// Somebody's words in a body.
pub(crate) fn words(fields: &mut Fields, name: &str) -> String {
    fields.optional_prose(name, limits::COMMENT).unwrap_or_default().trim().to_owned()
}
