//! `GET /api/v1/projects/{project}/policies/{policy}`

use super::{PolicyAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfPolicy;
use crate::auth::{ProjectAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One policy.
#[utoipa::path(get, path = "/api/v1/projects/{project}/policies/{policy}", operation_id = "getPolicy",
    tag = "policies", params(OfPolicy), responses((status = 200, body = PolicyAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfPolicy>,
) -> Result<Answer, Problem> {
    answered(access.state(), &name.policy, Answer::ok)
}
