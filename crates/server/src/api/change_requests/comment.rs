//! `POST /api/v1/projects/{project}/change-requests/{change_request}/comments`

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

/// What.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewComment {
    /// Of at most 4,000 characters.
    text: String,
}

/// Says something about a change request.
#[utoipa::path(post, path = "/api/v1/projects/{project}/change-requests/{change_request}/comments",
    operation_id = "commentOnChangeRequest", tag = "change requests", params(OfChangeRequest), request_body = NewComment,
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestCreate>,
    Path(name): Path<OfChangeRequest>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let mut fields = Fields::of(body, &["text"])?;
    fields.needs("text");
    let text = words(&mut fields, "text");
    fields.done()?;
    let changed = access.comment_on_change_request(&id, text).await?;
    answered(&access, &id, changed).await
}
