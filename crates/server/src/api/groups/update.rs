//! `PATCH /api/v1/groups/{group}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{GroupAnswer, answered};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfGroup;
use crate::auth::{GroupPatch, TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct GroupChange {
    /// For people.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// Keys of all roles that everybody in it is to hold.
    roles: Option<Vec<String>>,
}

/// Changes a group: for everybody in it, from their next request on.
#[utoipa::path(patch, path = "/api/v1/groups/{group}", operation_id = "updateGroup", tag = "people", params(OfGroup),
    request_body = GroupChange, responses((status = 200, body = GroupAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::GroupManage>,
    Path(path): Path<OfGroup>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "description", "roles"])?;
    let change = GroupPatch {
        name: fields.changed_name("name"),
        description: fields.optional_text("description", 2_000),
        roles: fields.texts("roles"),
    };
    fields.done()?;
    Ok(answered(access.update_group(&path.group, &change).await?, Answer::ok))
}
