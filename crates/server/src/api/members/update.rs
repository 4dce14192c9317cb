//! `PATCH /api/v1/members/{member}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::Member;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfMember;
use crate::auth::{MemberPatch, TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct MemberChange {
    /// Keys of all roles they are to hold.
    roles: Option<Vec<String>>,
    /// Keys of all groups they are to be in.
    groups: Option<Vec<String>>,
}

/// Gives and takes roles and groups, from their next request on. Nobody gives more than they hold, nor changes somebody who
/// holds more; and the last owner stays one.
#[utoipa::path(patch, path = "/api/v1/members/{member}", operation_id = "updateMember", tag = "people",
    params(OfMember), request_body = MemberChange, responses((status = 200, body = Member)))]
pub(crate) async fn handler(
    access: TenantAccess<can::MemberManage>,
    Path(path): Path<OfMember>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["roles", "groups"])?;
    let change = MemberPatch { roles: fields.texts("roles"), groups: fields.texts("groups") };
    fields.done()?;
    let member = access.update_member(&path.member, &change).await?;
    let rev = member.rev;
    Ok(Answer::ok(&Member::from(member)).etag(rev))
}
