//! `POST /api/v1/session/tenant`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{SessionAnswer, signed_in_answer};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{Member, TenantAccess};
use crate::json::Body;
use crate::problem::Problem;

/// Where to go.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct OpenTenant {
    /// Key of a tenant one belongs to.
    tenant: String,
}

/// Opens another tenant in a fresh session.
#[utoipa::path(post, path = "/api/v1/session/tenant", operation_id = "openTenant", tag = "session",
    request_body = OpenTenant, responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["tenant"])?;
    let key = fields.text("tenant", 128);
    fields.done()?;
    signed_in_answer(&access.switch_tenant(&key).await?).await
}
