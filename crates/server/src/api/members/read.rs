//! `GET /api/v1/members/{member}`

use super::Member;
use crate::api::answer::Answer;
use crate::api::names::OfMember;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One person of the tenant.
#[utoipa::path(get, path = "/api/v1/members/{member}", operation_id = "getMember", tag = "people", params(OfMember),
    responses((status = 200, body = Member)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberRead>,
    Path(path): Path<OfMember>,
) -> Result<Answer, Problem> {
    let member = access.member(&path.member).await?;
    let rev = member.rev;
    Ok(Answer::ok(&Member::from(member)).etag(rev))
}
