//! `DELETE /api/v1/tokens/{token}`

use crate::api::answer::Answer;
use crate::api::names::OfToken;
use crate::auth::{TenantAccess, Viewer};
use crate::json::Path;
use crate::problem::Problem;

/// Revokes a token, at once: one's own, or as an owner anybody's.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", operation_id = "revokeToken", tag = "tenants",
    params(OfToken), responses((status = 204)))]
pub(crate) async fn handler(access: TenantAccess<Viewer>, Path(name): Path<OfToken>) -> Result<Answer, Problem> {
    access.revoke_token(&name.token).await?;
    Ok(Answer::empty())
}
