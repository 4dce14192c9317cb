//! `PATCH /api/v1/projects/{project}/change-requests/{change_request}`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::limits;

use super::answered;
use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What is to be different.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct ChangeRequestPatch {
    /// For people.
    title: Option<String>,
    /// Why, at length.
    description: Option<String>,
}

/// Changes what a change request is called and why it is asked for. What it does is changed by sending changes with `X-Yardarm-Change-Request`.
#[utoipa::path(patch, path = "/api/v1/projects/{project}/change-requests/{change_request}",
    operation_id = "updateChangeRequest", tag = "change requests", params(OfChangeRequest), request_body = ChangeRequestPatch,
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestCreate>,
    Path(name): Path<OfChangeRequest>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let mut fields = Fields::of(body, &["title", "description"])?;
    let title = fields.changed_name("title");
    let description = fields.optional_prose("description", limits::DESCRIPTION);
    fields.done()?;
    let changed = access.describe_change_request(&id, title, description).await?;
    answered(&access, &id, changed).await
}
