//! `PATCH /api/v1/groups/{group}/members`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{GroupAnswer, answered};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfGroup;
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// Who comes and who goes.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct GroupMembers {
    /// Ids of people of the tenant.
    add: Option<Vec<String>>,
    /// Ids of people of the tenant.
    remove: Option<Vec<String>>,
}

/// Puts people into a group and takes people out, in one change.
#[utoipa::path(patch, path = "/api/v1/groups/{group}/members", operation_id = "editGroupMembers", tag = "people",
    params(OfGroup), request_body = GroupMembers, responses((status = 200, body = GroupAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::GroupManage>,
    Path(path): Path<OfGroup>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["add", "remove"])?;
    let add = fields.texts("add").unwrap_or_default();
    let remove = fields.texts("remove").unwrap_or_default();
    if let Some(both) = add.intersection(&remove).next() {
        fields.wrong("remove", "both", format!("{both:?} is in add and in remove"));
    }
    fields.done()?;
    Ok(answered(access.edit_group(&path.group, &add, &remove).await?, Answer::ok))
}
