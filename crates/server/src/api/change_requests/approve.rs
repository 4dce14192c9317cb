//! `POST /api/v1/projects/{project}/change-requests/{change_request}/approve`

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

/// To what, and why.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Approve {
    /// `hash` of the change request as it was looked at.
    hash: String,
    /// For the others.
    comment: Option<String>,
}

/// Consents to one content of a change request: the one with this hash, and no other. Nobody consents to their own work.
#[utoipa::path(post, path = "/api/v1/projects/{project}/change-requests/{change_request}/approve",
    operation_id = "approveChangeRequest", tag = "change requests", params(OfChangeRequest), request_body = Approve,
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestApprove>,
    Path(name): Path<OfChangeRequest>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let mut fields = Fields::of(body, &["hash", "comment"])?;
    let hash = fields.text("hash", 128);
    let comment = words(&mut fields, "comment");
    fields.done()?;
    let changed = access.approve_change_request(&id, &hash, comment).await?;
    answered(&access, &id, changed).await
}
