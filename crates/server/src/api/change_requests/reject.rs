//! `POST /api/v1/projects/{project}/change-requests/{change_request}/reject`

use serde::Deserialize;
use utoipa::ToSchema;

use super::item::ChangeRequestAnswer;
use super::{answered, words};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What is wrong.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Reject {
    /// For its author.
    comment: String,
}

/// Asks for something else. The change request can be changed and submitted again.
#[utoipa::path(post, path = "/api/v1/projects/{project}/change-requests/{change_request}/reject",
    operation_id = "rejectChangeRequest", tag = "change requests", params(OfChangeRequest), request_body = Reject,
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestApprove>,
    Path(name): Path<OfChangeRequest>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let mut fields = Fields::of(body, &["comment"])?;
    fields.needs("comment");
    let comment = words(&mut fields, "comment");
    fields.done()?;
    let changed = access.reject_change_request(&id, comment).await?;
    answered(&access, &id, changed).await
}
