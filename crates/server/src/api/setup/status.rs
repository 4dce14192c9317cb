//! `GET /api/v1/setup`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::Visitor;
use crate::problem::Problem;

/// Whether the setup link is still good for something.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetupStatus {
    /// Nobody can sign in yet.
    needed: bool,
}

/// Says whether the first owner is still to be made.
#[utoipa::path(get, path = "/api/v1/setup", operation_id = "getSetup", tag = "session", responses((status = 200, body = SetupStatus)))]
pub(crate) async fn handler(visitor: Visitor) -> Result<Answer, Problem> {
    Ok(Answer::ok(&SetupStatus { needed: visitor.setup_needed().await? }))
}
