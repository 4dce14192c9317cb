//! `PATCH /api/v1/tenants/{tenant}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::TenantAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{TenantAccess, TenantChange, can};
use crate::json::Body;
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct TenantPatch {
    /// For people.
    name: Option<String>,
    /// Members must have shown a second factor; those without one can only add one.
    requires_second_factor: Option<bool>,
    /// Members other than owners must come from the tenant's identity provider.
    requires_sso: Option<bool>,
}

/// Changes a tenant's name, and what it demands of sign-ins. A demand takes `sso.manage`, and holds
/// at once, for open sessions and streams, too.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}", operation_id = "updateTenant", tag = "tenants",
    request_body = TenantPatch, responses((status = 200, body = TenantAnswer)))]
pub(crate) async fn handler(mut access: TenantAccess<can::TenantUpdate>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "requires_second_factor", "requires_sso"])?;
    let name = fields.optional_text("name", 256).map(|name| name.trim().to_owned());
    if name.as_deref() == Some("") {
        fields.wrong("name", "empty", "must not be empty");
    }
    let requires_second_factor = fields.optional_bool("requires_second_factor");
    let requires_sso = fields.optional_bool("requires_sso");
    fields.done()?;
    let rev = access.update_tenant(TenantChange { name, requires_second_factor, requires_sso }).await?;
    Ok(Answer::ok(&TenantAnswer::of(&access)).etag(rev))
}
