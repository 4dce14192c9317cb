//! `POST /api/v1/groups`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::authority::GroupDocument;

use super::{GroupAnswer, answered};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// A new group.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewGroup {
    /// Unique in the tenant, fixed.
    key: String,
    /// For people.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Keys of the roles that everybody in it holds; none by default.
    roles: Option<Vec<String>>,
}

/// Makes a group with nobody in it.
#[utoipa::path(post, path = "/api/v1/groups", operation_id = "createGroup", tag = "people", request_body = NewGroup,
    responses((status = 201, body = GroupAnswer)))]
pub(crate) async fn handler(access: TenantAccess<can::GroupManage>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["key", "name", "description", "roles"])?;
    let key = fields.key("key");
    let name = fields.text("name", 256);
    let description = fields.optional_text("description", 2_000).unwrap_or_default();
    let roles = fields.texts("roles").unwrap_or_default();
    fields.done()?;
    let group = access.create_group(&key, GroupDocument { name, description, roles, directory: None }).await?;
    Ok(answered(group, Answer::created))
}
