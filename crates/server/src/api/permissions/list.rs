//! `GET /api/v1/permissions`

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::authority::{BuiltIn, Permission};

use crate::api::answer::Answer;
use crate::api::grants::RoleName;
use crate::api::page::{Page, Placed, page};
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// One thing that can be allowed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermissionAnswer {
    /// `flag.create`.
    name: &'static str,
    /// `tenant`, `project` or `environment`: what it is about.
    level: &'static str,
    /// In one sentence.
    description: &'static str,
    /// The least built-in role that holds it.
    #[schema(value_type = RoleName)]
    role: BuiltIn,
}

/// Everything that roles and tokens are made of, by name.
#[utoipa::path(get, path = "/api/v1/permissions", operation_id = "listPermissions", tag = "people",
    responses((status = 200, body = Page<PermissionAnswer>)))]
pub(crate) async fn handler(_: TenantAccess<Member>) -> Result<Answer, Problem> {
    let all = Permission::ALL.iter().map(|permission| {
        let answer = PermissionAnswer {
            name: permission.as_str(),
            level: permission.level().as_str(),
            description: permission.sentence(),
            role: permission.least(),
        };
        Placed::by_key(permission.as_str(), answer)
    });
    Ok(Answer::ok(&page(all.collect(), false, Some(500), None)?))
}
