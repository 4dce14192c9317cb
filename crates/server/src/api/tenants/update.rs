//! `PATCH /api/v1/tenants/{tenant}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::TenantAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct TenantPatch {
    /// For people.
    name: String,
}

/// Gives a tenant another name.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}", operation_id = "updateTenant", tag = "tenants",
    request_body = TenantPatch, responses((status = 200, body = TenantAnswer)))]
pub(crate) async fn handler(mut access: TenantAccess<can::TenantUpdate>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name"])?;
    let name = fields.text("name", 256);
    fields.done()?;
    let rev = access.rename(name).await?;
    Ok(Answer::ok(&TenantAnswer::of(&access)).etag(rev))
}
