//! `POST /api/v1/roles`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::authority::{Grant, RoleDocument, read_grants};

use super::RoleAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::grants::GrantBody;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// A new role.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewRole {
    /// Unique in the tenant, fixed.
    key: String,
    /// For people.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// What it allows: at least one grant, and no more than the caller holds.
    grants: Vec<GrantBody>,
}

/// The grants of a body, if they are there.
pub(crate) fn grants(fields: &mut Fields) -> Option<Vec<Grant>> {
    match read_grants(&fields.any("grants")?, "/grants") {
        Ok(grants) => Some(grants),
        Err(problems) => {
            fields.problems(problems);
            None
        }
    }
}

/// Makes a role. Nobody makes one that allows more than they hold.
#[utoipa::path(post, path = "/api/v1/roles", operation_id = "createRole", tag = "people", request_body = NewRole,
    responses((status = 201, body = RoleAnswer)))]
pub(crate) async fn handler(access: TenantAccess<can::RoleManage>, Body(body): Body) -> Result<Answer, Problem> {
    let missing = body.get("grants").is_none_or(serde_json::Value::is_null);
    let mut fields = Fields::of(body, &["key", "name", "description", "grants"])?;
    let key = fields.key("key");
    let name = fields.text("name", 256);
    let description = fields.optional_text("description", 2_000).unwrap_or_default();
    if missing {
        fields.wrong("grants", "missing", "is needed: a list of {permissions, projects, environments}");
    }
    let grants = grants(&mut fields).unwrap_or_default();
    fields.done()?;
    let role = RoleDocument { name, description, grants };
    let rev = access.create_role(&key, role.clone()).await?;
    Ok(Answer::created(&RoleAnswer::custom(key, role)).etag(rev))
}
