//! `PATCH /api/v1/roles/{role}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::RoleAnswer;
use super::create::grants;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::grants::GrantBody;
use crate::api::names::OfRole;
use crate::auth::{RolePatch, TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct RoleChange {
    /// For people.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// All grants anew.
    grants: Option<Vec<GrantBody>>,
}

/// Changes a custom role: for everybody who holds it, from their next request on.
#[utoipa::path(patch, path = "/api/v1/roles/{role}", operation_id = "updateRole", tag = "people", params(OfRole),
    request_body = RoleChange, responses((status = 200, body = RoleAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::RoleManage>,
    Path(path): Path<OfRole>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "description", "grants"])?;
    let name = fields.changed_name("name");
    let description = fields.optional_text("description", 2_000);
    let grants = grants(&mut fields);
    fields.done()?;
    let (rev, role) = access.update_role(&path.role, &RolePatch { name, description, grants }).await?;
    Ok(Answer::ok(&RoleAnswer::custom(path.role, role)).etag(rev))
}
