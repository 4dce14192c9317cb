//! `POST /api/v1/service-accounts`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{ServiceAccountAnswer, answered};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// A new service account.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewServiceAccount {
    /// For people.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Keys of the roles that it holds; none by default.
    roles: Option<Vec<String>>,
}

/// Makes a service account. Its tokens are made with `POST /api/v1/tokens`.
#[utoipa::path(post, path = "/api/v1/service-accounts", operation_id = "createServiceAccount", tag = "people",
    request_body = NewServiceAccount, responses((status = 201, body = ServiceAccountAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::ServiceAccountManage>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "description", "roles"])?;
    let name = fields.text("name", 256);
    let description = fields.optional_text("description", 2_000).unwrap_or_default();
    let roles = fields.texts("roles").unwrap_or_default();
    fields.done()?;
    Ok(answered(access.create_service_account(name, description, roles).await?, Answer::created))
}
