//! `PATCH /api/v1/service-accounts/{service_account}`

use serde::Deserialize;
use utoipa::ToSchema;

use super::{ServiceAccountAnswer, answered};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfServiceAccount;
use crate::auth::{ServiceAccountPatch, TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What can be changed.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct ServiceAccountChange {
    /// For people.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// Keys of all roles that it is to hold.
    roles: Option<Vec<String>>,
}

/// Changes what a service account is called and holds: for all of its tokens, from their next request on.
#[utoipa::path(patch, path = "/api/v1/service-accounts/{service_account}", operation_id = "updateServiceAccount",
    tag = "people", params(OfServiceAccount), request_body = ServiceAccountChange,
    responses((status = 200, body = ServiceAccountAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::ServiceAccountManage>,
    Path(path): Path<OfServiceAccount>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "description", "roles"])?;
    let change = ServiceAccountPatch {
        name: fields.changed_name("name"),
        description: fields.optional_text("description", 2_000),
        roles: fields.texts("roles"),
    };
    fields.done()?;
    Ok(answered(access.update_service_account(&path.service_account, &change).await?, Answer::ok))
}
