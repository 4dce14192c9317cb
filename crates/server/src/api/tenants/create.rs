//! `POST /api/v1/tenants`

use serde::Deserialize;
use utoipa::ToSchema;

use super::TenantAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::OperatorAccess;
use crate::json::Body;
use crate::problem::Problem;

/// A new tenant.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewTenant {
    /// Unique in the installation, fixed.
    key: String,
    /// For people.
    name: String,
}

/// Makes a tenant. Operators only; the maker becomes its owner.
#[utoipa::path(post, path = "/api/v1/tenants", operation_id = "createTenant", tag = "tenants", request_body = NewTenant,
    responses((status = 201, body = TenantAnswer)))]
pub(crate) async fn handler(access: OperatorAccess, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["key", "name"])?;
    let key = fields.key("key");
    let name = fields.text("name", 256);
    fields.done()?;
    let tenant = access.create_tenant(key, name).await?;
    Ok(Answer::created(&TenantAnswer::of(&tenant)).etag(tenant.tenant_revision().await?))
}
