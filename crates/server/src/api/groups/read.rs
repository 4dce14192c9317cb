//! `GET /api/v1/groups/{group}`

use super::{GroupAnswer, answered};
use crate::api::answer::Answer;
use crate::api::names::OfGroup;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One group, with who is in it.
#[utoipa::path(get, path = "/api/v1/groups/{group}", operation_id = "getGroup", tag = "people", params(OfGroup),
    responses((status = 200, body = GroupAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Path(path): Path<OfGroup>,
) -> Result<Answer, Problem> {
    Ok(answered(access.group(&path.group)?, Answer::ok))
}
