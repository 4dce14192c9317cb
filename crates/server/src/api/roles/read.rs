//! `GET /api/v1/roles/{role}`

use yardarm_model::authority::BuiltIn;

use super::RoleAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfRole;
use crate::auth::{TenantAccess, can, refusal};
use crate::json::Path;
use crate::problem::Problem;

/// One role.
#[utoipa::path(get, path = "/api/v1/roles/{role}", operation_id = "getRole", tag = "people", params(OfRole),
    responses((status = 200, body = RoleAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Path(name): Path<OfRole>,
) -> Result<Answer, Problem> {
    if let Some(role) = BuiltIn::parse(&name.role) {
        return Ok(Answer::ok(&RoleAnswer::built_in(role)));
    }
    let found = access.roles().into_iter().find(|(key, ..)| *key == name.role);
    let (key, rev, role) = found.ok_or_else(refusal::not_found)?;
    Ok(Answer::ok(&RoleAnswer::custom(key, role)).etag(rev))
}
