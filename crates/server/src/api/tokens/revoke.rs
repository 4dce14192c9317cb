//! `DELETE /api/v1/tokens/{token}`

use crate::api::answer::Answer;
use crate::api::names::OfToken;
use crate::auth::{Member, TenantAccess};
use crate::json::Path;
use crate::problem::Problem;

/// Revokes a token, at once: one that the caller may see.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", operation_id = "revokeToken", tag = "tenants",
    params(OfToken), responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Path(name): Path<OfToken>) -> Result<Answer, Problem> {
    access.revoke_token(&name.token).await?;
    Ok(Answer::empty())
}
