//! `DELETE /api/v1/sso-connections/{connection}`

use crate::api::answer::Answer;
use crate::api::names::OfConnection;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// Removes an SSO connection: its secret, what it knew of people, and the sessions that it opened.
#[utoipa::path(delete, path = "/api/v1/sso-connections/{connection}", operation_id = "deleteSsoConnection", tag = "sso",
    params(OfConnection), responses((status = 204)))]
pub(crate) async fn handler(
    access: TenantAccess<can::SsoManage>,
    Path(name): Path<OfConnection>,
) -> Result<Answer, Problem> {
    access.remove_sso_connection(&name.connection).await?;
    Ok(Answer::empty())
}
