//! `GET /api/v1/sso-connections/{connection}`

use super::SsoConnectionAnswer;
use crate::api::answer::Answer;
use crate::api::names::OfConnection;
use crate::auth::{TenantAccess, can};
use crate::json::Path;
use crate::problem::Problem;

/// One SSO connection.
#[utoipa::path(get, path = "/api/v1/sso-connections/{connection}", operation_id = "getSsoConnection", tag = "sso",
    params(OfConnection), responses((status = 200, body = SsoConnectionAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::SsoManage>,
    Path(name): Path<OfConnection>,
) -> Result<Answer, Problem> {
    let listed = access.sso_connection(&name.connection).await?;
    let rev = listed.rev;
    Ok(Answer::ok(&SsoConnectionAnswer::from(listed)).etag(rev))
}
